/**
 * A target of the repository -> a file that has its length and its hash. Goes on where a former try stopped, keeps to the budget, and takes not a byte more
 * than the signed length. What does not fit its hash is thrown away.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Budget } from './budget.ts';
import { type Source, SourceFault } from './source.ts';

export interface WantedFile {
  /** Below the repository. */
  path: string;
  lengthBytes: number;
  /** Hex. */
  sha256: string;
}

export interface DownloadParts {
  source: Source;
  wanted: WantedFile;
  /** Where it shall be; `.part` is added while it is not whole. */
  file: string;
  bytesPerSecondMax: number;
  signal: AbortSignal;
  onBytes?: (bytes: number) => void;
}

/** Resolves with the bytes fetched this time. Rejects with a `SourceFault`; what has come is kept for the next try unless it is wrong. */
export async function download(parts: DownloadParts): Promise<number> {
  const { source, wanted, file, bytesPerSecondMax, signal, onBytes } = parts;
  if ((await lengthOf(file)) === wanted.lengthBytes && (await hashOf(file)) === wanted.sha256) return 0;
  const part = `${file}.part`;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  let have = await lengthOf(part);
  if (have > wanted.lengthBytes) have = 0;
  const isResumed = have > 0;
  let fetched = 0;
  if (have < wanted.lengthBytes || wanted.lengthBytes === 0) {
    const opened = await source.open(wanted.path, have, signal);
    const target = await open(part, opened.start === 0 ? 'w' : 'r+', 0o600);
    try {
      const budget = new Budget({ bytesPerSecondMax });
      let position = opened.start;
      for await (const chunk of opened.bytes) {
        if (position + chunk.length > wanted.lengthBytes)
          throw new SourceFault('too-long', `${wanted.path} is longer than the ${wanted.lengthBytes} bytes that are signed`);
        await target.write(chunk, 0, chunk.length, position);
        position += chunk.length;
        fetched += chunk.length;
        onBytes?.(fetched);
        const waitMs = budget.spend(chunk.length);
        if (waitMs > 0) await sleep(waitMs, undefined, { signal });
      }
      await target.truncate(position);
      await target.sync();
      if (position < wanted.lengthBytes)
        throw new SourceFault('broken', `${wanted.path} ended after ${position} of ${wanted.lengthBytes} bytes`);
    } catch (error) {
      // Too long is wrong from the start: nothing of it is worth keeping.
      if (error instanceof SourceFault && error.code === 'too-long') await rm(part, { force: true });
      throw error instanceof SourceFault
        ? error
        : new SourceFault('broken', `${wanted.path}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await target.close();
    }
  }
  if ((await hashOf(part)) !== wanted.sha256) {
    await rm(part, { force: true });
    // What a former try has left may be what is wrong.
    if (isResumed) return fetched + (await download({ ...parts, onBytes: (bytes) => onBytes?.(fetched + bytes) }));
    throw new SourceFault('broken', `${wanted.path} is not the file that was signed`);
  }
  await rename(part, file);
  return fetched;
}

async function lengthOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}
