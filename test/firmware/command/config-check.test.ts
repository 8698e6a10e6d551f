import { describe, expect, it } from 'vitest';
import { settingsBytesMax, settingsFaults } from '../../../firmware/settings.ts';
import { scratch, vonggac } from './command-line.ts';

const files = scratch();
const file = (name: string, document: unknown) => files.write(name, typeof document === 'string' ? document : JSON.stringify(document));
const wrong = { lang: 'fr', capture: { filter: 5 }, indicators: [{ value: 'evil.example' }], nonsense: 1 };

describe('vonggac config check', { timeout: 60_000 }, () => {
  it('says each fault with its place, as the box would report it, and ends with 1', async () => {
    const ended = await vonggac(['config', 'check', file('wrong.json', wrong), '--json']);
    expect(ended.code).toBe(1);
    const faults = ended.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(faults).toEqual(settingsFaults(wrong));
    const inWords = await vonggac(['config', 'check', files.path('wrong.json')]);
    expect([inWords.code, inWords.out]).toEqual([1, '']);
    for (const path of ['lang', 'capture.filter', 'indicators.0.comment', 'nonsense']) expect(inWords.error).toContain(`  ${path}: `);
  });

  it('ends with 0 where nothing is wrong, also of standard input and with the mark of an editor', async () => {
    const settings = '\u{feff}{"lang":"vi"}';
    expect(await vonggac(['config', 'check', file('good.json', settings)])).toMatchObject({ code: 0, error: '' });
    const read = await vonggac(['config', 'check', '-', '--lang', 'vi'], { input: Buffer.from(settings) });
    expect(read).toMatchObject({ code: 0, out: 'stdin: hợp lệ\n' });
  });

  it('says what is well by itself and does not fit the configuration of a box', async () => {
    const box = file('box.json', { capture: { interface: 'eth1' }, outbox: { folder: files.path('state') } });
    const settings = file('settings.json', { capture: { filter: 'ip' } });
    expect((await vonggac(['config', 'check', settings, '--config', box])).code).toBe(0);
    const none = await vonggac(['config', 'check', settings, '--config', files.path('none.json')]);
    expect(none).toMatchObject({ code: 2, errorLines: [expect.stringContaining('none.json')] });
  });

  it('refuses what is no JSON, or larger than an order may be', async () => {
    for (const [name, text, why] of [
      ['cut.json', '{"lang":', 'is not JSON'],
      ['large.json', `{"advice":{"vi":"${' '.repeat(9 * settingsBytesMax)}"}}`, 'which is what an order may carry'],
    ] as const) {
      const ended = await vonggac(['config', 'check', file(name, text)]);
      expect(ended.code).toBe(1);
      expect(ended.error).toContain(why);
    }
    expect((await vonggac(['config', 'check', files.path('missing.json')])).code).toBe(2);
  });
});
