/** One writer of a library at a time. The lock is one of the kernel on a file, by way of SQLite: it ends with the process, however that ends. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { UserError } from '../../command/user-error.ts';

/** SQLite, "Result and Error Codes": SQLITE_BUSY. */
const sqliteBusy = 5;
const waitDefaultMs = 5_000;

function open(folder: string, waitMs: number): DatabaseSync {
  try {
    return new DatabaseSync(join(folder, 'lock.db'), { timeout: waitMs });
  } catch (error) {
    throw new UserError(`${folder} cannot be locked (${error instanceof Error ? error.message : String(error)}): may this user write it?`, {
      cause: error,
    });
  }
}

/** Gives what unlocks it again. Throws a `UserError` when another process is writing. */
export function lockFolder(folder: string, waitMs = waitDefaultMs): () => void {
  const database = open(folder, waitMs);
  try {
    // Nothing is ever written; a journal file could not be made on a disk that is full, and it is there that something is to be taken away.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    const isTaken = error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy;
    const what = isTaken
      ? 'is being written by another command: try again when it has ended'
      : `cannot be locked (${error instanceof Error ? error.message : String(error)}): is the disk full, or not to be written?`;
    throw new UserError(`${folder} ${what}`, { cause: error });
  }
  return () => database.close();
}
