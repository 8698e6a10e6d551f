import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Metadata, MetadataKind } from '@tufjs/models';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BuiltRelease } from '../../../../centre/intel/release/release-folder.ts';
import { changedRoot, makeTimestamp, signed, textOf } from '../../../../centre/intel/repository/metadata.ts';
import { keyPath, readRoleKey } from '../../../../centre/intel/repository/role-keys.ts';
import { fullTarget } from '../../../../firmware/contract/release-repository.ts';
import { domains, startMirror, TestBox, TestCentre, temporaryFolder } from './releases.ts';

const dayMs = 86_400_000;

describe('a box refuses', () => {
  let centre: TestCentre;
  let mirror: { url: string; folder: string };
  let box: TestBox;
  let first: BuiltRelease;
  let former: string;

  beforeAll(async () => {
    centre = new TestCentre();
    mirror = await startMirror(centre.path(''));
    box = new TestBox(mirror.url, centre.repository.trustedRoot());
    first = await centre.publish(domains(0, 500));
    former = centre.copy();
    await centre.publish(domains(50, 500));
    await box.refresh();
  });

  /** A mirror of the enemy's: what is served, changed by `change`. */
  async function withMirror(change: (folder: string) => void, attempt: () => Promise<unknown>): Promise<void> {
    const folder = temporaryFolder();
    cpSync(centre.path(''), folder, { recursive: true });
    change(folder);
    mirror.folder = folder;
    await attempt().finally(() => {
      mirror.folder = centre.path('');
    });
    await box.refresh();
  }

  test('an older release', async () => {
    await withMirror(
      (folder) => cpSync(former, folder, { recursive: true }),
      () => expect(box.refresh()).rejects.toThrow('less than current version'),
    );
  });

  test('a replayed timestamp', async () => {
    await withMirror(
      (folder) => copyFileSync(join(former, 'metadata/timestamp.json'), join(folder, 'metadata/timestamp.json')),
      () => expect(box.refresh()).rejects.toThrow('less than current version'),
    );
  });

  test('an altered target', async () => {
    const [name = ''] = readdirSync(centre.path('targets')).filter((file) => file.endsWith('main-2.vgd'));
    await withMirror(
      (folder) => {
        const path = join(folder, 'targets', name);
        const bytes = readFileSync(path);
        bytes[100] = bytes[100]! ^ 1;
        writeFileSync(path, bytes);
      },
      () => expect(box.fetch('main-2.vgd')).rejects.toThrow(/hash/i),
    );
  });

  test('swapped targets: each under the name of the other', async () => {
    const at = (end: string) => readdirSync(centre.path('targets')).find((file) => file.endsWith(end)) ?? '';
    await withMirror(
      (folder) => copyFileSync(centre.path(`targets/${at('main-1.vgd')}`), join(folder, 'targets', at('main-2.vgd'))),
      () => expect(box.fetch('main-2.vgd')).rejects.toThrow(/length|hash/i),
    );
  });

  test('metadata of other versions mixed', async () => {
    const newest = (folder: string) =>
      Math.max(
        ...readdirSync(join(folder, 'metadata'))
          .flatMap((file) => /^(\d+)\.targets/.exec(file)?.[1] ?? [])
          .map(Number),
      );
    const fresh = new TestBox(mirror.url, centre.repository.trustedRoot());
    await withMirror(
      (folder) =>
        copyFileSync(join(former, `metadata/${newest(former)}.targets.json`), join(folder, `metadata/${newest(folder)}.targets.json`)),
      () => expect(fresh.refresh()).rejects.toThrow(/length|hash/i),
    );
  });

  test('a root that only one of two has signed, and a root that strangers have signed', async () => {
    const stranger = new TestCentre();
    const { root } = centre.repository.chain();
    const keyOf = ({ repository: { folder } }: TestCentre, number: number) =>
      readRoleKey(keyPath(folder.places, 'root', number), undefined);
    const evil = keyOf(stranger, 1);
    for (const keys of [[keyOf(centre, 1)], [keyOf(centre, 2), evil], [evil, keyOf(stranger, 2)]]) {
      const next = signed(changedRoot(root.signed, 'targets', [evil], Date.now()), keys);
      await withMirror(
        (folder) => writeFileSync(join(folder, 'metadata/2.root.json'), textOf(next)),
        () => expect(box.refresh()).rejects.toThrow(/signed by [01]\/2 keys/),
      );
    }
    expect(existsSync(centre.path('metadata/2.root.json'))).toBe(false);
  });

  test('a repository of somebody else under our address', async () => {
    const stranger = new TestCentre();
    await stranger.publish(domains(0, 10));
    await withMirror(
      (folder) => {
        rmSync(folder, { recursive: true });
        cpSync(stranger.path(''), folder, { recursive: true });
      },
      () => expect(box.refresh()).rejects.toThrow(/signed by 0\/1 keys/),
    );
  });

  test('a release of which there is none', async () => {
    expect(await box.fetch('main-9.vgd')).toBeUndefined();
    expect(await box.fetch(fullTarget(first))).toBeDefined();
  });
});

describe('time and keys', () => {
  test('a box that is kept from what is new notices after three days', async () => {
    const centre = new TestCentre(Date.now() - 3.1 * dayMs);
    await centre.publish(domains(0, 10));
    const box = new TestBox((await startMirror(centre.path(''))).url, centre.repository.trustedRoot());
    await expect(box.refresh()).rejects.toThrow('timestamp.json is expired');
    centre.repository.renew(Date.now());
    await box.refresh();
  });

  test('what a rotated-out key signs counts no more, for every role, and boxes follow the rotation', async () => {
    for (const role of ['timestamp', 'snapshot', 'targets'] as const) {
      const centre = new TestCentre();
      const { repository } = centre;
      const box = new TestBox((await startMirror(centre.path(''))).url, repository.trustedRoot());
      await centre.publish(domains(0, 10));
      await box.refresh();
      const path = keyPath(repository.folder.places, role);
      const old = readRoleKey(path, undefined);
      repository.rotate(role, [], undefined, Date.now());
      await box.refresh();
      await centre.publish(domains(5, 10));
      await box.refresh();
      expect(readFileSync(join(box.folder, 'metadata/root.json'), 'utf8')).toBe(repository.trustedRoot());
      if (role !== 'timestamp') continue;
      const { timestamp, snapshot } = repository.chain();
      const text = repository.folder.read('snapshot', snapshot.signed.version);
      const forged = signed(makeTimestamp(timestamp.signed.version + 1, text, snapshot.signed.version, Date.now()), [old]);
      writeFileSync(centre.path('metadata/timestamp.json'), textOf(forged));
      await expect(box.refresh()).rejects.toThrow('timestamp was signed by 0/1 keys');
    }
  });

  test('new root keys are signed by the old ones; the old ones can sign nothing afterwards', async () => {
    const centre = new TestCentre();
    const { repository } = centre;
    const { places } = repository.folder;
    await centre.publish(domains(0, 10));
    const box = new TestBox((await startMirror(centre.path(''))).url, repository.trustedRoot());
    const kept = temporaryFolder();
    const oldKeys = [1, 2, 3].map((number) => join(kept, `root-${number}.key`));
    for (const [index, path] of oldKeys.entries()) copyFileSync(keyPath(places, 'root', index + 1), path);
    repository.rotate('root', [], undefined, Date.now());
    await box.refresh();
    expect(() => repository.rotate('targets', oldKeys, undefined, Date.now())).toThrow('0 of the 2 root keys that are needed are here');
    repository.renewRoot([], undefined, Date.now());
    await box.refresh();
    expect(Metadata.fromJSON(MetadataKind.Root, JSON.parse(repository.trustedRoot())).signed.version).toBe(3);
  });

  test('a rotation needs two of the three root keys, from wherever they are', async () => {
    const centre = new TestCentre();
    const { repository } = centre;
    const { places } = repository.folder;
    const media = temporaryFolder();
    for (const number of [1, 2, 3]) renameSync(keyPath(places, 'root', number), join(media, `root-${number}.key`));
    const paths = readdirSync(media).map((name) => join(media, name));
    expect(() => repository.rotate('targets', paths.slice(0, 1), undefined, Date.now())).toThrow('1 of the 2 root keys');
    expect(() => repository.rotate('targets', [paths[0]!, paths[0]!], undefined, Date.now())).toThrow('1 of the 2 root keys');
    repository.rotate('targets', paths.slice(1), undefined, Date.now());
    await centre.publish(domains(0, 10));
  });

  test('sealed keys open with their passphrase only; the server’s own need none', async () => {
    const centre = new TestCentre();
    const { places } = centre.repository.folder;
    centre.repository.rotate('targets', [], 'đồng hồ cát', Date.now());
    expect(() => readRoleKey(keyPath(places, 'targets'), 'another')).toThrow('does not open with this passphrase');
    expect(readFileSync(keyPath(places, 'timestamp'), 'utf8')).toContain('BEGIN PRIVATE KEY');
    await expect(centre.publish(domains(0, 10))).rejects.toThrow('is sealed');
  });
});
