/** Faults of lists and compiled sets, and of the files that hold them, as one line for people. */
import type { Stats } from 'node:fs';

/** A list or compiled set that cannot be used. The message is one line that says what is wrong and where; it is meant for people. */
export class IntelError extends Error {
  override readonly name = 'IntelError';
}

/** Turns a failure of the file system into one line with the path; other errors (our own bugs) pass unchanged. */
export function describeFileError(path: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code !== 'string') return error;
  const reasons: Record<string, string> = {
    ENOENT: 'no such file',
    EISDIR: 'is a folder, not a file',
    ENOTDIR: 'a part of the path is not a folder',
    EACCES: 'may not be read or written by this user',
    EPERM: 'may not be read or written by this user',
    ENOSPC: 'no space left on the disk',
    EROFS: 'the file system is read-only',
  };
  return new IntelError(`${path}: ${reasons[code] ?? code}`);
}

/** Only regular files are read: a device has no end, and a pipe cannot be read twice. */
export function checkIsFile(stat: Stats, path: string): void {
  if (stat.isDirectory()) throw new IntelError(`${path}: is a folder, not a file`);
  if (!stat.isFile()) throw new IntelError(`${path}: is not a regular file`);
}
