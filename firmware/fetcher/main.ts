/**
 * The process that fetches a release: an order comes over the channel of fork, and the compiled set lies in its place when it has said `done`. It is started for
 * one release and ends with it. Wiring only.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FetchFaultCode, type FetchNews, type FetchOrder, fetchOrderSchema, releaseFileName } from '../contract/fetch-order.ts';
import type { Release } from '../contract/intelligence-message.ts';
import { deltaTarget, fullTarget, type TargetFacts, targetFactsSchema, targetPath } from '../contract/release-repository.ts';
import { applyDeltaFile } from '../sensor/intel/delta/delta-file.ts';
import { setBytesMax } from '../sensor/intel/set-layout.ts';
import { download } from './download.ts';
import { FolderSource } from './folder-source.ts';
import { HttpsSource } from './https-source.ts';
import { type Metadata, MetadataFault, refreshMetadata, type SignedTarget } from './metadata.ts';
import { type Source, SourceFault } from './source.ts';

/** How often it says that bytes come. */
const newsMs = 1_000;
const lastWordMs = 2_000;

async function sourceOf({ repository }: FetchOrder): Promise<Source> {
  if ('folder' in repository) return new FolderSource(repository.folder);
  const { url, caFile, certFile, keyFile } = repository;
  const [ca, cert, key] = await Promise.all([caFile, certFile, keyFile].map((file) => (file === undefined ? undefined : readFile(file))));
  return new HttpsSource({ url: url.replace(/\/+$/, ''), ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) });
}

interface Chosen {
  name: string;
  target: SignedTarget;
  facts: TargetFacts;
  /** The compiled set that it is a difference from. */
  base?: string;
}

/** The newest whole release of a channel. */
async function newest(metadata: Metadata, channel: string): Promise<Release> {
  let found: TargetFacts | undefined;
  for (const name of metadata.names()) {
    const facts = targetFactsSchema.safeParse((await metadata.target(name))?.custom).data;
    if (facts?.channel === channel && facts.from === undefined && facts.version > (found?.version ?? 0)) found = facts;
  }
  if (found === undefined) throw new SourceFault('absent', `the repository has no release of ${channel}`);
  return { channel, version: found.version, sha256: found.sha256 };
}

/** The difference from what the box has where there is one, else the whole. Rejects where the repository does not know this very release. */
async function choose(metadata: Metadata, release: Release, from: FetchOrder['from']): Promise<Chosen[]> {
  const candidates = [
    ...(from === undefined ? [] : [{ name: deltaTarget(from.release, release), base: from.file }]),
    { name: fullTarget(release) },
  ];
  const chosen: Chosen[] = [];
  for (const candidate of candidates) {
    const target = await metadata.target(candidate.name);
    if (target === undefined) continue;
    const facts = targetFactsSchema.safeParse(target.custom).data;
    // The repository says what is genuine, the director what this box shall run: both must mean the same set.
    if (facts === undefined || facts.sha256 !== release.sha256 || facts.version !== release.version)
      throw new MetadataFault(`${candidate.name} in the repository is not the release that the director has ordered`);
    chosen.push({ ...candidate, target, facts });
  }
  if (chosen.length === 0) throw new SourceFault('absent', `the repository has no release ${release.version} of ${release.channel}`);
  return chosen;
}

async function fetchRelease(
  order: FetchOrder,
  onBytes: (fetched: number) => void,
): Promise<Omit<Extract<FetchNews, { type: 'done' }>, 'type'>> {
  const { folder, rootFile, trustedMs, bytesPerSecondMax } = order;
  // The sensor, another user of the same group, has to find its sets below.
  mkdirSync(folder, { recursive: true, mode: 0o750 });
  const source = await sourceOf(order);
  const metadata = await refreshMetadata({ source, folder: join(folder, 'metadata'), rootFile, trustedMs, bytesPerSecondMax });
  const release = 'sha256' in order.release ? order.release : await newest(metadata, order.release.channel);
  const file = releaseFileName(release);
  const target = join(folder, file);
  let fetched = 0;
  let fault: unknown;
  const chosen = await choose(metadata, release, order.from);
  // What tries of other orders have left takes room that this one may need.
  forgetOthers(join(folder, 'fetch'), chosen);
  // Where the difference cannot be used the whole is fetched, unless the fault is one that would meet that as well.
  for (const { name, target: signed, facts, base } of chosen) {
    const sha256 = signed.hashes.sha256 ?? '';
    const wanted = { path: targetPath(name, sha256), lengthBytes: signed.length, sha256 };
    const delta = join(folder, 'fetch', sha256);
    try {
      const signal = new AbortController().signal;
      fetched += await download({
        source,
        wanted,
        file: delta,
        bytesPerSecondMax,
        signal,
        onBytes: (bytes) => onBytes(fetched + bytes),
      });
      mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
      await applyDeltaFile({ delta, base, target, sha256: release.sha256, bytesMax: Math.min(facts.setBytes, setBytesMax) });
      // Its age is that of what it says, whenever it came here.
      const created = new Date(facts.created);
      if (!Number.isNaN(created.getTime())) utimesSync(target, created, created);
      rmSync(join(folder, 'fetch'), { recursive: true, force: true });
      return { release, file, fetched };
    } catch (error) {
      fault = error;
      if (['no-room', 'unreachable'].includes(codeOf(error))) break;
    }
  }
  throw fault;
}

function forgetOthers(folder: string, chosen: readonly Chosen[]): void {
  if (!existsSync(folder)) return;
  const kept = chosen.map(({ target }) => target.hashes.sha256 ?? '');
  for (const name of readdirSync(folder)) if (!kept.includes(name.replace(/\.part$/, ''))) rmSync(join(folder, name), { force: true });
}

function codeOf(error: unknown): FetchFaultCode {
  // Whoever meets the system's error tells it in words of their own, with its name in them.
  const text = error instanceof Error ? `${'code' in error ? String(error.code) : ''} ${error.message} ${String(error.cause ?? '')}` : '';
  if (/ENOSPC|EDQUOT|EROFS|no space left|read-only/i.test(text)) return 'no-room';
  if (error instanceof MetadataFault) return 'untrusted';
  if (!(error instanceof SourceFault) || error.code === 'broken' || error.code === 'too-long') return 'damaged';
  return error.code === 'absent' ? 'absent' : 'unreachable';
}

async function say(news: FetchNews): Promise<void> {
  await Promise.race([new Promise((resolve) => process.send?.(news, resolve)), sleep(lastWordMs)]);
}

async function obey(message: unknown): Promise<void> {
  let saidMs = 0;
  const onBytes = (fetched: number) => {
    if (performance.now() - saidMs < newsMs) return;
    saidMs = performance.now();
    process.send?.({ type: 'bytes', fetched } satisfies FetchNews);
  };
  try {
    const order = fetchOrderSchema.parse(message);
    await say({ type: 'done', ...(await fetchRelease(order, onBytes)) });
  } catch (error) {
    await say({ type: 'failed', code: codeOf(error), reason: (error instanceof Error ? error.message : String(error)).slice(0, 1000) });
  }
  process.exit();
}

process.once('message', (message) => void obey(message));
// Whoever asked is gone: nobody waits for this any more.
process.once('disconnect', () => process.exit(1));
