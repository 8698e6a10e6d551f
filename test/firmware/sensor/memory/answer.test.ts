import { describe, expect, it } from 'vitest';
import { retroMatchResultSchema } from '../../../../firmware/contract/sighting.ts';
import { answer } from '../../../../firmware/sensor/memory/answer.ts';
import { seenBy } from '../../../../firmware/sensor/memory/sighting.ts';
import { SeenStore } from '../../../../firmware/sensor/memory/store.ts';
import { ask, batchOf, day, folderFor, hostsOf, ja4, options, sha1, sha256 } from './seen.ts';

const newFolder = folderFor();

function filled(): string {
  const folder = newFolder();
  const store = new SeenStore(folder, options);
  store.append(
    batchOf(
      day,
      {
        what: 'www.evil.example',
        far: '203.0.113.9:443',
        flags: seenBy.outbound | seenBy.tls | seenBy.answered,
        first: 100,
        last: 5000,
        times: 7,
      },
      { host: '10.0.0.6', what: 'evil.example', flags: seenBy.outbound | seenBy.dns },
      { host: '10.0.0.7', what: 'notevil.example' },
      { host: '10.0.0.8', what: '198.51.100.77:8443', flags: seenBy.inbound | seenBy.tcp },
      { host: 'fd00::5', what: '[2001:db8:7::1]:443' },
      { host: '10.0.0.9', mac: '02:00:00:00:00:09', hostName: 'may-9', what: 'ja4' },
      { host: '10.0.0.10', what: 'certificate' },
    ),
  );
  return folder;
}

describe('an answer about the past', () => {
  const folder = filled();

  it('takes a name as itself and all below it, and =name as itself alone', async () => {
    expect(await hostsOf(folder, 'evil.example')).toEqual(['10.0.0.5', '10.0.0.6']);
    expect(await hostsOf(folder, '=evil.example')).toEqual(['10.0.0.6']);
    expect(await hostsOf(folder, 'hxxp://www.evil[.]example/gate.php')).toEqual(['10.0.0.5']);
    expect(await hostsOf(folder, 'sub.www.evil.example')).toEqual([]);
  });

  it('takes an address with and without its port, and a network as all of its addresses', async () => {
    expect(await hostsOf(folder, '203.0.113.9')).toEqual(['10.0.0.5']);
    expect(await hostsOf(folder, '203.0.113.9:443')).toEqual(['10.0.0.5']);
    expect(await hostsOf(folder, '203.0.113.9:80')).toEqual([]);
    expect(await hostsOf(folder, '203.0.113.0/24')).toEqual(['10.0.0.5']);
    expect(await hostsOf(folder, '203.0.113.10')).toEqual([]);
    expect(await hostsOf(folder, '2001:db8:7::/48')).toEqual(['fd00::5']);
    expect(await hostsOf(folder, '[2001:db8:7::1]:443')).toEqual(['fd00::5']);
    expect(await hostsOf(folder, '2001:db8:8::/48')).toEqual([]);
  });

  it('takes JA4s, and certificates by either hash', async () => {
    expect(await hostsOf(folder, ja4)).toEqual(['10.0.0.9']);
    expect(await hostsOf(folder, sha1)).toEqual(['10.0.0.10']);
    expect(await hostsOf(folder, sha256.toUpperCase())).toEqual(['10.0.0.10']);
    expect(await hostsOf(folder, 'c3'.repeat(20))).toEqual([]);
  });

  it('answers each of several values that cover one another', async () => {
    const { values, seen } = await ask(folder, 'evil.example', 'www.evil.example', '203.0.113.0/24', '203.0.113.9', 'evil.example');
    expect(values.map(({ hosts }) => hosts?.length)).toEqual([2, 1, 1, 1, 2]);
    expect(seen).toBe(5);
  });

  it('says of a machine who it is, when it was, how often, how far it went and where', async () => {
    const { values } = await ask(folder, 'www.evil.example', ja4, '198.51.100.77');
    expect(values[0]?.hosts).toEqual([
      {
        ip: '10.0.0.5',
        first: '2026-01-19T00:01:40.000000Z',
        last: '2026-01-19T01:23:20.000000Z',
        days: 1,
        count: 7,
        stage: 'contact',
        how: ['tls'],
        observed: ['www.evil.example'],
        remote: '203.0.113.9:443',
      },
    ]);
    expect(values[1]?.hosts?.[0]).toMatchObject({ mac: '02:00:00:00:00:09', name: 'may-9' });
    expect(values[2]?.hosts?.[0]).toMatchObject({ stage: 'attempt', inbound: true });
  });

  it('says what is not kept and what is no value, and what of a URL was asked', async () => {
    const answered = await ask(folder, 'a'.repeat(32), 'ua:Mozilla/4.0 (evil)', 'not a value', 'http://evil.example/x', 'far.example');
    expect(answered.values.map(({ state }) => state)).toEqual(['not-kept', 'not-kept', 'not-a-value', 'seen', 'not-seen']);
    expect(answered.values[0]?.note).toContain('JA4');
    expect(answered.values[3]?.note).toContain('host alone');
    expect(() => retroMatchResultSchema.parse(answered)).not.toThrow();
  });

  it('keeps within the size of an answer, tells first what was seen, and counts the rest', async () => {
    const values = [...Array.from({ length: 300 }, (_, number) => `nothing-${number}.example`), 'evil.example'];
    const short = await answer({ folder, values, sinceDay: 0, hostsPerValueMax: 1, bytesMax: 2000 });
    expect(JSON.stringify(short.values).length).toBeLessThan(2100);
    expect(short.values.at(-1)).toMatchObject({ value: 'evil.example', state: 'seen', hostsOmitted: 1 });
    expect(short.values.length + (short.valuesOmitted ?? 0)).toBe(301);
  });

  it('looks at the days that are asked for only', async () => {
    const late = await answer({ folder, values: ['evil.example'], sinceDay: day + 1, hostsPerValueMax: 9, bytesMax: 1e6 });
    expect(late).toMatchObject({ days: 0, seen: 0 });
  });

  it('of a folder that is not there says that nothing was looked at', async () => {
    expect(await ask(`${folder}/none`, 'evil.example')).toMatchObject({ days: 0, seen: 0 });
  });
});
