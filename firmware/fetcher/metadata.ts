/**
 * The TUF metadata of the repository: fetched, verified (tuf-js), and kept for the next time. Works in a copy and takes the copy's place at once when all of
 * it is in order, so that a cut power leaves the one or the other. Whatever is damaged is fetched anew, from the root that the claim brought: a read-only file that
 * no fetch ever touches.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Fetcher, type TargetFile, Updater } from 'tuf-js';
import { DownloadHTTPError } from 'tuf-js/dist/error.js';
import { Budget } from './budget.ts';
import { type Source, SourceFault } from './source.ts';

/** Of one file of metadata; ours have some KB. */
const metadataBytesMax = 512 * 1024;
/** All metadata together must come within this time. */
const metadataTimeoutMs = 120_000;
const notFound = 404;
/** tuf-js wants addresses; a source wants paths. */
const addressSpace = 'repository://all/';

export class MetadataFault extends Error {
  override readonly name = 'MetadataFault';
}

/** A target as the repository has signed it: length, hashes, and what `custom` says. */
export type SignedTarget = TargetFile;

export interface Metadata {
  target(name: string): Promise<SignedTarget | undefined>;
  /** Of all targets. */
  names(): string[];
}

export interface MetadataParts {
  source: Source;
  /** Where verified metadata is kept. */
  folder: string;
  /** `root.json` as the claim brought it. */
  rootFile: string;
  /** ms since 1970, never behind what signatures have proven: a clock at 1970 must not make old metadata young. */
  trustedMs: number;
  bytesPerSecondMax: number;
}

/** Rejects with a `MetadataFault` where the repository is not to be believed, with a `SourceFault` where it cannot be had. */
export async function refreshMetadata(parts: MetadataParts): Promise<Metadata> {
  // Of this process alone: a person may load a stick while the agent tries the server.
  const draft = `${parts.folder}.draft-${process.pid}`;
  removeDraftsOfTheDead(parts.folder);
  try {
    return await refreshIn(parts, draft);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function removeDraftsOfTheDead(folder: string): void {
  const parent = dirname(folder);
  if (!existsSync(parent)) return;
  for (const name of readdirSync(parent)) {
    const pid = Number(/\.draft-(\d+)$/.exec(name)?.[1]);
    if (name.startsWith(`${basename(folder)}.draft-`) && !isAlive(pid)) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Not ours, but there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function refreshIn(parts: MetadataParts, draft: string): Promise<Metadata> {
  const { source, folder, rootFile, trustedMs, bytesPerSecondMax } = parts;
  const former = `${folder}.former`;
  // Cut between the two renames below.
  if (!existsSync(folder) && existsSync(former)) renameSync(former, folder);
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  if (existsSync(folder)) cpSync(folder, draft, { recursive: true });
  const fetcher = new MetadataFetcher(source, bytesPerSecondMax);
  const updater = await verified(fetcher, async () => updaterIn(draft, rootFile, fetcher));
  await verified(fetcher, () => updater.refresh());
  for (const role of ['timestamp', 'snapshot', 'targets', 'root']) checkExpiry(join(draft, `${role}.json`), role, trustedMs);
  rmSync(former, { recursive: true, force: true });
  if (existsSync(folder)) renameSync(folder, former);
  renameSync(draft, folder);
  rmSync(former, { recursive: true, force: true });
  return {
    target: (name) => verified(fetcher, () => updater.getTargetInfo(name)),
    // Verified a moment ago, in a folder that is nobody else's.
    names: () =>
      Object.keys((JSON.parse(readFileSync(join(folder, 'targets.json'), 'utf8')) as { signed: { targets: object } }).signed.targets),
  };
}

/**
 * tuf-js passes over a timestamp, snapshot or targets that is damaged and fetches it anew, and dies of a damaged root. The root of the claim takes its
 * place then; what else was kept stays, and with it what we know not to go back from.
 */
function updaterIn(draft: string, rootFile: string, fetcher: Fetcher): Updater {
  const config = {
    rootMaxLength: metadataBytesMax,
    timestampMaxLength: metadataBytesMax,
    snapshotMaxLength: metadataBytesMax,
    targetsMaxLength: metadataBytesMax,
  };
  const make = () => new Updater({ metadataDir: draft, metadataBaseUrl: `${addressSpace}metadata`, fetcher, config });
  try {
    return make();
  } catch {
    cpSync(rootFile, join(draft, 'root.json'));
    return make();
  }
}

/** What tuf-js throws is told in its own words; what the source threw keeps its kind. */
async function verified<T>(fetcher: MetadataFetcher, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (fetcher.fault !== undefined) throw fetcher.fault;
    if (error instanceof DownloadHTTPError) throw new SourceFault('absent', error.message);
    throw new MetadataFault(error instanceof Error ? error.message : String(error));
  }
}

/** tuf-js asks the clock of the machine, which may stand at 1970. */
function checkExpiry(path: string, role: string, trustedMs: number): void {
  const document: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const expires = (document as { signed?: { expires?: unknown } } | null)?.signed?.expires;
  const expiresMs = typeof expires === 'string' ? Date.parse(expires) : Number.NaN;
  if (!(expiresMs > trustedMs))
    throw new MetadataFault(`${role}.json has expired (${String(expires)}): the repository is stale or held back`);
}

class MetadataFetcher implements Fetcher {
  readonly #source: Source;
  readonly #budget: Budget;
  readonly #signal = AbortSignal.timeout(metadataTimeoutMs);
  /** Of the source, where it was the cause; a file that is not there is none. */
  fault: SourceFault | undefined;

  constructor(source: Source, bytesPerSecondMax: number) {
    this.#source = source;
    this.#budget = new Budget({ bytesPerSecondMax });
  }

  async downloadBytes(address: string, lengthMax: number): Promise<Buffer> {
    const path = address.slice(addressSpace.length);
    try {
      const { bytes } = await this.#source.open(path, 0, this.#signal);
      const chunks: Uint8Array[] = [];
      let length = 0;
      for await (const chunk of bytes) {
        length += chunk.length;
        if (length > lengthMax) throw new SourceFault('too-long', `${path} is longer than ${lengthMax} bytes`);
        chunks.push(chunk);
        this.#budget.spend(chunk.length);
      }
      return Buffer.concat(chunks);
    } catch (error) {
      // The next root is asked for until there is none.
      if (error instanceof SourceFault && error.code === 'absent') throw new DownloadHTTPError(error.message, notFound);
      this.fault =
        error instanceof SourceFault
          ? error
          : new SourceFault('broken', `${path}: ${error instanceof Error ? error.message : String(error)}`);
      throw this.fault;
    }
  }

  /** Targets are fetched by `download.ts`, which can go on where it stopped. */
  downloadFile<T>(path: string): Promise<T> {
    return Promise.reject(new Error(`${path} is no metadata`));
  }
}
