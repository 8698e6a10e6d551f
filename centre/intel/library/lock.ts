/** One writer of a library at a time. The lock is one of the kernel on a file, by way of SQLite: it ends with the process, however that ends. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { UserError } from '../../command/user-error.ts';

const waitDefaultMs = 5_000;

/** Gives what unlocks it again. Throws a `UserError` when another process is writing. */
export function lockFolder(folder: string, waitMs = waitDefaultMs): () => void {
  const database = new DatabaseSync(join(folder, 'lock.db'), { timeout: waitMs });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw new UserError(`${folder} is being written by another command: try again when it has ended`, { cause: error });
  }
  return () => database.close();
}
