import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dueInWords, dueOf } from '../../../../centre/intel/repository/due.ts';
import { publishedReleases, publishRelease } from '../../../../centre/intel/repository/publish-release.ts';
import { deltaTarget, fullTarget, targetFactsSchema } from '../../../../firmware/contract/release-repository.ts';
import { applyDeltaFile } from '../../../../firmware/sensor/intel/delta/delta-file.ts';
import { loadIndicatorSet } from '../../../../firmware/sensor/intel/load.ts';
import { domains, startMirror, TestBox, TestCentre } from './releases.ts';

const bytesMax = 1 << 28;
const dayMs = 86_400_000;

describe('a repository', () => {
  test('brings a release to a box whole, and the next one as a delta, byte for byte as they were built', async () => {
    const centre = new TestCentre();
    const { url } = await startMirror(join(centre.folder, 'repository'));
    const box = new TestBox(url, centre.repository.trustedRoot());
    const first = await centre.publish(domains(0, 3000));
    const full = await box.fetch(fullTarget(first));
    const held = join(box.folder, 'held.vgi');
    await applyDeltaFile({ delta: full ?? '', base: undefined, target: held, sha256: first.sha256, bytesMax });
    const second = await centre.publish(domains(30, 3000));
    const delta = await box.fetch(deltaTarget(first, second));
    const next = join(box.folder, 'next.vgi');
    await applyDeltaFile({ delta: delta ?? '', base: held, target: next, sha256: second.sha256, bytesMax });
    expect(readFileSync(next).equals(readFileSync(centre.releases.files(2).set))).toBe(true);
    const set = loadIndicatorSet(next);
    expect(set.domain('www.n003020.bad.example', 0)?.value).toBe('n003020.bad.example');
    expect(set.domain('n000020.bad.example', 0)).toBeUndefined();
    expect(set.domain(second.canary, 0)?.value).toBe(second.canary);
    expect(set.domain(first.canary, 0)).toBeUndefined();
    expect(statSync(delta ?? '').size).toBeLessThan(statSync(full ?? '').size / 5);
  });

  test('says of each target what it makes, keeps deltas from the last five, and forgets what is older', async () => {
    const centre = new TestCentre();
    for (let version = 1; version <= 8; version++) await centre.publish(domains(version * 10, 800));
    const targets = Object.values(centre.repository.chain().targets.signed.targets);
    const facts = targets.map(({ custom }) => targetFactsSchema.parse(custom));
    expect(facts.filter(({ from }) => from !== undefined).map(({ from, version }) => [from, version])).toEqual(
      [3, 4, 5, 6, 7].map((from) => [from, 8]),
    );
    expect(publishedReleases(centre.repository).map(({ version }) => version)).toEqual([3, 4, 5, 6, 7, 8]);
    expect(centre.releases.versions()).toEqual([3, 4, 5, 6, 7, 8]);
    // The files of the targets.json before are still there, for whoever is in the middle of fetching them.
    expect(readdirSync(centre.path('targets')).length).toBeLessThanOrEqual(targets.length + 6);
    for (const { path, hashes, length } of targets) expect(statSync(centre.path(`targets/${hashes.sha256}.${path}`)).size).toBe(length);
  });

  test('never goes back: an older release cannot be published after a newer one', async () => {
    const centre = new TestCentre();
    await centre.build(domains(0, 10));
    await centre.publish(domains(0, 20));
    const { releases, repository, nowMs } = centre;
    const again = publishRelease({ repository, releases, version: 1, passphrase: undefined, nowMs });
    await expect(again).rejects.toThrow('boxes have 2 already, and never go back');
    const twice = publishRelease({ repository, releases, version: 2, passphrase: undefined, nowMs });
    await expect(twice).rejects.toThrow('never go back');
  });

  test('makes do with the whole where the set before is damaged or of another seed, and never signs a damaged one', async () => {
    const centre = new TestCentre();
    const { releases, repository, nowMs } = centre;
    const names = () => Object.keys(repository.chain().targets.signed.targets).sort();
    await centre.publish(domains(0, 500));
    const { set } = releases.files(1);
    const bytes = readFileSync(set);
    bytes[5000] = bytes[5000]! ^ 1;
    writeFileSync(set, bytes);
    await centre.publish(domains(5, 500));
    expect(names()).toEqual(['main-1.vgd', 'main-2.vgd']);
    rmSync(join(centre.folder, 'channel.json'));
    await centre.publish(domains(10, 500));
    expect(names()).toEqual(['main-1.vgd', 'main-2.vgd', 'main-3.vgd']);
    const { version } = await centre.build(domains(15, 500));
    writeFileSync(releases.files(version).set, bytes);
    const order = { repository, releases, version, passphrase: undefined, nowMs };
    await expect(publishRelease(order)).rejects.toThrow(/set\.vgi is damaged: build the release again/);
  });

  test('is kept fresh by the server alone, and does not turn over what is fresh', async () => {
    const startMs = Date.now() - 60 * dayMs;
    const centre = new TestCentre(startMs);
    const { repository } = centre;
    await centre.publish(domains(0, 10));
    expect(repository.renew(startMs + dayMs / 2)).toEqual([]);
    expect(repository.renew(startMs + 1.5 * dayMs)).toEqual(['timestamp']);
    expect(repository.renew(Date.now())).toEqual(['snapshot', 'timestamp']);
    const box = new TestBox((await startMirror(centre.path(''))).url, repository.trustedRoot());
    await box.refresh();
    expect(repository.state(Date.now()).map(({ role, isDue }) => [role, isDue])).toEqual([
      ['root', false],
      ['targets', false],
      ['snapshot', false],
      ['timestamp', false],
    ]);
    expect(repository.state(Date.now() + 10 * dayMs).find(({ role }) => role === 'targets')?.isDue).toBe(true);
  });

  test('finds its root keys again where their change was cut off after the new root was there', () => {
    const centre = new TestCentre();
    const keys = join(centre.folder, 'keys');
    const former = [1, 2, 3].map((number) => readFileSync(join(keys, `root-${number}.key`)));
    centre.repository.rotate('root', [], undefined, centre.nowMs);
    for (const [index, key] of former.entries()) {
      const path = join(keys, `root-${index + 1}.key`);
      renameSync(path, `${path}.next`);
      writeFileSync(path, key);
    }
    centre.repository.renewRoot([], undefined, centre.nowMs);
    centre.repository.rotate('root', [], undefined, centre.nowMs);
    expect(centre.repository.chain().root.signed.version).toBe(4);
    expect(readdirSync(keys).filter((name) => name.endsWith('.next'))).toEqual([]);
  });

  test('says early, and in words, what a person has to sign again', async () => {
    const nowMs = Date.now();
    const { repository } = new TestCentre(nowMs);
    expect(dueOf(repository, nowMs)).toEqual([]);
    expect(dueOf(repository, nowMs + 70 * dayMs).map(({ role }) => role)).toEqual(['targets']);
    const due = dueOf(repository, nowMs + 306 * dayMs);
    expect(due.map(({ role }) => role)).toEqual(['root', 'targets']);
    for (const lang of ['vi', 'en'] as const) {
      expect(dueInWords(due[0]!, lang)).toContain('intel keys renew');
      expect(dueInWords(due[1]!, lang)).toContain('intel publish');
    }
  });

  test('says in one line what is wrong where it is damaged', async () => {
    const centre = new TestCentre();
    await centre.publish(domains(0, 10));
    writeFileSync(centre.path('metadata/timestamp.json'), '{"signed":');
    expect(() => centre.repository.chain()).toThrow(/^the repository .* is damaged \(.*\): /);
    rmSync(centre.path('metadata'), { recursive: true });
    expect(() => centre.repository.chain()).toThrow('there is no repository yet: vonggac-centre intel keys create makes one');
  });
});
