import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askBoxes, portionsOf } from '../../../centre/director/ask-boxes.ts';
import type { CommandRequest, CommandResponse } from '../../../firmware/contract/command-message.ts';
import type { RetroHost, RetroMatchResult } from '../../../firmware/contract/sighting.ts';
import { DirectorCentre } from './director-centre.ts';

const host: RetroHost = {
  ip: '10.1.2.3',
  name: 'KE-TOAN-02',
  first: '2026-01-02T01:00:00Z',
  last: '2026-01-05T02:00:00Z',
  days: 3,
  count: 12,
  stage: 'contact',
  how: ['dns', 'tls'],
  observed: ['cdn.evil.example'],
};
const valuesOf = ({ arguments: given }: CommandRequest) => given.values as string[];

/** A box whose memory holds these values. */
const remembers = (seen: Readonly<Record<string, RetroHost[]>>) => ({
  answer: (request: CommandRequest, honest: CommandResponse) => {
    const values = valuesOf(request).map((value): RetroMatchResult['values'][number] => {
      const hosts = seen[value];
      if (value.includes(' ')) return { value, state: 'not-a-value', note: 'is no value of ours' };
      return hosts === undefined ? { value, state: 'not-seen' } : { value, state: 'seen', hosts };
    });
    return { ...honest, result: { schema: 'retro-match/1', days: 30, damaged: [], seen: 1, values } };
  },
});

describe('vonggac-centre hunt', { timeout: 60_000 }, () => {
  let centre: DirectorCentre;
  beforeAll(async () => {
    centre = await DirectorCentre.start();
    await centre.box(
      'met-box',
      remembers({ 'evil.example': [host], '203.0.113.9': [{ ...host, ip: '10.9.9.9', stage: 'attempt' }] }),
      'north',
    );
    await centre.box('calm-box', remembers({}), 'north', 'calm');
  }, 60_000);
  afterAll(() => centre.stop());

  it('asks every box at once, and tells which machine met what, and when', async () => {
    const ran = await centre.run(['hunt', 'evil.example', 'other.example', 'no value', '--days', '7']);
    expect(ran).toMatchObject({ status: 0, err: '' });
    expect(ran.out.split('\n')).toEqual([
      'evil.example: machines: 1',
      '    met-box  10.1.2.3 KE-TOAN-02  02/01/2026 08:00:00 – 05/01/2026 09:00:00  12 times  was answered  dns+tls',
      'no value: cannot be asked for (is no value of ours)',
      'Values that nobody met: 1',
      'Boxes that answered: 2; that did not: 0',
      '',
    ]);
  });

  it('takes a list, asks the boxes of a tag, and gives programs all of it', async () => {
    const list = centre.file('list.txt', '# campaign\nevil.example # first\n\n203.0.113.9\nhttp://a.example/#x\n');
    const ran = await centre.run(['hunt', '--file', list, '--tag', 'north', '--json']);
    expect(
      ran.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { value: 'evil.example', hosts: [{ ...host, box: 'met-box' }] },
      { value: '203.0.113.9', hosts: [{ ...host, ip: '10.9.9.9', stage: 'attempt', box: 'met-box' }] },
      { values: 3, notValues: [], hostsOmitted: 0, answered: ['calm-box', 'met-box'], missing: {}, partial: [] },
    ]);
  });

  it('does not keep in the register which machine met what', async () => {
    await centre.run(['hunt', 'evil.example']);
    const rows = centre
      .director()
      .register.prepare("select response from command where command = 'retro-match' and response is not null")
      .all();
    expect(rows.length).toBeGreaterThan(0);
    for (const { response } of rows) expect(String(response)).not.toContain('10.1.2.3');
  });

  it('counts the boxes that did not answer, or not so that it can be read', async () => {
    centre.register('away-box', 'odd');
    await centre.box(
      'odd-box',
      { answer: (_request, honest) => ({ ...honest, result: { schema: 'retro-match/1', values: 'all' } }) },
      'odd',
    );
    await centre.box('refusing-box', { answer: (_request, honest) => ({ ...honest, state: 'refused', code: 'busy' }) }, 'odd');
    const ran = await centre.run(['hunt', 'evil.example', '--tag', 'odd']);
    expect(ran.status).toBe(1);
    expect(ran.out).toContain('Boxes that answered: 0; that did not: 3 (away-box: away, odd-box: unreadable, refusing-box: refused)');
  });

  it('takes no value that it did not ask for, from a box that makes things up', async () => {
    const made = { value: 'langson.gov.vn', state: 'seen', hosts: [host] };
    await centre.box(
      'liar-box',
      { answer: (_request, honest) => ({ ...honest, result: { schema: 'retro-match/1', days: 1, damaged: [], seen: 1, values: [made] } }) },
      'liars',
    );
    const { hosts } = await askBoxes(centre.director(), ['liar-box'], ['evil.example'], { days: 30, waitMs: 5_000 });
    expect([...hosts]).toEqual([]);
  });

  it('asks for many values in portions, and puts the answers together', async () => {
    const values = [...Array.from({ length: 2_500 }, (_, index) => `host-${index}.example`), 'evil.example'];
    const { hosts, answered } = await askBoxes(centre.director(), ['met-box', 'calm-box'], values, { days: 30, waitMs: 20_000 });
    expect([...hosts.keys()]).toEqual(['evil.example']);
    expect(answered).toEqual(['met-box', 'calm-box']);
  });
});

describe('portions of values', () => {
  it('hold no more values and bytes than a question may carry, in the order given', () => {
    const values = Array.from({ length: 3_000 }, (_, index) => `${index}-${'é'.repeat(index % 900)}`);
    const portions = portionsOf(values);
    expect(portions.flat()).toEqual(values);
    for (const portion of portions) {
      expect(portion.length).toBeLessThanOrEqual(1_000);
      expect(Buffer.byteLength(JSON.stringify(portion))).toBeLessThanOrEqual(90 * 1024 + 1);
    }
    expect(portionsOf([])).toEqual([]);
  });
});
