import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BuiltRelease } from '../../../centre/intel/release/release-folder.ts';
import { changedRoot, signed, textOf } from '../../../centre/intel/repository/metadata.ts';
import { keyPath, readRoleKey } from '../../../centre/intel/repository/role-keys.ts';
import { FetchFault, fetchBy } from '../../../firmware/agent/intel/fetch-process.ts';
import { type FetchOrder, releaseFileName } from '../../../firmware/contract/fetch-order.ts';
import type { Release } from '../../../firmware/contract/intelligence-message.ts';
import { claimedHash } from '../../../firmware/sensor/intel/set-layout.ts';
import { domains, TestCentre } from '../../centre/intel/repository/releases.ts';
import { type FileServer, startFileServer } from './file-server.ts';

const fetch = fetchBy(fileURLToPath(new URL('../../../firmware/fetcher/main.ts', import.meta.url)));
const dayMs = 86_400_000;

describe('the process that fetches a release', { timeout: 60_000 }, () => {
  let centre: TestCentre;
  let server: FileServer;
  /** Copies of what was served: one release, two releases. */
  let former: string;
  let releases: BuiltRelease[];
  let state: string;

  beforeAll(async () => {
    centre = new TestCentre();
    server = await startFileServer();
    releases = [await centre.publish(domains(0, 3000))];
    former = centre.copy();
    releases.push(await centre.publish(domains(20, 3000)));
  });
  afterAll(() => server.close());
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), 'fetcher-'));
    writeFileSync(join(state, 'root.json'), centre.repository.folder.read('root', 1));
    server.folder = centre.path('');
    server.answer = undefined;
    server.requests.length = 0;
  });
  afterEach(() => rmSync(state, { recursive: true, force: true }));

  const releaseOf = (index: number): Release => {
    const { channel, version, sha256 } = releases[index]!;
    return { channel, version, sha256 };
  };
  const order = (release: FetchOrder['release'], more: Partial<FetchOrder> = {}): FetchOrder => ({
    release,
    repository: { url: server.access.url, ...server.credentials },
    folder: join(state, 'intel'),
    rootFile: join(state, 'root.json'),
    trustedMs: Date.now(),
    bytesPerSecondMax: 1e9,
    ...more,
  });
  const bring = (release: FetchOrder['release'], more: Partial<FetchOrder> = {}) =>
    fetch(order(release, more), new AbortController().signal);
  const faultOf = (work: Promise<unknown>) =>
    work.then(
      () => expect.fail('it was brought'),
      (error: unknown) => {
        expect(error).toBeInstanceOf(FetchFault);
        return (error as FetchFault).code;
      },
    );
  const hashOf = (release: Release) => claimedHash(readFileSync(join(state, 'intel', releaseFileName(release))));
  /** What is served, changed. */
  const mirror = (change: (folder: string) => void) => {
    const folder = mkdtempSync(join(tmpdir(), 'mirror-'));
    cpSync(centre.path(''), folder, { recursive: true });
    change(folder);
    server.folder = folder;
  };
  const targetOf = (folder: string, end: string) =>
    join(folder, 'targets', readdirSync(join(folder, 'targets')).find((name) => name.endsWith(end)) ?? '-');

  it('brings the very set that the centre compiled, and later only the difference', async () => {
    const { file, fetched } = await bring(releaseOf(0));
    expect(hashOf(releaseOf(0))).toBe(releaseOf(0).sha256);
    // However late it comes, its indicators are not younger than the release.
    expect(statSync(join(state, 'intel', file)).mtime.toISOString()).toBe(releases[0]?.created);
    expect(existsSync(join(state, 'intel', 'fetch'))).toBe(false);
    const whole = statSync(targetOf(centre.path(''), 'main-2.vgd')).size;
    const second = await bring(releaseOf(1), { from: { release: releaseOf(0), file: join(state, 'intel', file) } });
    expect(hashOf(releaseOf(1))).toBe(releaseOf(1).sha256);
    expect(second.fetched).toBeLessThan(whole / 4);
    expect(fetched).toBeGreaterThan(second.fetched);
  });

  it('fetches the whole where the set that it has is damaged, and where no difference leads there', async () => {
    const { file } = await bring(releaseOf(0));
    const base = join(state, 'intel', file);
    writeFileSync(base, readFileSync(base).subarray(0, 5000));
    await bring(releaseOf(1), { from: { release: releaseOf(0), file: base } });
    expect(hashOf(releaseOf(1))).toBe(releaseOf(1).sha256);
    await bring(releaseOf(1), { from: { release: { ...releaseOf(0), version: 77 }, file: base } });
  });

  it('brings the newest release from a stick, with the same signatures', async () => {
    const { release } = await bring({ channel: 'main' }, { repository: { folder: centre.path('') } });
    expect(release).toEqual(releaseOf(1));
    expect(hashOf(release)).toBe(release.sha256);
    expect(await faultOf(bring({ channel: 'other' }, { repository: { folder: centre.path('') } }))).toBe('absent');
  });

  it('refuses an older repository, and a replayed timestamp, once it has seen a newer one', async () => {
    await bring(releaseOf(1));
    mirror((folder) => {
      rmSync(folder, { recursive: true });
      cpSync(former, folder, { recursive: true });
    });
    expect(await faultOf(bring(releaseOf(0)))).toBe('untrusted');
    mirror((folder) => copyFileSync(join(former, 'metadata/timestamp.json'), join(folder, 'metadata/timestamp.json')));
    expect(await faultOf(bring(releaseOf(0)))).toBe('untrusted');
  });

  it('refuses a repository that is held back beyond its time, also where the clock of the box stands at 1970', async () => {
    expect(await faultOf(bring(releaseOf(1), { trustedMs: Date.now() + 30 * dayMs }))).toBe('untrusted');
    await bring(releaseOf(1), { trustedMs: 0 });
  });

  it('refuses what the director did not order, though the repository vouches for it', async () => {
    expect(await faultOf(bring({ ...releaseOf(1), sha256: releaseOf(0).sha256 }))).toBe('untrusted');
    expect(await faultOf(bring({ ...releaseOf(1), version: 9 }))).toBe('absent');
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['altered', (bytes) => Buffer.concat([bytes.subarray(0, 100), Buffer.from([(bytes[100] ?? 0) ^ 1]), bytes.subarray(101)])],
    ['cut', (bytes) => bytes.subarray(0, -1)],
    ['longer', (bytes) => Buffer.concat([bytes, Buffer.alloc(10)])],
    ['another target under its name', () => readFileSync(targetOf(centre.path(''), 'main-1.vgd'))],
  ])('refuses a target that is %s', async (_, change) => {
    mirror((folder) => {
      const path = targetOf(folder, 'main-2.vgd');
      writeFileSync(path, change(readFileSync(path)));
    });
    expect(await faultOf(bring(releaseOf(1)))).toBe('damaged');
    server.folder = centre.path('');
    await bring(releaseOf(1));
  });

  it('refuses a root that one of two has signed, and a repository of strangers', async () => {
    const stranger = new TestCentre();
    await stranger.publish(domains(0, 10));
    const { root } = centre.repository.chain();
    const one = readRoleKey(keyPath(centre.repository.folder.places, 'root', 1), undefined);
    const evil = readRoleKey(keyPath(stranger.repository.folder.places, 'root', 1), undefined);
    mirror((folder) =>
      writeFileSync(
        join(folder, 'metadata/2.root.json'),
        textOf(signed(changedRoot(root.signed, 'targets', [evil], Date.now()), [one, evil])),
      ),
    );
    expect(await faultOf(bring(releaseOf(1)))).toBe('untrusted');
    server.folder = stranger.path('');
    expect(await faultOf(bring(releaseOf(1)))).toBe('untrusted');
  });

  it('gives up a server that never ends or hardly begins, and knows one that is away', async () => {
    server.answer = (_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, '{')));
        if (!response.destroyed) response.once('drain', more);
      };
      response.writeHead(200);
      more();
    };
    expect(await faultOf(bring(releaseOf(1)))).toBe('damaged');
    server.answer = (_, response) => response.writeHead(500).end();
    expect(await faultOf(bring(releaseOf(1)))).toBe('unreachable');
    expect(await faultOf(bring(releaseOf(1), { repository: { url: 'https://127.0.0.1:9', ...server.credentials } }))).toBe('unreachable');
  });

  it('says that there is no room, and leaves nothing half-made', async () => {
    mkdirSync(join(state, 'intel'));
    // No folder can be made below a file.
    writeFileSync(join(state, 'intel', 'releases'), '');
    expect(['no-room', 'damaged']).toContain(await faultOf(bring(releaseOf(1))));
    rmSync(join(state, 'intel', 'releases'));
    await bring(releaseOf(1));
  });
});
