/**
 * The folder of the outbox, shared by two processes that may die at any moment: opens the database in it or begins it, and sets one aside that
 * is damaged or another box's. The database has a folder of its own, so that it comes and goes whole, with its log, by one `rename`:
 *
 *     outbox/outbox.db, -wal, -shm, id, box     the outbox
 *     outbox.damaged-N/, outbox.of-BOX.N/       what was set aside
 *     open.lock, carry.lock                     who opens, begins or sets aside; who carries over
 *     box-BOX.lock                              which box works here
 *
 * Every opening and closing is done under the lock: SQLite finds the log by its path, which must not come to mean another one in between.
 * Only a file that was found damaged is ever set aside, told by its inode: who comes second finds another one, and opens that. The same goes
 * for one whose messages name another box, which the centre would refuse.
 */
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { damageRecord, type ForeignOutbox, foreignRecords } from '../loss-record.ts';
import { BoxClaim } from './box-claim.ts';
import { OutboxDatabase } from './database.ts';
import { faultOf, OutboxFault } from './fault.ts';
import { assertWritable, prepareFolder, sharedFolderMode } from './folder-access.ts';
import { acquireLock, type HeldLock, sharedFileMode } from './folder-lock.ts';
import { SetAside } from './set-aside.ts';
import type { LossSettings } from './transaction.ts';

const folderName = 'outbox';
const databaseName = 'outbox.db';
/** Opening takes some ms, after a crash the reading of a log of a few MB from an SD card. */
const lockWaitMs = 5_000;
/** A disk that damages whatever is written to it shall not be written full of damaged files. */
const setAsideIntervalMs = 1_000;

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
  readonly #claim: BoxClaim;
  readonly #setAside: SetAside;
  #setAsideMs = Number.NEGATIVE_INFINITY;

  constructor(folder: string, settings: LossSettings) {
    this.#folder = folder;
    this.#settings = settings;
    this.#home = join(folder, folderName);
    this.#path = join(this.#home, databaseName);
    this.#claim = new BoxClaim(folder, settings.box);
    this.#setAside = new SetAside(folder);
  }

  /**
   * Opens the outbox, or begins one where there is none. `damaged`: the file that is not to be used again. `lost`: the id of the outbox that
   * this process used so far. Throws an `OutboxFault` where the disk does not let it.
   */
  open(damaged?: FileIdentity, lost?: string): OpenedOutbox {
    const lock = this.#lock();
    try {
      this.#claim.take();
      const present = this.present();
      if (present === undefined || present === damaged) return this.#beginAnother(undefined, lost);
      const found = this.#found();
      if (found?.identity.box !== this.#settings.box) return this.#beginAnother(found, lost);
      return { database: found, file: present, hasSetAside: false };
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
    const database = new OutboxDatabase(url, this.#settings, true);
    const { box } = database.identity;
    if (box === this.#settings.box) return { database, file, hasSetAside: false };
    database.close();
    throw new OutboxFault('foreign', `the outbox in ${this.#folder} is of box ${box}: set outbox.folder`);
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

  /** Another box may have the folder from now on. */
  leave(): void {
    this.#claim.release();
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

  /** Databases of this box that were set aside and not yet carried over, newest first. */
  uncarried(): { path: string; outbox: string | undefined }[] {
    const homes = this.#setAside.uncarried().filter((home) => savedBox(home) === this.#settings.box);
    return homes.map((home) => ({ path: join(home, databaseName), outbox: savedId(home) }));
  }

  markCarried(databasePath: string): void {
    this.#setAside.markCarried(dirname(databasePath));
  }

  /** Only one process at a time carries over. Throws where it is another one. */
  lockCarrying(): HeldLock {
    return acquireLock(join(this.#folder, 'carry.lock'), 0);
  }

  /** Gives back the space of what was set aside and is not needed any more. True where there was such. */
  removeSetAside(): boolean {
    return this.#setAside.remove();
  }

  #lock(): HeldLock {
    prepareFolder(this.#folder);
    const path = join(this.#folder, 'open.lock');
    assertWritable(path);
    return acquireLock(path, lockWaitMs);
  }

  /** The file that the path leads to now. */
  present(): FileIdentity | undefined {
    const status = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    return status === undefined ? undefined : `${status.dev} ${status.ino}`;
  }

  /** Undefined: it is damaged. */
  #found(): OutboxDatabase | undefined {
    try {
      return new OutboxDatabase(this.#path, this.#settings);
    } catch (error) {
      if (faultOf(error).kind !== 'damaged') throw error;
      return undefined;
    }
  }

  /** `found`: another box's, which is closed. */
  #beginAnother(found: OutboxDatabase | undefined, lost: string | undefined): OpenedOutbox {
    const foreign = found === undefined ? this.#savedForeign() : closedForeign(found);
    const isDamaged = foreign === undefined && existsSync(this.#home);
    const [halfway] = this.uncarried();
    const replaces = (isDamaged ? savedId(this.#home) : undefined) ?? lost ?? halfway?.outbox;
    if (isDamaged) this.#setDamagedAside();
    const hasSetAside = isDamaged || halfway !== undefined;
    const nowMs = Date.now();
    const records = foreign === undefined ? [] : foreignRecords(foreign, this.#settings, nowMs);
    if (hasSetAside || replaces !== undefined) records.push(damageRecord(replaces, this.#settings, nowMs));
    const made = this.#make(replaces, records);
    // Not before what tells of it is on the disk.
    if (foreign !== undefined) this.#setAside.addForeign(this.#home, foreign.box);
    return { ...this.#begin(made), hasSetAside };
  }

  /** Damaged, and another box's. */
  #savedForeign(): ForeignOutbox | undefined {
    const box = savedBox(this.#home);
    if (box === undefined || box === this.#settings.box) return undefined;
    const outbox = savedId(this.#home);
    return outbox === undefined ? { box } : { box, outbox };
  }

  /** Elsewhere: nobody ever finds half of one. Returns where. */
  #make(replaces: string | undefined, records: readonly string[]): string {
    const making = `${this.#home}.new`;
    rmSync(making, { recursive: true, force: true });
    mkdirSync(making);
    chmodSync(making, sharedFolderMode);
    const { box } = this.#settings;
    const outbox = randomUUID();
    writeFileSync(join(making, 'id'), outbox, { flush: true });
    writeFileSync(join(making, 'box'), box, { flush: true });
    const path = join(making, databaseName);
    OutboxDatabase.create(path, { outbox, box, ...(replaces === undefined ? {} : { replaces }) });
    // The log gets the mode of the database.
    chmodSync(path, sharedFileMode);
    if (records.length > 0) this.#record(path, records);
    syncFolder(making);
    return making;
  }

  #begin(made: string): { database: OutboxDatabase; file: FileIdentity } {
    renameSync(made, this.#home);
    syncFolder(this.#folder);
    const file = this.present();
    if (file === undefined) throw new OutboxFault('failing', 'the outbox was gone as soon as it was begun');
    return { database: new OutboxDatabase(this.#path, this.#settings), file };
  }

  #record(path: string, bodies: readonly string[]): void {
    const database = new OutboxDatabase(path, this.#settings);
    try {
      const nowMs = Date.now();
      database.transact('synced', (transaction) => {
        for (const body of bodies) transaction.insert({ kind: 'loss', body }, nowMs);
      });
    } finally {
      database.close();
    }
  }

  #setDamagedAside(): void {
    const nowMs = performance.now();
    if (nowMs - this.#setAsideMs < setAsideIntervalMs) throw new OutboxFault('failing', 'the disk damages what is written to it');
    this.#setAsideMs = nowMs;
    this.#setAside.addDamaged(this.#home);
  }
}

function closedForeign(database: OutboxDatabase): ForeignOutbox {
  const { box, outbox } = database.identity;
  try {
    const { numbers, losses } = database.measure();
    return { box, outbox, counts: { ...numbers.count, loss: numbers.count.loss + losses } };
  } catch {
    return { box, outbox };
  } finally {
    database.close();
  }
}

/** Both stand beside the database too: of one that is noise it is all that is known. */
function savedId(home: string): string | undefined {
  const id = saved(join(home, 'id'));
  return id !== undefined && /^[0-9a-f-]{36}$/.test(id) ? id : undefined;
}

function savedBox(home: string): string | undefined {
  return saved(join(home, 'box')) || undefined;
}

function saved(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
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
