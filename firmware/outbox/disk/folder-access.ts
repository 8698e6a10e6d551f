/** A folder that may not be there, or not be ours -> one that can be written, or a fault that says in words what to set. Knows no files of the outbox. */
import { accessSync, chmodSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { OutboxFault } from './fault.ts';

/** Sensor and agent run as two users of one group. */
export const sharedFolderMode = 0o770;

const advice = 'set outbox.folder, or give this user the right to it';
/** What the one who sets up the box can mend. All else is a fault of the disk. */
const mendable: Readonly<Record<string, string>> = {
  EACCES: `(permission denied): ${advice}`,
  EPERM: `(permission denied): ${advice}`,
  EROFS: '(the disk is read-only): set outbox.folder, or make that disk writable',
  ENOENT: '(nothing can be made there): set outbox.folder',
  ENOTDIR: '(a part of the path is no folder): set outbox.folder',
  EEXIST: '(something else has that name): set outbox.folder',
  ELOOP: '(its links lead in a circle): set outbox.folder',
  ENAMETOOLONG: '(the name is too long): set outbox.folder',
};

/** Makes the folder where there is none. Says what SQLite does not: that the disk is read-only, or that it is the right that is missing. */
export function prepareFolder(folder: string): void {
  if (!existsSync(folder)) {
    inWords('make', folder, () => {
      makeLevels(resolve(folder));
      chmodSync(folder, sharedFolderMode);
    });
  }
  // The slash: a file is not what is wanted.
  inWords('write', folder, () => accessSync(`${folder}/`, constants.R_OK | constants.W_OK | constants.X_OK));
}

/** A file that another user may have made; it need not be there. */
export function assertWritable(path: string): void {
  if (existsSync(path)) inWords('write', path, () => accessSync(path, constants.R_OK | constants.W_OK));
}

/** Not with `recursive`: below a folder that takes none, as /proc, Node tries for ever. */
function makeLevels(folder: string): void {
  const parent = dirname(folder);
  if (parent !== folder && !existsSync(parent)) makeLevels(parent);
  try {
    mkdirSync(folder);
  } catch (error) {
    // The other process was quicker.
    if (!existsSync(folder)) throw error;
  }
}

function inWords(what: 'make' | 'write', path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const words = mendable[code];
    if (words === undefined) throw error;
    throw new OutboxFault(code === 'EROFS' ? 'read-only' : 'failing', `cannot ${what} ${path} ${words}`);
  }
}
