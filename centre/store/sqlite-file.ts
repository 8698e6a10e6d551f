/**
 * A path -> an open SQLite file with our tables, safe to write from several processes; its faults -> `StoreError`. Knows when to wait for
 * another process and for how long. Knows nothing of messages and alerts.
 */
import { accessSync, closeSync, constants, openSync, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Question, Row } from './questions.ts';
import { applicationId, pendingMigrations, sqliteDialect } from './schema.ts';
import { StoreError } from './store-error.ts';

/** Alerts name machines and people: not for everybody on this machine to read. SQLite gives its -wal and -shm the same mode. */
const fileMode = 0o640;
/** One page of the smallest size: no SQLite file with anything in it is smaller (SQLite file format §1.3). */
const sizeBytesMin = 512;
/** A commit holds the file for some tens of milliseconds; longer than this something is wrong. */
const lockPatienceMs = 15_000;
const lockRetryMinMs = 1;
const lockRetryMaxMs = 5;
/** SQLite's result codes, without the extension in the upper bits (sqlite3.h). */
const busy = 5;
const locked = 6;
const readOnly = 8;
const corrupt = 11;
const full = 13;
const cannotOpen = 14;
const notADatabase = 26;

/**
 * FULL: a commit that was reported survives a power cut. A checkpoint each 32 MiB instead of 4 writes a page that changes often less often;
 * after a burst the log shrinks to 64 MiB.
 */
const settings = `
  pragma synchronous = full;
  pragma wal_autocheckpoint = 4096;
  pragma journal_size_limit = 67108864;
  pragma cache_size = -32768;
`;

export class SqliteFile {
  readonly #path: string;
  readonly #inode: number;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  private constructor(path: string, database: DatabaseSync) {
    this.#path = path;
    this.#database = database;
    this.#inode = statSync(path).ino;
  }

  /** Makes the file where there is none; never the folder. Rejects with a `StoreError`. */
  static async open(location: string): Promise<SqliteFile> {
    const path = resolve(location);
    prepareFile(path);
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(path);
      const opened = database;
      await patiently(path, () => configure(path, opened));
      const file = new SqliteFile(path, database);
      await file.write(() => file.#migrate());
      return file;
    } catch (error) {
      if (database?.isOpen) database.close();
      throw storeErrorOf(error, path);
    }
  }

  /** For statements that are run often: prepared once, by their text, of which a program has a fixed few. */
  prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  /** All that `work` writes, or nothing; resolves when it is on the disk. `work` runs anew, after a rollback, where the file was busy. */
  async write<Result>(work: () => Result): Promise<Result> {
    return this.#guarded(() => {
      const { ino } = statSync(this.#path, { throwIfNoEntry: false }) ?? { ino: -1 };
      if (ino !== this.#inode) throw new StoreError('file.gone', { file: this.#path });
      this.#database.exec('begin immediate');
      try {
        const result = work();
        this.#database.exec('commit');
        return result;
      } catch (error) {
        // SQLite has rolled back by itself where the disk was full.
        if (this.#database.isTransaction) this.#database.exec('rollback');
        throw error;
      }
    });
  }

  async all({ sql, values }: Question): Promise<Row[]> {
    return this.#guarded(() => this.prepare(sql).all(...values) as unknown as Row[]);
  }

  /** How many rows it changed. */
  async change({ sql, values }: Question): Promise<number> {
    return this.write(() => Number(this.prepare(sql).run(...values).changes));
  }

  close(): void {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  async #guarded<Result>(work: () => Result): Promise<Result> {
    try {
      return await patiently(this.#path, () => {
        if (!this.#database.isOpen) throw new StoreError('database.closed', { store: this.#path });
        return work();
      });
    } catch (error) {
      throw storeErrorOf(error, this.#path);
    }
  }

  #migrate(): void {
    const isNew = this.#database.prepare(`select 1 from sqlite_schema where name = 'schema_version'`).get() === undefined;
    const found = isNew ? 0 : Number(this.#database.prepare('select version from schema_version').get()?.version);
    for (const sql of pendingMigrations(found, sqliteDialect, this.#path)) this.#database.exec(sql);
    if (isNew) this.#database.exec(`pragma application_id = ${applicationId}`);
  }
}

function prepareFile(path: string): void {
  const folder = dirname(path);
  if (!statSafely(folder)?.isDirectory()) throw new StoreError('file.folder-missing', { file: path, folder });
  const known = statSafely(path);
  if (known !== undefined && !known.isFile()) throw new StoreError('file.not-a-file', { file: path });
  // SQLite would take the remains for an empty file and begin anew.
  if (known !== undefined && known.size > 0 && known.size < sizeBytesMin) throw new StoreError('database.damaged', { store: path });
  try {
    closeSync(openSync(path, 'a+', fileMode));
    // The -wal and -shm beside it.
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') throw new StoreError('file.permission', { file: path }, error);
    if (code === 'ENOSPC') throw new StoreError('database.full', { store: path }, error);
    throw new StoreError('file.unusable', { file: path, reason: reasonOf(error) }, error);
  }
}

function statSafely(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // a part of the path is a file, or may not be entered
  }
}

function configure(path: string, database: DatabaseSync): void {
  const tables = Number(database.prepare('select count(*) as count from sqlite_schema').get()?.count);
  const program = Number(database.prepare('pragma application_id').get()?.application_id);
  if (tables > 0 && program !== applicationId) throw new StoreError('database.foreign', { store: path });
  // Counts for a new file alone. An alert fills a page of 4 KB by itself, and most of another stays empty: a quarter of the room and of the time.
  if (tables === 0) database.exec('pragma page_size = 8192');
  const mode = database.prepare('pragma journal_mode = wal').get()?.journal_mode;
  if (mode !== 'wal') throw new StoreError('file.unusable', { file: path, reason: 'its file system lacks shared memory' });
  database.exec(settings);
}

/** Tries again while another process holds the file. Not SQLite's own waiting, which would hold up everything else in this process. */
async function patiently<Result>(path: string, work: () => Result): Promise<Result> {
  const endMs = performance.now() + lockPatienceMs;
  for (;;) {
    try {
      return work();
    } catch (error) {
      const code = resultCodeOf(error);
      if (code !== busy && code !== locked) throw error;
      if (performance.now() > endMs) throw new StoreError('database.busy', { store: path, seconds: lockPatienceMs / 1_000 }, error);
    }
    await sleep(lockRetryMinMs + Math.random() * (lockRetryMaxMs - lockRetryMinMs));
  }
}

/** The primary code; undefined where it is no fault of SQLite. */
function resultCodeOf(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

function storeErrorOf(error: unknown, path: string): unknown {
  const code = resultCodeOf(error);
  if (code === undefined) return error;
  if (code === corrupt || code === notADatabase) return new StoreError('database.damaged', { store: path }, error);
  if (code === full) return new StoreError('database.full', { store: path }, error);
  if (code === readOnly) return new StoreError('file.permission', { file: path }, error);
  if (code === cannotOpen) return new StoreError('file.unusable', { file: path, reason: reasonOf(error) }, error);
  return new StoreError('database.failed', { store: path, reason: reasonOf(error) }, error);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
