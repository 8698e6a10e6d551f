/** Lists with bytes flipped, cut off and put in: every one is read or refused in one line, and what is kept can be read again. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../../centre/command/user-error.ts';
import { openLibrary } from '../../../../centre/intel/library/library.ts';
import { read, readNamed, temporaryFolder } from './lists.ts';

const folder = temporaryFolder();

const seeds: readonly string[] = [
  '# "first_seen_utc","ioc_id","ioc_value","ioc_type","malware_printable","confidence_level"\n"2026-08-01 10:00:00", "1", "192.0.2.10:443", "ip:port", "X ""y""", "90"\n',
  '{"response":[{"Event":{"info":"i","Tag":[{"name":"tlp:red"}],"Attribute":[{"type":"domain|ip","value":"a.example.com|192.0.2.1","to_ids":true}],"Object":[{"Attribute":[]}]}}]}',
  `{"type":"bundle","objects":[{"type":"indicator","id":"i","pattern":"[url:value = 'http://a.example.com/'] OR [ipv4-addr:value IN ('192.0.2.1')]","valid_from":"2026-08-01T00:00:00Z"}]}`,
  'alert ip [192.0.2.1,!192.0.2.2] any -> $HOME_NET any (msg:"x"; sid:1;)\nalert dns any any -> any any (dns.query; content:"a|2e|example.com"; sid:2;)\n',
  '#fields\tindicator\tindicator_type\n192.0.2.1\tIntel::ADDR\nx (y)\tIntel::SOFTWARE\n',
  '[Adblock Plus]\n||ads.example.com^$third-party\n@@||good.example.com^\n',
  '192.0.2.1\nhxxp://a[.]example[.]com/x\n[2001:db8::1]:443\nbücher.example\n',
  'Servers (seen):\n- c2[.]example[.]com\n- hxxps[:]//b.example.com/ä\n',
  '{"name":"w","type":"hostname","list":["a.example.com",".b.example.com"]}',
];

/** xorshift32: the same damage on every run. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function damaged(text: string, random: (below: number) => number): Buffer {
  const bytes = Buffer.from(text);
  for (let count = 1 + random(4); count > 0; count--) bytes[random(bytes.length)] = random(256);
  return random(4) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes;
}

describe('a hostile list', () => {
  it.each(seeds.map((seed, index) => [seed.slice(0, 40), seed, index] as const))('%s…, damaged in many ways', async (_, seed, index) => {
    const random = randomOf(index + 1);
    const place = mkdtempSync(join(folder, 'one-'));
    for (let round = 0; round < 150; round++) {
      const bytes = damaged(seed, random);
      writeFileSync(join(place, 'list.txt'), bytes);
      try {
        // Few are kept, since the disk is waited for.
        const { report, entries } = await readNamed(place, join(place, 'list.txt'), { source: `s${round}`, dryRun: round % 15 !== 0 });
        const kept = entries.filter(({ provenances }) => provenances.some(({ source }) => source === report.source));
        if (report.kept) expect(kept.length).toBe(Object.values(report.counts).reduce((sum, count) => sum + count, 0));
      } catch (error) {
        if (!(error instanceof UserError)) throw new Error(`threw on ${bytes.toString('latin1')}`, { cause: error });
        expect(error.message).not.toMatch(/damaged \(/);
      }
    }
  });

  it.each([
    ['one endless line', 'a'.repeat(3_000_000)],
    ['a line of brackets', `${'['.repeat(200_000)}.${')'.repeat(200_000)}`],
    ['brackets within brackets, as JSON', `{"type":"bundle","objects":${'['.repeat(200_000)}`],
    ['quotes without an end', `value,x\n${'"\n'.repeat(20_000)}`],
    ['arrows', 'alert x y -> '.repeat(40_000)],
    ['escaped quotes', `value,x\n"${'""'.repeat(100_000)}\n`],
    ['slashes', `[Adblock]\n/${'a/'.repeat(200_000)}\n`],
    ['a long pattern', `{"type":"bundle","objects":[{"type":"indicator","id":"i","pattern":"[a:b = '${'x'.repeat(1_000_000)}'"}]}`],
    [
      'one value a hundred thousand times',
      `value,family\n${Array.from({ length: 100_000 }, (_, index) => `a.example.com,f${index}`).join('\n')}\n`,
    ],
  ])('%s does not hold it up', async (_, text) => {
    const place = mkdtempSync(join(folder, 'one-'));
    const started = performance.now();
    await read(place, text).catch((error: unknown) => {
      if (!(error instanceof UserError)) throw error;
    });
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('keeps a bounded number of things said of one value', async () => {
    const { entries } = await read(
      folder,
      `value,family\n${Array.from({ length: 1000 }, (_, index) => `a.example.com,f${index}`).join('\n')}\n`,
    );
    expect(entries).toHaveLength(1);
    expect(entries[0]!.provenances).toHaveLength(32);
  });

  it('lets no text of a list into a second line of the library', async () => {
    const place = mkdtempSync(join(folder, 'one-'));
    const said = { type: 'domain', value: 'a.example.com', uuid: 'u' };
    await read(
      place,
      JSON.stringify({ Event: { info: 'x\nd-injected.example.com\t0\t75', Orgc: { name: 'y\t\u0000\ud800' }, Attribute: [said] } }),
    );
    const libraries = (await import('node:fs')).readdirSync(place).map((name) => openLibrary(join(place, name, 'intel')));
    expect(libraries.flatMap((library) => [...library.entries()].map(({ value }) => value))).toEqual(['a.example.com']);
  });
});
