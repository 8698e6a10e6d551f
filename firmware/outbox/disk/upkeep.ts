/**
 * What an outbox thread does between its requests, a little at a time: notices that the file was replaced, deletes what could not be deleted,
 * gives free space back to the disk, and carries over what can still be read of a damaged outbox.
 */
import { kindAt } from '../place.ts';
import { CarryOver } from './carry-over.ts';
import { type OutboxDatabase, pageBytes, type StoredMessage } from './database.ts';
import type { OutboxFolder } from './folder.ts';
import type { HeldLock } from './folder-lock.ts';
import type { DiskJobs } from './jobs.ts';
import type { DiskSession } from './session.ts';

const idleMs = 1_000;
/** Between two steps, for the other process and for requests. */
const shrinkMs = 20;
/** 4 MB: some ms on a disk, some 100 ms on a slow SD card. */
const pagesOfStep = 1_000;
/** A file that stays below this is not worth the wear. */
const keptPages = (16 * 1024 * 1024) / pageBytes;
/** Before that it is left for messages to come: shrinking moves what is still in the file, and that wears the disk. */
const freeShare = 0.875;

interface Carrying {
  from: CarryOver;
  path: string;
  outbox: string | undefined;
  lock: HeldLock;
}

export class Upkeep {
  readonly #session: DiskSession;
  readonly #folder: OutboxFolder;
  readonly #jobs: DiskJobs;
  #isShrinking = false;
  #carrying: Carrying | undefined;
  /** `openings` of the session when it was last looked for something to carry over. */
  #lookedAt = 0;

  constructor(session: DiskSession, folder: OutboxFolder, jobs: DiskJobs) {
    this.#session = session;
    this.#folder = folder;
    this.#jobs = jobs;
  }

  /** Does one step of what there is to do. Returns in how many ms it wants to be called again. */
  step(): number {
    attempt(() => this.#watch());
    if (this.#jobs.hasEnded) attempt(() => this.#jobs.deleteEnded());
    attempt(() => this.#shrink());
    attempt(() => this.#carry());
    if (this.#carrying !== undefined) return 0;
    return this.#isShrinking ? shrinkMs : idleMs;
  }

  close(): void {
    this.#endCarrying(false);
  }

  /** Else a process with nothing to write would not learn that it can, or that it must: it would not notice a file that was replaced, and what it had committed last would stay lost. */
  #watch(): void {
    if (this.#session.isStale) this.#session.run('write', () => undefined);
  }

  #shrink(): void {
    if (!this.#session.isOpen) return;
    this.#session.run('write', (database) => {
      const { total, free } = database.pages;
      this.#isShrinking = total > keptPages && free > (this.#isShrinking ? keptPages / 2 : total * freeShare);
      if (this.#isShrinking) database.shrink(pagesOfStep);
    });
  }

  #carry(): void {
    if (this.#carrying === undefined) this.#beginCarrying();
    const carrying = this.#carrying;
    if (carrying === undefined) return;
    const found = carrying.from.next();
    if (found === undefined) {
      this.#endCarrying(true);
      return;
    }
    const messages = found.filter(({ place }) => !this.#session.hasRecommitted(carrying.outbox, place));
    if (messages.length === 0) return;
    try {
      this.#session.run('write', (database) => this.#take(database, messages));
    } catch {
      // The disk does not take it. The next opening tries again.
      this.#endCarrying(false);
    }
  }

  #beginCarrying(): void {
    if (this.#lookedAt === this.#session.openings) return;
    this.#lookedAt = this.#session.openings;
    for (const { path, outbox } of this.#folder.uncarried()) {
      // The other process may be at it.
      const lock = this.#folder.lockCarrying();
      try {
        this.#carrying = { from: new CarryOver(path), path, outbox, lock };
        return;
      } catch {
        // Not even a database any more.
        this.#folder.markCarried(path);
        lock.release();
      }
    }
  }

  /** Its evidence is left where it is while the disk has little room. */
  #take(database: OutboxDatabase, messages: readonly StoredMessage[]): void {
    const missingBytes = this.#jobs.missingBytes(database);
    database.transact('synced', (transaction) => {
      for (const { place, since, id, body } of messages) {
        const kind = kindAt(place);
        if (kind === 'evidence' && missingBytes > 0) transaction.noteUnnumbered(kind, 'disk', 1);
        else transaction.insert({ kind, body, ...(id === undefined ? {} : { id }) }, since);
      }
      this.#jobs.makeRoom(transaction, missingBytes);
    });
  }

  #endCarrying(isDone: boolean): void {
    const carrying = this.#carrying;
    this.#carrying = undefined;
    if (carrying === undefined) return;
    carrying.from.close();
    attempt(() => {
      if (isDone) this.#folder.markCarried(carrying.path);
    });
    carrying.lock.release();
    // There may be an older one.
    if (isDone) this.#lookedAt = 0;
  }
}

/** What fails is tried again at another step; that the disk fails is told by whoever asks for something. */
function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // As said.
  }
}
