/**
 * The folder of the outbox, shared by two processes that may die at any moment: opens the database in it or begins it, and sets a damaged
 * one aside. The database has a folder of its own, so that it comes and goes whole, with its log, by one `rename`:
 *
 *     outbox/outbox.db, -wal, -shm, id     the outbox
 *     outbox.damaged-N/                    what was set aside; `carried` in it: what could be read has been carried over
 *     open.lock, carry.lock                who opens, begins or sets aside; who carries over
 *
 * Every opening and closing is done under the lock: SQLite finds the log by its path, which must not come to mean another one in between.
 * Only a file that was found damaged is ever set aside, told by its inode: who comes second finds another one, and opens that.
 */
import { randomUUID } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { damageRecord } from '../loss-record.ts';
import { OutboxDatabase } from './database.ts';
import { faultOf, OutboxFault } from './fault.ts';
import { acquireLock, type HeldLock, sharedFileMode } from './folder-lock.ts';
import type { LossSettings } from './transaction.ts';

const folderName = 'outbox';
const databaseName = 'outbox.db';
const sharedFolderMode = 0o770;
/** For whoever wants to know what happened. */
const setAsideMax = 2;
/** Opening takes some ms, after a crash the reading of a log of a few MB from an SD card. */
const lockWaitMs = 5_000;
/** A disk that damages whatever is written to it shall not be written full of damaged files. */
const setAsideIntervalMs = 1_000;
const setAsidePattern = /^outbox\.damaged-(\d+)$/;

/** Which file it is, however it is called by now. */
export type FileIdentity = string;

export interface OpenedOutbox {
  database: OutboxDatabase;
  file: FileIdentity;
  /** A damaged one, or what was left of one, was found in its place. */
  hasSetAside: boolean;
}

export class OutboxFolder {
  readonly #folder: string;
  readonly #settings: LossSettings;
  readonly #home: string;
  readonly #path: string;
  #setAsideMs = Number.NEGATIVE_INFINITY;

  constructor(folder: string, settings: LossSettings) {
    this.#folder = folder;
    this.#settings = settings;
    this.#home = join(folder, folderName);
    this.#path = join(this.#home, databaseName);
  }

  /**
   * Opens the outbox, or begins one where there is none. `damaged`: the file that is not to be used again. `lost`: the id of the outbox that
   * this process used so far. Throws an `OutboxFault` where the disk does not let it.
   */
  open(damaged?: FileIdentity, lost?: string): OpenedOutbox {
    const lock = this.#lock();
    try {
      const present = this.present();
      if (present !== undefined && present !== damaged) {
        try {
          return { database: new OutboxDatabase(this.#path, this.#settings), file: present, hasSetAside: false };
        } catch (error) {
          if (faultOf(error).kind !== 'damaged') throw error;
        }
      }
      const [halfway] = this.uncarried();
      const replaces = savedId(this.#home) ?? lost ?? halfway?.outbox;
      if (existsSync(this.#home)) this.#setAside();
      const hasSetAside = this.uncarried().length > 0;
      return { ...this.#begin(replaces, hasSetAside), hasSetAside };
    } finally {
      lock.release();
    }
  }

  /** For reading alone, from a disk that cannot be written. */
  openReadOnly(): OpenedOutbox {
    const file = this.present();
    if (file === undefined) throw new OutboxFault('failing', 'there is no outbox on the disk');
    // Without a log SQLite would want to make one; and nobody else can write either.
    const url = pathToFileURL(this.#path);
    if (!existsSync(`${this.#path}-wal`)) url.searchParams.set('immutable', '1');
    return { database: new OutboxDatabase(url, this.#settings, true), file, hasSetAside: false };
  }

  close(database: OutboxDatabase): void {
    let lock: HeldLock | undefined;
    try {
      lock = this.#lock();
    } catch {
      // SQLite itself leaves the log alone where the path leads to another file by now; the lock only closes the moment in between.
    }
    try {
      database.close();
    } finally {
      lock?.release();
    }
  }

  /** Whether the path still leads to this file. */
  holds(file: FileIdentity): boolean {
    return this.present() === file;
  }

  /** Of the disk. */
  space(): { freeBytes: number; totalBytes: number } {
    const { bavail, blocks, bsize } = statfsSync(this.#folder);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  }

  /** Databases that were set aside and not yet carried over, newest first. */
  uncarried(): { path: string; outbox: string | undefined }[] {
    const homes = this.#setAsideNames().map((name) => join(this.#folder, name));
    const uncarried = homes.filter((home) => !existsSync(join(home, 'carried'))).reverse();
    return uncarried.map((home) => ({ path: join(home, databaseName), outbox: savedId(home) }));
  }

  markCarried(databasePath: string): void {
    writeFileSync(join(dirname(databasePath), 'carried'), '');
  }

  /** Only one process at a time carries over. Throws where it is another one. */
  lockCarrying(): HeldLock {
    return acquireLock(join(this.#folder, 'carry.lock'), 0);
  }

  /** Gives back the space of what was set aside and carried over. True where there was such. */
  removeSetAside(): boolean {
    const paths = this.#setAsideNames().map((name) => join(this.#folder, name));
    const carried = paths.filter((path) => existsSync(join(path, 'carried')));
    for (const path of carried) rmSync(path, { recursive: true, force: true });
    return carried.length > 0;
  }

  #lock(): HeldLock {
    if (!existsSync(this.#folder)) {
      mkdirSync(this.#folder, { recursive: true });
      chmodSync(this.#folder, sharedFolderMode);
    }
    // Says what SQLite does not: that it is the whole disk which is read-only.
    accessSync(this.#folder, constants.W_OK);
    return acquireLock(join(this.#folder, 'open.lock'), lockWaitMs);
  }

  /** The file that the path leads to now. */
  present(): FileIdentity | undefined {
    const status = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    return status === undefined ? undefined : `${status.dev} ${status.ino}`;
  }

  /** Made elsewhere and moved here when it is whole: nobody ever finds half of one. */
  #begin(replaces: string | undefined, isReplacing: boolean): { database: OutboxDatabase; file: FileIdentity } {
    const making = `${this.#home}.new`;
    rmSync(making, { recursive: true, force: true });
    mkdirSync(making);
    chmodSync(making, sharedFolderMode);
    const outbox = randomUUID();
    writeFileSync(join(making, 'id'), outbox);
    const path = join(making, databaseName);
    OutboxDatabase.create(path, { outbox, ...(replaces === undefined ? {} : { replaces }) });
    // The log gets the mode of the database.
    chmodSync(path, sharedFileMode);
    if (isReplacing || replaces !== undefined) this.#recordDamage(path, replaces);
    syncFolder(making);
    renameSync(making, this.#home);
    syncFolder(this.#folder);
    const file = this.present();
    if (file === undefined) throw new OutboxFault('failing', 'the outbox was gone as soon as it was begun');
    return { database: new OutboxDatabase(this.#path, this.#settings), file };
  }

  #recordDamage(path: string, replaces: string | undefined): void {
    const database = new OutboxDatabase(path, this.#settings);
    try {
      const nowMs = Date.now();
      database.transact('synced', (transaction) => {
        transaction.insert({ kind: 'loss', body: damageRecord(replaces, this.#settings, nowMs) }, nowMs);
      });
    } finally {
      database.close();
    }
  }

  #setAside(): void {
    const nowMs = performance.now();
    if (nowMs - this.#setAsideMs < setAsideIntervalMs) throw new OutboxFault('failing', 'the disk damages what is written to it');
    this.#setAsideMs = nowMs;
    const names = this.#setAsideNames();
    const number = Number(setAsidePattern.exec(names.at(-1) ?? '')?.[1] ?? 0) + 1;
    renameSync(this.#home, join(this.#folder, `${folderName}.damaged-${number}`));
    for (const name of names.slice(0, Math.max(0, names.length + 1 - setAsideMax))) {
      rmSync(join(this.#folder, name), { recursive: true, force: true });
    }
  }

  /** Oldest first. */
  #setAsideNames(): string[] {
    const numberOf = (name: string) => Number(setAsidePattern.exec(name)?.[1]);
    const names = readdirSync(this.#folder).filter((name) => setAsidePattern.test(name));
    return names.sort((a, b) => numberOf(a) - numberOf(b));
  }
}

/** The id stands beside the database too: of one that is noise it is all that is known. */
function savedId(home: string): string | undefined {
  try {
    const id = readFileSync(join(home, 'id'), 'latin1');
    return /^[0-9a-f-]{36}$/.test(id) ? id : undefined;
  } catch {
    return undefined;
  }
}

function syncFolder(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
