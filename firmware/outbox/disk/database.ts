/**
 * One outbox database: its tables, its statements and its transactions. What a transaction may do stands in transaction.ts. Does not know
 * where the file is, what else may befall it, nor what to drop.
 */
import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import type { DurableKind } from '../../contract/durable.ts';
import { firstPlaceOf, forEachKind, kindsInOrder, messageBytesMax, placesOfKind } from '../place.ts';
import { OutboxFault } from './fault.ts';
import { type LossSettings, namedNumbers, OutboxTransaction, readNumbers } from './transaction.ts';

/** "VGOB": told apart from the databases of others. */
const applicationId = 0x56474f42;
const layoutVersion = 2;
/** Another process commits in a few ms, but an SD card may stall for seconds. */
const busyTimeoutMs = 5_000;
/** Two alerts. Larger pages need less room, but every commit of one alert writes whole pages to the SD card. */
export const pageBytes = 4096;
/** Left allocated when the log is begun again: on a full disk it is what removing messages is written to. */
const logBytesKept = 4 * 1024 * 1024;

const pragmas = `
  PRAGMA page_size = ${pageBytes};
  PRAGMA auto_vacuum = INCREMENTAL;
  PRAGMA journal_mode = WAL;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${layoutVersion};
`;
/** Messages in the order of sending, and a second order of alerts by id that finds older revisions. `number` holds what is counted. */
const layout = [
  'CREATE TABLE identity (outbox TEXT NOT NULL, box TEXT NOT NULL, replaces TEXT) STRICT',
  'CREATE TABLE number (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID',
  `CREATE TABLE message (place INTEGER PRIMARY KEY, since INTEGER NOT NULL, id TEXT, crc INTEGER NOT NULL, body ANY NOT NULL) STRICT`,
  `CREATE INDEX revision ON message (id, place) WHERE place < ${placesOfKind}`,
  'CREATE TABLE loss (kind TEXT NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL, ranges TEXT NOT NULL, first INTEGER NOT NULL, ' +
    'last INTEGER NOT NULL, PRIMARY KEY (kind, reason)) STRICT, WITHOUT ROWID',
];

/**
 * The sensor writes to this file, and it may be broken into one day: its tables must be ours and no others, a row cannot be larger than a
 * message may be, and whatever is called by the schema is not trusted.
 */
export const distrust = { limits: { length: messageBytesMax + 64 * 1024, attach: 0, triggerDepth: 0 } };
export const distrustPragmas = 'PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON';

export interface StoredMessage {
  place: number;
  since: number;
  id: string | undefined;
  body: string | Uint8Array;
}

/** `synced`: on the disk when it returns. `unsynced`: may be undone by a power cut (never in part), as removing what the centre has may be. */
export type Durability = 'synced' | 'unsynced';

export interface DatabaseIdentity {
  outbox: string;
  /** The bodies in it name this box. */
  box: string;
  /** The outbox that was damaged or gone when this one was begun, where it is known. */
  replaces?: string;
}

export class OutboxDatabase {
  readonly identity: DatabaseIdentity;
  readonly isReadOnly: boolean;
  readonly #settings: LossSettings;
  readonly #sqlite: DatabaseSync;
  readonly #read: StatementSync;
  readonly #statements = new Map<string, StatementSync>();
  #durability: Durability = 'synced';

  /** Throws where the file is no outbox, or cannot be read. Takes the same time whatever waits in it. */
  constructor(path: string | URL, settings: LossSettings, isReadOnly = false) {
    this.#settings = settings;
    this.isReadOnly = isReadOnly;
    this.#sqlite = new DatabaseSync(path, { timeout: busyTimeoutMs, readOnly: isReadOnly, ...distrust });
    try {
      const id = this.#get('PRAGMA application_id')?.application_id;
      const version = this.#get('PRAGMA user_version')?.user_version;
      const tables = this.prepare('SELECT sql FROM sqlite_schema ORDER BY rowid').all();
      const isOurs = tables.length === layout.length && tables.every(({ sql }, index) => sql === layout[index]);
      if (id !== applicationId || version !== layoutVersion || !isOurs)
        throw new OutboxFault('damaged', 'the file is no outbox of this version');
      this.#sqlite.exec(`${distrustPragmas}; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${logBytesKept}`);
      const identity = this.#get('SELECT outbox, box, replaces FROM identity');
      if (typeof identity?.outbox !== 'string' || typeof identity.box !== 'string')
        throw new OutboxFault('damaged', 'the outbox has lost its id');
      const { outbox, box, replaces } = identity;
      this.identity = { outbox, box, ...(typeof replaces === 'string' ? { replaces } : {}) };
      this.#read = this.prepare('SELECT place, since, id, crc, body FROM message WHERE place > ? AND place < ? ORDER BY place');
    } catch (error) {
      this.#sqlite.close();
      throw error;
    }
  }

  /** Makes the file, which must not be there yet. */
  static create(path: string, { outbox, box, replaces }: DatabaseIdentity): void {
    const sqlite = new DatabaseSync(path);
    try {
      sqlite.exec(pragmas);
      sqlite.exec(`BEGIN; ${layout.join('; ')}; COMMIT`);
      sqlite.prepare('INSERT INTO identity VALUES (?, ?, ?)').run(outbox, box, replaces ?? null);
      const zeros = { seq: 0, dropped: 0, count: forEachKind(() => 0), bytes: forEachKind(() => 0) };
      for (const [name, value] of namedNumbers(zeros)) sqlite.prepare('INSERT INTO number VALUES (?, ?)').run(name, value);
    } finally {
      sqlite.close();
    }
  }

  close(): void {
    this.#sqlite.close();
  }

  /** All or nothing. */
  transact<Result>(durability: Durability, work: (transaction: OutboxTransaction) => Result): Result {
    if (this.#durability !== durability) {
      this.#sqlite.exec(`PRAGMA synchronous = ${durability === 'synced' ? 'FULL' : 'NORMAL'}`);
      this.#durability = durability;
    }
    this.#sqlite.exec('BEGIN IMMEDIATE');
    try {
      const transaction = new OutboxTransaction((sql) => this.prepare(sql), this.#settings);
      const result = work(transaction);
      transaction.save();
      this.#sqlite.exec('COMMIT');
      return result;
    } catch (error) {
      // Some faults have rolled back by themselves.
      if (this.#sqlite.isTransaction) this.#sqlite.exec('ROLLBACK');
      throw error;
    }
  }

  /** Messages of a kind after a number, oldest first; undefined is one whose text is no longer what was written. */
  *messagesAfter(kind: DurableKind, seq: number): Generator<{ place: number; message: StoredMessage | undefined }, void> {
    const first = firstPlaceOf(kind);
    for (const row of this.#read.iterate(first + seq, first + placesOfKind)) {
      yield { place: Number(row.place), message: storedMessage(row) };
    }
  }

  /** What is counted, as of now. */
  measure() {
    const numbers = readNumbers((sql) => this.prepare(sql));
    let oldestMs: number | undefined;
    for (const kind of kindsInOrder) {
      const first = firstPlaceOf(kind);
      const since = this.#get('SELECT since FROM message WHERE place > ? AND place < ? ORDER BY place', first, first + placesOfKind)?.since;
      if (typeof since === 'number' && (oldestMs === undefined || since < oldestMs)) oldestMs = since;
    }
    return { numbers, losses: this.lossTallies, oldestMs };
  }

  /** Of drops that no record has told yet. */
  get lossTallies(): number {
    return Number(this.#get('SELECT count(*) AS count FROM loss')?.count);
  }

  get pages(): { total: number; free: number } {
    return {
      total: Number(this.#get('PRAGMA page_count')?.page_count),
      free: Number(this.#get('PRAGMA freelist_count')?.freelist_count),
    };
  }

  /** Gives up to so many free pages at the end of the file back to the disk. */
  shrink(pages: number): void {
    this.#sqlite.exec(`PRAGMA incremental_vacuum(${pages})`);
  }

  /**
   * Moves what is in the log to where it belongs, as far as nobody reads it there. A disk that is nearly full may soon have no room for that,
   * nor for a longer log; an emptied one is written from its beginning, in room that it already has.
   */
  emptyLog(): void {
    try {
      this.#sqlite.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } catch {
      // It stays in the log, where it is safe.
    }
  }

  /** A statement, prepared once. */
  prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#sqlite.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #get(sql: string, ...values: number[]): Record<string, SQLOutputValue> | undefined {
    return this.prepare(sql).get(...values);
  }
}

/** Undefined where the text is not what was written. */
export function storedMessage({ place, since, id, crc, body }: Record<string, SQLOutputValue>): StoredMessage | undefined {
  if (typeof place !== 'number' || typeof since !== 'number') return undefined;
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return undefined;
  if (crc32(body) !== crc) return undefined;
  return { place, since, id: typeof id === 'string' ? id : undefined, body };
}
