/**
 * Deltas as files: what the centre writes, and what a box makes a set of. Compressed by zstd; the memory that unpacking takes is bounded by the
 * window. A set is written beside its place, forced to the disk and renamed, so that whoever looks sees a whole one or none.
 */
import { closeSync, createReadStream, createWriteStream, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { describeFileError, IntelError } from '../intel-error.ts';
import { applyDelta } from './apply-delta.ts';
import { FileStore, MemoryStore } from './byte-store.ts';
import { windowLog } from './delta-format.ts';
import { makeDelta } from './make-delta.ts';

/** A higher one takes many times as long for some percent: most of a set is noise. */
const compressionLevel = 9;

/** Writes the delta from `base` (undefined: from nothing) to `next` and forces it to the disk. Throws what the file system throws. */
export async function writeDeltaFile(path: string, base: Uint8Array | undefined, next: Uint8Array): Promise<void> {
  const compress = createZstdCompress({
    params: {
      [constants.ZSTD_c_compressionLevel]: compressionLevel,
      [constants.ZSTD_c_windowLog]: windowLog,
      [constants.ZSTD_c_checksumFlag]: 1,
    },
  });
  await pipeline(Readable.from(makeDelta(base, next)), compress, createWriteStream(path, { flags: 'wx', flush: true }));
}

export interface DeltaFileOrder {
  /** Compressed delta. */
  delta: string;
  /** Compiled set that the delta starts from; undefined for a full release. */
  base: string | undefined;
  /** Where the set shall stand; it is not touched unless all went well. */
  target: string;
  /** Of the set, as its header and the signed metadata name it, hex. */
  sha256: string;
  /** The set is not longer. */
  bytesMax: number;
}

/** Throws an `IntelError` of one line where the files give no such set. Blocks the event loop for some milliseconds at a time. */
export async function applyDeltaFile({ delta, base, target, sha256, bytesMax }: DeltaFileOrder): Promise<void> {
  const temporary = `${target}.new`;
  const descriptors: number[] = [];
  const openFile = (path: string, flags: string) => {
    try {
      const descriptor = openSync(path, flags, 0o644);
      descriptors.push(descriptor);
      return descriptor;
    } catch (error) {
      throw describeFileError(path, error);
    }
  };
  try {
    const baseStore = base === undefined ? undefined : new FileStore(openFile(base, 'r'));
    const output = openFile(temporary, 'w+');
    await applyDelta({ base: baseStore, delta: unpacked(delta), target: new FileStore(output), sha256, bytesMax });
    fsyncSync(output);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw describeFault(delta, error);
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor);
  }
}

/** In memory: how the centre tries a delta, and how it reads a release. */
export async function setFromDeltaFile(path: string, base: Uint8Array | undefined, sha256: string, bytesMax: number): Promise<Uint8Array> {
  const target = new MemoryStore();
  try {
    await applyDelta({ base: base && new MemoryStore(base), delta: unpacked(path), target, sha256, bytesMax });
  } catch (error) {
    throw describeFault(path, error);
  }
  return target.bytes;
}

function unpacked(path: string): AsyncIterable<Uint8Array> {
  const source = createReadStream(path);
  const decompress = createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: windowLog } });
  source.on('error', (error) => decompress.destroy(error));
  return source.pipe(decompress);
}

function describeFault(path: string, error: unknown): unknown {
  if (error instanceof IntelError) return new IntelError(`${path}: ${error.message}`);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && /^(ZSTD_|ERR_|Z_)/.test(code))
    return new IntelError(`${path}: the delta is damaged: it cannot be unpacked`);
  return describeFileError(path, error);
}
