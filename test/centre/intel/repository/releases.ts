/** For tests of the repository: a centre's folder of indicators with releases in it, a server for it, and a client as a box has it (tuf-js). */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Updater } from 'tuf-js';
import { afterAll } from 'vitest';
import type { LibraryEntry, LibraryProvenance } from '../../../../centre/intel/library/library-entry.ts';
import { buildRelease } from '../../../../centre/intel/release/build-release.ts';
import { type BuiltRelease, ReleaseFolder } from '../../../../centre/intel/release/release-folder.ts';
import { publishedReleases, publishRelease } from '../../../../centre/intel/repository/publish-release.ts';
import { Repository } from '../../../../centre/intel/repository/repository.ts';

export const provenance: LibraryProvenance = { source: 'list', confidence: 80, importedFirstMs: 1, importedLastMs: 2 };

export function domain(value: string, said: Partial<LibraryProvenance> = {}): LibraryEntry {
  return { kind: 'domain', value, isAllowance: false, provenances: [{ ...provenance, ...said }] };
}

export const domains = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => domain(`n${String(from + index).padStart(6, '0')}.bad.example`));

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-repository-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export class TestCentre {
  readonly folder = temporaryFolder();
  readonly releases = new ReleaseFolder(this.folder);
  readonly repository: Repository;
  nowMs: number;

  constructor(nowMs = Date.now()) {
    this.nowMs = nowMs;
    const keys = join(this.folder, 'keys');
    this.repository = new Repository({ folder: join(this.folder, 'repository'), onlineKeys: keys, offlineKeys: keys });
    this.repository.create(undefined, nowMs);
  }

  build(entries: Iterable<LibraryEntry>): Promise<BuiltRelease> {
    const published = publishedReleases(this.repository).map(({ version }) => version);
    return buildRelease({ folder: this.folder, channel: 'main', entries, own: ['centre.example'], published, nowMs: this.nowMs });
  }

  /** Builds and publishes. */
  async publish(entries: Iterable<LibraryEntry>): Promise<BuiltRelease> {
    const release = await this.build(entries);
    const { releases, repository, nowMs } = this;
    await publishRelease({ repository, releases, version: release.version, passphrase: undefined, nowMs });
    return release;
  }

  /** A copy of what is served, to be put back later. */
  copy(): string {
    const copy = temporaryFolder();
    cpSync(join(this.folder, 'repository'), copy, { recursive: true });
    return copy;
  }

  path(name: string): string {
    return join(this.folder, 'repository', name);
  }
}

/** Serves a folder that may be swapped for another one: a mirror does what it likes. */
export async function startMirror(folder: string): Promise<{ url: string; folder: string }> {
  const mirror = { url: '', folder };
  const server: Server = createServer((request, response) => {
    try {
      response.end(readFileSync(join(mirror.folder, request.url ?? '')));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => new Promise((resolve) => server.close(() => resolve(undefined))));
  mirror.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return mirror;
}

/** A box's view: what it trusts lies in a folder of its own and lasts. */
export class TestBox {
  readonly folder = temporaryFolder();
  private readonly url: string;

  constructor(url: string, root: string) {
    this.url = url;
    for (const name of ['metadata', 'targets']) mkdirSync(join(this.folder, name));
    writeFileSync(join(this.folder, 'metadata/root.json'), root);
  }

  /** A fresh updater, as after a restart. */
  updater(): Updater {
    return new Updater({
      metadataDir: join(this.folder, 'metadata'),
      targetDir: join(this.folder, 'targets'),
      metadataBaseUrl: `${this.url}/metadata`,
      targetBaseUrl: `${this.url}/targets`,
      config: { fetchRetry: 0 },
    });
  }

  refresh(): Promise<void> {
    return this.updater().refresh();
  }

  /** Path of a target; undefined where there is none of this name. */
  async fetch(name: string): Promise<string | undefined> {
    const updater = this.updater();
    await updater.refresh();
    const target = await updater.getTargetInfo(name);
    return target && updater.downloadTarget(target);
  }
}
