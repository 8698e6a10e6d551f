import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LibraryEntry } from '../../../../centre/intel/library/library-entry.ts';
import { buildRelease } from '../../../../centre/intel/release/build-release.ts';
import { askedMax, type CheckOrder, checkRelease } from '../../../../centre/intel/release/check-release.ts';
import { PopularDomains } from '../../../../centre/intel/release/popular-domains.ts';
import { ReleaseFolder } from '../../../../centre/intel/release/release-folder.ts';
import { checkInWords } from '../../../../centre/intel/release/release-words.ts';
import { domain, domains, provenance, temporaryFolder } from '../repository/releases.ts';

/** Builds the lists as releases 1, 2, … and checks the last against the one before. */
async function check(lists: readonly (readonly LibraryEntry[])[], more: Partial<CheckOrder> = {}) {
  const folder = temporaryFolder();
  const published: number[] = [];
  for (const entries of lists) {
    const { version } = await buildRelease({ folder, channel: 'main', entries, own: ['centre.example'], published, nowMs: Date.now() });
    published.push(version);
  }
  const version = lists.length;
  const previous = version > 1 ? version - 1 : undefined;
  const report = await checkRelease({ releases: new ReleaseFolder(folder), version, previous, ...more });
  return { report, codes: report.findings.map(({ code }) => code), folder };
}

describe('a check', () => {
  test('lets a release of plain bad names go, and counts what is new and gone', async () => {
    const { report, codes } = await check([domains(0, 100), domains(10, 100)]);
    expect(codes).toEqual([]);
    expect(report).toMatchObject({ previous: 1, indicators: 100, indicatorsBefore: 100, new: 10, gone: 10, isRefused: false });
  });

  test('refuses an empty, a shrunken and a suddenly grown release', async () => {
    expect((await check([[]])).report).toMatchObject({ isRefused: true, findings: [{ code: 'empty' }] });
    expect((await check([domains(0, 100), domains(0, 49)])).codes).toEqual(['shrunken', 'source-shrunken']);
    expect((await check([domains(0, 100), domains(0, 50)])).report.isRefused).toBe(false);
    expect((await check([domains(0, 1000), domains(0, 2001)])).codes).toEqual(['grown']);
  });

  test('refuses popular domains and what is above them, at any rank, but not what is below', async () => {
    const popular = new PopularDomains('# rank list\n1,example.com\n2,"shop.example.net"\n3,mail.example.org\nnot a name\n');
    const names = ['example.com', 'example.net', 'evil.example.com', '=example.com', 'mail.example.org', 'org.example'];
    const { report } = await check([names.map((name) => domain(name))], { popular });
    expect(report.findings).toMatchObject([{ code: 'popular', isRefusal: true, count: 4 }]);
    expect(report.findings[0]?.examples).toEqual([
      { value: 'example.com', detail: { en: 'rank 1, from list', vi: 'hạng 1, từ list' } },
      { value: 'example.net', detail: { en: 'rank 2, from list', vi: 'hạng 2, từ list' } },
      { value: '=example.com', detail: { en: 'rank 1, from list', vi: 'hạng 1, từ list' } },
      { value: 'mail.example.org', detail: { en: 'rank 3, from list', vi: 'hạng 3, từ list' } },
    ]);
    const url = { ...domain('http://example.com/'), kind: 'url' as const };
    expect((await check([[url, { ...url, value: 'http://example.com/evil' }]], { popular })).report.findings[0]?.count).toBe(1);
  });

  test('refuses whole hosting ranges and names below which anybody gets one, and tells of shared addresses', async () => {
    const cidr = (value: string) => ({ ...domain(value), kind: 'cidr' as const });
    const address = (value: string) => ({ ...domain(value), kind: 'address' as const });
    const { report } = await check([
      [
        cidr('45.0.0.0/15'),
        cidr('45.2.0.0/16'),
        cidr('2a00::/31'),
        cidr('2a01::/32'),
        address('104.16.5.5'),
        domain('github.io'),
        domain('x.github.io'),
      ],
    ]);
    expect(report.findings.map(({ code, isRefusal, count }) => [code, isRefusal, count])).toEqual([
      ['wide-network', true, 2],
      ['shared-suffix', true, 1],
      ['shared-network', false, 1],
    ]);
  });

  test('tells of what an allow list holds, and of poison with its source', async () => {
    const { report } = await check([
      [domain('bad.example'), domain('gov.vn'), domain('url.example'), { ...domain('url.example'), isAllowance: true }],
    ]);
    expect(report.isRefused).toBe(false);
    expect(report.findings).toMatchObject([
      { code: 'poison', examples: [{ value: 'gov.vn', detail: { en: 'a public suffix, from list' } }] },
      { code: 'allow-listed', examples: [{ value: 'url.example' }] },
    ]);
  });

  test('asks the boxes for what is new, and refuses what would light too many machines', async () => {
    const asked: string[] = [];
    const askBoxes = async (values: readonly string[]) => {
      asked.push(...values);
      return new Map([
        ['n000100.bad.example', 21],
        ['n000101.bad.example', 20],
      ]);
    };
    const { report } = await check([domains(0, 100), domains(0, 110)], { askBoxes });
    expect(asked.length).toBe(10);
    expect(report.findings).toEqual([
      {
        code: 'would-fire',
        isRefusal: true,
        count: 1,
        examples: [{ value: 'n000100.bad.example', detail: { en: 'on 21 hosts', vi: 'trên 21 máy' } }],
      },
    ]);
    expect((await check([domains(0, 100), domains(0, 110)], { askBoxes, hostsMax: 21 })).report.isRefused).toBe(false);
  });

  test('does not ask for more than the boxes can answer, and says so', async () => {
    let asked = 0;
    const askBoxes = async (values: readonly string[]) => {
      asked += values.length;
      return new Map();
    };
    const { report } = await check([domains(0, askedMax + 7)], { askBoxes });
    expect(asked).toBe(askedMax);
    expect(report.findings).toEqual([{ code: 'not-asked', isRefusal: false, count: 7, examples: [] }]);
  });

  test('does not judge again what was published before', async () => {
    const old = [domain('github.io'), { ...domain('45.0.0.0/12'), kind: 'cidr' as const }];
    const sorted = [old[1]!, old[0]!];
    expect((await check([sorted, [...sorted, domain('new.example')]])).codes).toEqual([]);
  });

  test('tells of a source that lost most of its values', async () => {
    const of = (source: string, from: number, count: number) =>
      domains(from, count).map((entry) => ({ ...entry, provenances: [{ ...provenance, source }] }));
    const { report } = await check([
      [...of('one', 0, 300), ...of('two', 300, 300)],
      [...of('one', 0, 300), ...of('two', 300, 100)],
    ]);
    expect(report.findings).toEqual([
      {
        code: 'source-shrunken',
        isRefusal: false,
        count: 1,
        examples: [{ value: 'two', detail: { en: '300 before, 100 now', vi: 'trước 300, nay 100' } }],
      },
    ]);
  });

  test('says in one line where a file is damaged', async () => {
    const { folder } = await check([domains(0, 10)]);
    const releases = new ReleaseFolder(folder);
    for (const content of [Buffer.alloc(0), Buffer.from('not zstd')]) {
      writeFileSync(releases.files(1).values, content);
      const again = checkRelease({ releases, version: 1, previous: undefined });
      await expect(again).rejects.toThrow(/values\.zst is damaged: .*; build the release again/);
    }
    await expect(checkRelease({ releases, version: 9, previous: undefined })).rejects.toThrow('there is no release 9');
    writeFileSync(join(folder, 'releases/1/release.json'), '{}');
    await expect(checkRelease({ releases, version: 1, previous: undefined })).rejects.toThrow('release.json is damaged or missing');
  });

  test('reads the same in both languages, and lists cannot write on the terminal', async () => {
    const agent = { ...domain('Bad\u001b[31m Agent'), kind: 'user_agent' as const };
    const { report } = await check([[domain('github.io'), agent]]);
    for (const lang of ['vi', 'en'] as const) {
      const lines = checkInWords(report, lang);
      expect(lines.join('\n')).not.toContain('\u001b');
      expect(lines.at(-1)).toContain('--yes-really');
    }
  });
});
