/**
 * A lock that several processes share and that the kernel releases when its holder dies: the lock of an empty SQLite database, which is an
 * fcntl lock. (Node offers no lock on files of its own.) Not for use within a transaction of the outbox.
 */
import { chmodSync, existsSync, truncateSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { faultOf } from './fault.ts';

/** Sensor and agent run as two users of one group. */
export const sharedFileMode = 0o660;

export interface HeldLock {
  release(): void;
}

/** Waits for at most `waitMs`. Throws where it could not be had. */
export function acquireLock(path: string, waitMs: number): HeldLock {
  return begun(path, waitMs, 'BEGIN EXCLUSIVE');
}

/** Beside others who share it. Throws where somebody has it for himself. */
export function shareLock(path: string): HeldLock {
  // The lock comes with the reading, and stays until the transaction ends.
  return begun(path, 0, 'BEGIN; SELECT count(*) FROM sqlite_schema');
}

function begun(path: string, waitMs: number, sql: string): HeldLock {
  try {
    return begin(path, waitMs, sql);
  } catch (error) {
    if (faultOf(error).kind !== 'damaged') throw error;
    // It holds nothing, so whatever is in it is noise. The file itself stays: whoever has locked it has locked this file.
    truncateSync(path);
    return begin(path, waitMs, sql);
  }
}

function begin(path: string, waitMs: number, sql: string): HeldLock {
  const isNew = !existsSync(path);
  const sqlite = new DatabaseSync(path, { timeout: waitMs });
  try {
    if (isNew) chmodSync(path, sharedFileMode);
    // Else a journal would be created, for which a full disk may have no room.
    sqlite.exec(`PRAGMA journal_mode = MEMORY; ${sql}`);
  } catch (error) {
    sqlite.close();
    throw error;
  }
  return { release: () => sqlite.close() };
}
