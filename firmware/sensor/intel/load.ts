/** Reads a compiled set from a file into one buffer and checks it by its hash. Every fault is an `IntelError` of one line. */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { IndicatorSet } from './indicator-set.ts';
import { checkIsFile, describeFileError, IntelError } from './intel-error.ts';
import { checkHeader, hashedFrom, hasSetMagic, headerBytes, setBytesMax } from './set-layout.ts';

/** Between two pieces the event loop runs: reading a set must not stall the capture. A piece takes about a millisecond to hash. */
const pieceBytes = 1 << 20;

function checkSize(stat: Stats, path: string): void {
  checkIsFile(stat, path);
  const { size } = stat;
  if (size > setBytesMax) throw new IntelError(`${path}: has ${size} bytes; a compiled set has at most ${setBytesMax}`);
}

/** For start-up and commands: blocks until the set is there. */
export function loadIndicatorSet(path: string): IndicatorSet {
  try {
    const file = openSync(path, 'r');
    try {
      const stat = fstatSync(file);
      checkSize(stat, path);
      const bytes = Buffer.allocUnsafeSlow(stat.size);
      let filled = 0;
      while (filled < bytes.length) {
        const count = readSync(file, bytes, filled, bytes.length - filled, filled);
        if (count === 0) break;
        filled += count;
        if (filled >= headerBytes) checkHeader(bytes, path);
      }
      return IndicatorSet.fromBytes(bytes.subarray(0, filled), path);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw describeFileError(path, error);
  }
}

/** For a running sensor: reads and hashes in pieces. */
export async function readIndicatorSet(path: string): Promise<IndicatorSet> {
  try {
    await using file = await open(path, 'r');
    const stat = await file.stat();
    checkSize(stat, path);
    const bytes = Buffer.allocUnsafeSlow(stat.size);
    const hash = createHash('sha256');
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, Math.min(pieceBytes, bytes.length - filled), filled);
      if (bytesRead === 0) break;
      if (filled === 0 && bytesRead >= headerBytes) checkHeader(bytes, path);
      hash.update(bytes.subarray(Math.max(filled, hashedFrom), Math.max(filled + bytesRead, hashedFrom)));
      filled += bytesRead;
    }
    return IndicatorSet.fromBytes(bytes.subarray(0, filled), path, hash.digest('hex'));
  } catch (error) {
    throw describeFileError(path, error);
  }
}

/** True when the file begins as a compiled set does; false for any other readable file. */
export function isCompiledSet(path: string): boolean {
  try {
    const file = openSync(path, 'r');
    try {
      checkIsFile(fstatSync(file), path);
      const start = Buffer.alloc(8);
      return readSync(file, start, 0, start.length, 0) === start.length && hasSetMagic(start);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw describeFileError(path, error);
  }
}
