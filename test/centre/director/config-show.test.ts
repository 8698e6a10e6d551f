import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DirectorCentre } from './director-centre.ts';
import type { SimulatedBox } from './simulated-box.ts';

describe('vonggac-centre config', { timeout: 60_000 }, () => {
  let centre: DirectorCentre;
  let box: SimulatedBox;
  const documents = [
    { lang: 'vi', indicators: [{ value: 'evil.example', comment: 'phishing' }] },
    {
      lang: 'en',
      indicators: [
        { value: 'evil.example', comment: 'phishing, confirmed' },
        { value: '203.0.113.9', comment: 'C2' },
      ],
    },
  ];
  beforeAll(async () => {
    centre = await DirectorCentre.start({ passphrase: 'một câu rất dài' });
    box = await centre.box('show-box');
    const secret = centre.file('secret', 'một câu rất dài\n');
    for (const document of documents) {
      const ran = await centre.run(
        ['config', 'set', 'show-box', '-', '--comment', 'step', '--passphrase-file', secret],
        JSON.stringify(document),
      );
      expect(ran).toMatchObject({ status: 0 });
    }
  }, 60_000);
  afterAll(() => centre.stop());

  const run = (...words: string[]) => centre.run(['config', ...words]);

  it('get prints what was ordered last, as a file for set, and earlier orders by number', async () => {
    expect(JSON.parse((await run('get', 'show-box')).out)).toEqual(documents[1]);
    expect(JSON.parse((await run('get', 'show-box', '--seq', '1')).out)).toEqual(documents[0]);
    expect(JSON.parse((await run('get', 'show-box', '--json')).out)).toMatchObject({ schema: 'config-desired/1', seq: 2 });
    expect(await run('get', 'show-box', '--seq', '9')).toMatchObject({ status: 2, out: '', err: expect.stringContaining('no order 9') });
    expect(await run('get', 'show-box', '--reported')).toMatchObject({ status: 2, err: expect.stringContaining('reported nothing yet') });
  });

  it('diff says by setting what an order, a file, or the box itself has otherwise', async () => {
    const lines = (out: string) => out.trim().split('\n');
    expect(lines((await run('diff', 'show-box', '1')).out)).toEqual([
      'lang: "vi" → "en"',
      'indicators[evil.example].comment: "phishing" → "phishing, confirmed"',
      'indicators[203.0.113.9]: added {"value":"203.0.113.9","comment":"C2"}',
    ]);
    const file = centre.file('next.json', { ...documents[1], lang: undefined, indicators: [], capture: { filter: 'tcp' } });
    expect(lines((await run('diff', 'show-box', file)).out)).toEqual([
      'lang: "en" → (as in the box\'s own file)',
      'indicators[evil.example]: removed {"value":"evil.example","comment":"phishing, confirmed"}',
      'indicators[203.0.113.9]: removed {"value":"203.0.113.9","comment":"C2"}',
      'capture.filter: (as in the box\'s own file) → "tcp"',
    ]);
    expect((await run('diff', 'show-box', '2', '--lang', 'vi')).out).toBe('Không có gì khác.\n');
    expect((await run('diff', 'show-box', '--json')).out.split('\n').map((line) => line && JSON.parse(line).path)).toContain('lang');
  });

  it('history shows every order, and which one the box runs', async () => {
    const { orders } = box;
    const reported = {
      schema: 'config-reported/1',
      box: 'show-box',
      ts: '2026-01-01T00:00:00Z',
      seq: 2,
      state: 'applied',
      running: { seq: 2, hash: orders[1]?.hash },
    };
    centre.director().register.prepare('insert into config_reported values (?, ?, 1)').run('show-box', JSON.stringify(reported));
    const { out } = await run('history', 'show-box');
    expect(out.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^ {3}2 .* running .*step/),
      expect.stringMatching(/^ {3}1 (?!.*running).*step/),
    ]);
    expect(JSON.parse((await run('history', 'show-box', '--json')).out.split('\n')[0] ?? '')).toMatchObject({ seq: 2, comment: 'step' });
    expect(JSON.parse((await run('get', 'show-box', '--reported')).out)).toMatchObject({ seq: 2, state: 'applied' });
  });

  it('does not order without the passphrase, nor with another one', async () => {
    const wrong = centre.file('wrong-secret', 'another\n');
    expect(await run('rollback', 'show-box', '--passphrase-file', wrong)).toMatchObject({
      status: 2,
      err: expect.stringContaining('does not open'),
    });
    expect(await run('rollback', 'show-box')).toMatchObject({ status: 2, err: expect.stringContaining('passphrase') });
    expect(box.orders).toHaveLength(2);
  });

  it('rollback orders the former settings under a new number', async () => {
    const secret = centre.file('secret', 'một câu rất dài\n');
    expect(await run('rollback', 'show-box', '--passphrase-file', secret)).toMatchObject({
      status: 0,
      out: expect.stringContaining('order 3: applied'),
    });
    expect(box.orders.at(-1)).toMatchObject({ seq: 3, settings: documents[0], comment: 'rollback' });
    expect((await run('rollback', 'show-box', '--to', '2', '--passphrase-file', secret)).status).toBe(0);
    expect(box.orders.at(-1)).toMatchObject({ seq: 4, settings: documents[1] });
    expect(await run('rollback', 'show-box', '--to', '77', '--passphrase-file', secret)).toMatchObject({
      status: 2,
      err: expect.stringContaining('no order 77'),
    });
  });

  it('check needs no centre, and says what a box would say', async () => {
    const words = ['config', 'check', '-', '--centre', '/nowhere'].slice(0, 3);
    expect(await centre.run(words, '{"lang":"vi"}')).toMatchObject({ status: 0, out: 'standard input: valid\n', err: '' });
    const ran = await centre.run([...words, '--json'], '{"lang":"fr","panel":{"colour":1}}');
    expect(ran).toMatchObject({ status: 1, err: '' });
    expect(
      ran.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).path),
    ).toEqual(['lang', 'panel.colour']);
    const noise = 'x'.repeat(5_000_000);
    expect(await centre.run(words, noise)).toMatchObject({ status: 1, out: '', err: expect.stringContaining('more than') });
  });
});
