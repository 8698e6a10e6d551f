import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LibraryEntry } from '../../../../centre/intel/library/library-entry.ts';
import { type BuildOrder, buildRelease } from '../../../../centre/intel/release/build-release.ts';
import { ReleaseFolder } from '../../../../centre/intel/release/release-folder.ts';
import { readValues } from '../../../../centre/intel/release/value-file.ts';
import { canaryDomain } from '../../../../firmware/contract/intelligence-message.ts';
import { parseAddress } from '../../../../firmware/sensor/bytes/address.ts';
import type { IndicatorSet } from '../../../../firmware/sensor/intel/indicator-set.ts';
import { loadIndicatorSet } from '../../../../firmware/sensor/intel/load.ts';
import { domain, provenance, temporaryFolder } from '../repository/releases.ts';

const nowMs = 1_800_000_000_000;
const entry = (kind: LibraryEntry['kind'], value: string, more: Partial<LibraryEntry> = {}): LibraryEntry => ({
  kind,
  value,
  isAllowance: false,
  provenances: [provenance],
  ...more,
});

async function build(entries: readonly LibraryEntry[], more: Partial<BuildOrder> = {}) {
  const folder = more.folder ?? temporaryFolder();
  const own = ['centre.langson.gov.vn', 'TrungTâm.example', '203.0.113.5', '2001:db8:5::1'];
  const release = await buildRelease({ channel: 'main', entries, own, published: [], nowMs, ...more, folder });
  const releases = new ReleaseFolder(folder);
  return { folder, release, releases, set: loadIndicatorSet(releases.files(release.version).set) };
}

const address = (set: IndicatorSet, text: string) => {
  const [a, b, c, d] = parseAddress(text)!;
  return set.address(a, b, c, d, 0, nowMs);
};

describe('poison', () => {
  const poison: [LibraryEntry['kind'], string, string][] = [
    ['address', '8.8.8.8', 'infrastructure'],
    ['address', '2001:4860:4860::8888', 'infrastructure'],
    ['address', '192.168.1.1', 'reserved'],
    ['address', '203.0.113.5', 'own'],
    ['cidr', '0.0.0.0/0', 'too-wide'],
    ['cidr', '::/0', 'too-wide'],
    ['cidr', '10.0.0.0/8', 'reserved'],
    ['cidr', '172.0.0.0/8', 'reserved'],
    ['cidr', '8.8.8.0/24', 'infrastructure'],
    ['cidr', '203.0.113.0/24', 'own'],
    ['cidr', '2001:db8:5::/48', 'own'],
    ['address_port', '1.1.1.1:53', 'infrastructure'],
    ['address_port', '[2606:4700:4700::1111]:443', 'infrastructure'],
    ['address_port', '[2001:db8:5::1]:443', 'own'],
    ['domain', 'com', 'public-suffix'],
    ['domain', 'gov.vn', 'public-suffix'],
    ['domain', '=gov.vn', 'public-suffix'],
    ['domain', 'langson.gov.vn', 'own'],
    ['domain', 'centre.langson.gov.vn', 'own'],
    ['domain', '=centre.langson.gov.vn', 'own'],
    ['domain', 'mail.centre.langson.gov.vn', 'own'],
    ['domain', 'google.com', 'infrastructure'],
    ['domain', 'windowsupdate.com', 'infrastructure'],
    ['cidr', '45.0.0.0/9', 'too-wide'],
    ['cidr', '2a00::/19', 'too-wide'],
    ['domain', '=langson.gov.vn', 'own'],
    ['domain', 'xn--trungtm-uwa.example', 'own'],
    ['domain', 'www.google.com', 'infrastructure'],
    ['domain', '=www.google.com', 'infrastructure'],
    ['domain', 'ctldl.windowsupdate.com', 'infrastructure'],
    ['domain', '0.vn.pool.ntp.org', 'infrastructure'],
    ['url', 'http://8.8.8.8/', 'infrastructure'],
    ['url', 'http://8.8.8.8/x', 'infrastructure'],
    ['url', 'http://google.com/', 'infrastructure'],
    ['url', 'http://google.com', 'infrastructure'],
    ['url', 'google.com/?', 'infrastructure'],
    ['url', 'http://google.com#x', 'infrastructure'],
    ['url', 'http://user:pw@google.com/', 'infrastructure'],
    ['url', 'http://google.com:443/a/..', 'infrastructure'],
    ['url', 'http://www.google.com/', 'infrastructure'],
    ['url', 'http://user@centre.langson.gov.vn/x', 'own'],
    ['url', 'http://langson.gov.vn/', 'own'],
    ['ja3', 'cd08e31494f9531f560d64c695473da9', 'everyday'],
    ['ja4', 't13d1516h2_8daaf6152771_02713d6af862', 'everyday'],
    ['user_agent', 'Mozilla/5.0', 'everyday'],
    [
      'user_agent',
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0',
      'everyday',
    ],
    ['user_agent', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:139.0) Gecko/20100101 Firefox/139.0', 'everyday'],
    ['user_agent', 'Microsoft-CryptoAPI/10.0', 'everyday'],
    ['url', 'http://gov.vn/', 'public-suffix'],
    ['url', 'http://10.0.0.1/x', 'reserved'],
    ['url', 'http://centre.langson.gov.vn:8443/targets/x', 'own'],
  ];

  test('never gets into a release, whoever lists it, and is told with its source', async () => {
    const sure = [
      { ...provenance, confidence: 100, source: 'one' },
      { ...provenance, confidence: 100, source: 'two' },
    ];
    const { release, set } = await build(poison.map(([kind, value]) => entry(kind, value, { provenances: sure })));
    expect(release.poison.first.map(({ value, reason }) => [value, reason])).toEqual(poison.map(([, value, reason]) => [value, reason]));
    expect(release.poison.first[0]?.sources).toEqual(['one', 'two']);
    expect(Object.values(release.counts).every((count) => count === 0)).toBe(true);
    for (const text of ['8.8.8.8', '10.1.2.3', '192.168.1.1', '203.0.113.5', '172.1.1.1']) expect(address(set, text), text).toBeUndefined();
    for (const name of ['x.gov.vn', 'www.google.com', 'centre.langson.gov.vn', 'a.com'])
      expect(set.domain(name, nowMs), name).toBeUndefined();
    for (const host of ['google.com', 'www.google.com', 'langson.gov.vn', '8.8.8.8'])
      expect(set.url(host, '/', nowMs), host).toBeUndefined();
  });

  test('is not what merely lies beside it', async () => {
    const good: [LibraryEntry['kind'], string][] = [
      ['address', '8.8.8.9'],
      ['cidr', '203.0.112.0/24'],
      ['domain', 'evil.amazonaws.com'],
      ['domain', 'evil-gov.vn'],
      ['domain', 'other.langson.gov.vn'],
      ['url', 'http://google.com/evil'],
      ['address', '203.0.113.6'],
      ['cidr', '45.0.0.0/12'],
      ['domain', 'bucket.storage.googleapis.com'],
      ['url', 'http://google.com/?q=evil'],
      ['user_agent', 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90.0.4430.93 Safari/537.36'],
      ['ja3', 'a'.repeat(32)],
    ];
    const { release, set } = await build(good.map(([kind, value]) => entry(kind, value)));
    expect(release.poison.count).toBe(0);
    expect(address(set, '8.8.8.9')?.value).toBe('8.8.8.9');
    expect(set.domain('www.evil.amazonaws.com', nowMs)?.value).toBe('evil.amazonaws.com');
  });
});

describe('a release', () => {
  test('holds what several sources agree on with more trust, and says which they are', async () => {
    const said = (source: string, confidence: number, more = {}) => ({ ...provenance, source, confidence, ...more });
    const several = [
      said('a', 50, { firstSeenMs: 2_000, tlp: 'clear', validUntilMs: nowMs + 1_000 }),
      said('b', 80, { family: 'Emotet', firstSeenMs: 1_000, tlp: 'amber', validUntilMs: nowMs + 5_000 }),
      said('c', 60, { family: 'Other', reference: 'https://example.org/1' }),
      said('d', 90, { isRevoked: true }),
      said('e', 90, { validUntilMs: nowMs - 1 }),
      said('f', 90, { isNotForDetection: true }),
    ];
    const { set } = await build([domain('bad.example', {}), entry('domain', 'worse.example', { provenances: several })]);
    expect(set.domain('bad.example', nowMs)).toMatchObject({ confidence: 80, source: 'list' });
    const match = set.domain('worse.example', nowMs);
    expect(match).toMatchObject({
      family: 'Emotet',
      source: 'a, b, c',
      tlp: 'amber',
      firstSeenMs: 1_000,
      reference: 'https://example.org/1',
    });
    expect(match?.confidence).toBe(87);
    expect(match?.validUntilMs).toBeUndefined();
  });

  test('leaves out what expired, was revoked, is not for detection or too weak, and counts it', async () => {
    const { release, set } = await build([
      domain('expired.example', { validUntilMs: nowMs }),
      domain('revoked.example', { isRevoked: true }),
      domain('context.example', { isNotForDetection: true }),
      domain('weak.example', { confidence: 24 }),
      domain('just.example', { confidence: 25 }),
      entry('url', 'ftp://files.example/x'),
    ]);
    expect(release.leftOut).toEqual({ expired: 1, revoked: 1, 'not-for-detection': 1, weak: 1, 'not-matchable': 1 });
    expect(set.domain('just.example', nowMs)).toBeDefined();
    for (const name of ['expired', 'revoked', 'context', 'weak']) expect(set.domain(`${name}.example`, nowMs), name).toBeUndefined();
  });

  test('trusts a JA3 or a User-Agent little, however sure a list is of it', async () => {
    const sure = [{ ...provenance, confidence: 100 }];
    const ja3 = 'a'.repeat(32);
    const { set } = await build([entry('ja3', ja3, { provenances: sure }), entry('user_agent', 'Bad Agent', { provenances: sure })]);
    expect(set.fingerprint('ja3', ja3, nowMs)?.confidence).toBe(40);
    expect(set.userAgent('Bad Agent', nowMs)?.confidence).toBe(40);
    const { release } = await build([entry('ja3', ja3, { provenances: sure })], { confidenceFloor: 50 });
    expect(release.leftOut.weak).toBe(1);
  });

  test('takes allowances over, however weak, and what a list condemns beneath them is not reported', async () => {
    const { set, release } = await build([
      domain('shared.example'),
      { ...domain('shared.example', { confidence: 0 }), isAllowance: true },
      { ...domain('com', { source: 'warning-list' }), isAllowance: true },
    ]);
    expect(set.domain('shared.example', nowMs)).toBeUndefined();
    expect([release.allowances, release.poison.count]).toEqual([1, 0]);
  });

  test('has a canary of its own, which the one before does not know', async () => {
    const folder = temporaryFolder();
    const first = await build([domain('bad.example')], { folder });
    const second = await build([domain('bad.example')], { folder });
    expect([first.release.version, second.release.version]).toEqual([1, 2]);
    expect(second.release.canary).toBe(canaryDomain(2));
    expect(second.set.domain(canaryDomain(2), nowMs)?.family).toBe('canary');
    expect(first.set.domain(canaryDomain(2), nowMs)).toBeUndefined();
    expect(second.set.domain(canaryDomain(1), nowMs)).toBeUndefined();
  });

  test('has its canary whatever a list says of such names', async () => {
    const names = [canaryDomain(1), `=${canaryDomain(1)}`, 'vonggac.invalid', `x.${canaryDomain(1)}`];
    const { set, release } = await build(names.flatMap((name) => [domain(name), { ...domain(name), isAllowance: true }]));
    expect(release.poison.count).toBe(8);
    expect(set.domain(canaryDomain(1), nowMs)).toMatchObject({ value: canaryDomain(1), family: 'canary' });
  });

  test('of the same library is the same but for its canary, in whatever order it came', async () => {
    const folder = temporaryFolder();
    const entries = Array.from({ length: 50 }, (_, index) => domain(`n${index}.example`, { family: `f${index % 7}` }));
    const one = await build(entries, { folder });
    const other = await build([...entries].reverse(), { folder });
    expect(other.release.bytes).toBe(one.release.bytes);
    expect({ ...other.release.counts }).toEqual({ ...one.release.counts });
  });

  test('goes on from the highest number, published or built, and the last builds stay', async () => {
    const folder = temporaryFolder();
    await build([], { folder, published: [4] });
    for (let round = 0; round < 4; round++) await build([], { folder, published: [4] });
    expect(new ReleaseFolder(folder).versions()).toEqual([8, 9]);
  });

  test('that was not finished leaves no trace in the next one', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'releases/draft'), { recursive: true });
    writeFileSync(join(folder, 'releases/draft/set.vgi'), 'half');
    const failing = function* () {
      yield domain('bad.example');
      throw new Error('the disk is gone');
    };
    const order = { folder, channel: 'main', entries: failing(), own: [], published: [], nowMs };
    await expect(buildRelease(order)).rejects.toThrow('the disk is gone');
    expect(new ReleaseFolder(folder).versions()).toEqual([]);
    const { release } = await build([domain('bad.example')], { folder });
    expect(release.version).toBe(1);
    expect(existsSync(join(folder, 'releases/draft'))).toBe(false);
    expect(readdirSync(join(folder, 'releases/1')).sort()).toEqual(['release.json', 'set.vgi', 'values.zst']);
  });

  test('says as text what is in it', async () => {
    const { releases } = await build([domain('bad.example'), { ...domain('good.example'), isAllowance: true }]);
    const values = (await Array.fromAsync(readValues(releases.files(1).values))).flat();
    expect(values).toEqual([
      { kind: 'domain', value: 'bad.example', isAllowance: false, confidence: 80, sources: 'list' },
      { kind: 'domain', value: 'good.example', isAllowance: true, confidence: 80, sources: 'list' },
    ]);
  });
});
