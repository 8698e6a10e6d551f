/** Puts a file in its place whole and for good, or not at all: whoever reads it meets the former text or the new one, also after a power cut. */
import { closeSync, fchownSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** For nobody but the owner. */
export const secretMode = 0o600;
export const publicMode = 0o644;

/** Of this process alone: two that write the same file at once must not get hold of each other's halves. */
export const draftOf = (path: string) => `${path}.${process.pid}.new`;

/**
 * Makes the folder, for its owner alone, where there is none. The mode is cut by the umask; owner and group are those of the former file, else of the
 * folder. Throws the system's error.
 */
export function writeWhole(path: string, text: string, mode: number): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const draft = draftOf(path);
  // One left over by a killed run may have another mode.
  rmSync(draft, { force: true });
  const file = openSync(draft, 'wx', mode);
  try {
    const { uid, gid } = statSync(path, { throwIfNoEntry: false }) ?? statSync(folder);
    // Only root may give files away; anybody else is their owner already.
    if (process.getuid?.() === 0) fchownSync(file, uid, gid);
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
  syncFolder(folder);
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
