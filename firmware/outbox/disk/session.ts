/**
 * Work to be done on the outbox -> done on the sound file, whatever befell it since the last time. A damaged outbox is set aside and another
 * one begun, one that was replaced by the other process is opened, and what this process had committed last is committed once more (a repeat
 * is harmless). A fault of the disk itself is the caller's.
 */
import { damageRecord } from '../loss-record.ts';
import type { OutboxDatabase } from './database.ts';
import { faultOf, OutboxFault } from './fault.ts';
import type { FileIdentity, OpenedOutbox, OutboxFolder } from './folder.ts';
import { Ring } from './ring.ts';
import type { LossSettings } from './transaction.ts';

export type Purpose = 'read' | 'write';

/** Damaged when opened, and the one begun in its stead replaced by the other process: more is a disk that cannot be trusted. */
const attemptsMax = 3;
/** A block that cannot be read for so many times and so long will not heal: the outbox is set aside, or what is behind it would wait for ever. */
const blockFaultsMax = 10;
const blockFaultsMs = 30_000;

export class DiskSession {
  readonly ring = new Ring();
  /** Outboxes found damaged or gone. */
  begunAnew = 0;
  /** Counts the openings. */
  openings = 0;
  readonly #folder: OutboxFolder;
  readonly #settings: LossSettings;
  #opened: OpenedOutbox | undefined;
  #damaged: FileIdentity | undefined;
  /** Id of the outbox that this process last wrote to or read. */
  #outbox: string | undefined;
  /** The outbox before, while what is in the ring is not yet committed to the present one. */
  #lost: string | undefined;
  /** Where those of the ring stood that were committed once more: outbox and place. */
  #recommitted: ReadonlySet<string> = new Set();
  readonly #blockFaults: Record<Purpose, { count: number; sinceMs: number }> = {
    read: { count: 0, sinceMs: 0 },
    write: { count: 0, sinceMs: 0 },
  };

  constructor(folder: OutboxFolder, settings: LossSettings) {
    this.#folder = folder;
    this.#settings = settings;
  }

  /** What it returns is true of the file that is in its place now: nothing is confirmed that went to a file moved away. Throws an `OutboxFault`. */
  run<Result>(purpose: Purpose, work: (database: OutboxDatabase) => Result): Result {
    for (let attempt = 1; ; attempt++) {
      try {
        const { database, file } = this.#use(purpose);
        const result = work(database);
        if (!this.#folder.holds(file)) throw new OutboxFault('replaced', 'the outbox was moved or removed');
        this.#blockFaults[purpose].count = 0;
        return result;
      } catch (error) {
        const fault = this.#judged(purpose, faultOf(error));
        if (fault.kind === 'damaged') this.#note(fault);
        // The log of an open one stays allocated: on a full disk it is all the room there is.
        if (fault.kind !== 'busy' && fault.kind !== 'full') this.#closeDatabase();
        if (attempt >= attemptsMax || (fault.kind !== 'damaged' && fault.kind !== 'replaced')) throw fault;
      }
    }
  }

  /** Whether what stood there has been committed once more already. */
  hasRecommitted(outbox: string | undefined, place: number): boolean {
    return this.#recommitted.has(`${outbox} ${place}`);
  }

  /** For writing too. */
  get isOpen(): boolean {
    return this.#opened?.database.isReadOnly === false;
  }

  /** The file was moved away since it was opened, or could only be read then. */
  get isStale(): boolean {
    return this.#opened !== undefined && (this.#opened.database.isReadOnly || !this.#folder.holds(this.#opened.file));
  }

  /** Id of the outbox last used; undefined: none yet. */
  get outbox(): string | undefined {
    return this.#outbox;
  }

  /** For good: another box may have the folder. */
  close(): void {
    this.#closeDatabase();
    this.#folder.leave();
  }

  #closeDatabase(): void {
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened !== undefined) this.#folder.close(opened.database);
  }

  /** A file that can only be read is not condemned: others may be writing to what we take for unchanging. */
  #note(fault: OutboxFault): void {
    if (this.#opened === undefined) this.#damaged = fault.isInputOutput ? this.#folder.present() : undefined;
    else if (!this.#opened.database.isReadOnly) this.#damaged = this.#opened.file;
  }

  #use(purpose: Purpose): OpenedOutbox {
    if (purpose === 'write' && this.#opened?.database.isReadOnly) this.#closeDatabase();
    const opened = this.#opened ?? this.#open(purpose);
    this.#opened = opened;
    if (purpose === 'write') this.#recommit(opened.database);
    return opened;
  }

  #open(purpose: Purpose): OpenedOutbox {
    let opened: OpenedOutbox;
    try {
      opened = this.#folder.open(this.#damaged, this.#outbox);
    } catch (error) {
      const { kind } = faultOf(error);
      if (purpose === 'write' || kind === 'busy' || kind === 'foreign' || kind === 'damaged') throw error;
      return this.#folder.openReadOnly();
    }
    this.openings++;
    this.#damaged = undefined;
    const { outbox } = opened.database.identity;
    if (this.#outbox === undefined ? opened.hasSetAside : this.#outbox !== outbox) {
      this.begunAnew++;
      this.#lost = this.#outbox;
    }
    this.#outbox = outbox;
    return opened;
  }

  #recommit(database: OutboxDatabase): void {
    const lost = this.#lost;
    if (lost === undefined) return;
    const entries = this.ring.entries;
    const places = database.transact('synced', (transaction) => {
      // Another process may have begun this one and known nothing of the one before.
      if (database.identity.replaces !== lost) {
        const nowMs = Date.now();
        transaction.insert({ kind: 'loss', body: damageRecord(lost, this.#settings, nowMs) }, nowMs);
      }
      return entries.map(({ message, sinceMs }) => transaction.insert(message, sinceMs));
    });
    this.#recommitted = new Set(entries.map(({ outbox, place }) => `${outbox} ${place}`));
    for (const [index, entry] of entries.entries()) {
      entry.outbox = database.identity.outbox;
      entry.place = places[index] ?? 0;
    }
    this.#lost = undefined;
  }

  #judged(purpose: Purpose, fault: OutboxFault): OutboxFault {
    if (!fault.isInputOutput) return fault;
    const faults = this.#blockFaults[purpose];
    if (faults.count++ === 0) faults.sinceMs = performance.now();
    if (faults.count < blockFaultsMax || performance.now() - faults.sinceMs < blockFaultsMs) return fault;
    faults.count = 0;
    return new OutboxFault('damaged', fault.message, true);
  }
}
