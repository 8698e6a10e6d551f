/**
 * A downloaded file and perhaps the release before -> the compiled set of a release, as a file that appears whole or not at all. What comes out counts only when
 * its hash is the one that the director has signed.
 */
import { closeSync, createReadStream, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { createZstdDecompress } from 'node:zlib';
import { applyDelta } from '../sensor/intel/delta/apply-delta.ts';
import { FileStore } from '../sensor/intel/delta/byte-store.ts';

export interface UnpackParts {
  /** As fetched: compressed. */
  file: string;
  /** Compiled set that the difference starts from; undefined for a full release. */
  base: string | undefined;
  target: string;
  /** Of the compiled set, as signed by the director. */
  sha256: string;
  /** Of the compiled set, as signed in the repository. */
  bytesMax: number;
}

/** Rejects with an `Error` whose message is fit for people, and that of the system where the disk is full. */
export async function unpack({ file, base, target, sha256, bytesMax }: UnpackParts): Promise<void> {
  mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
  const draft = `${target}.new`;
  rmSync(draft, { force: true });
  const output = openSync(draft, 'wx+', 0o644);
  const input = base === undefined ? undefined : openSync(base, 'r');
  // A frame that asks for a larger window than ours is not of our making.
  const delta = createReadStream(file).pipe(createZstdDecompress());
  try {
    await applyDelta({
      base: input === undefined ? undefined : new FileStore(input),
      delta,
      target: new FileStore(output),
      sha256,
      bytesMax,
    });
    fsyncSync(output);
    renameSync(draft, target);
  } finally {
    delta.destroy();
    closeSync(output);
    if (input !== undefined) closeSync(input);
    rmSync(draft, { force: true });
  }
}
