/**
 * Makes room in the outbox, in the transaction that needs it: evidence goes first, then health, then revisions of alerts that wait in a newer
 * one too, then presence, then alerts, and records of loss only where nothing else is left; of each the oldest. For want of space on the
 * disk only the first three go: what they leave inside the file is where alerts can still be written to.
 */
import type { DurableKind } from '../../contract/durable.ts';
import type { LossReason } from '../../contract/loss.ts';
import { firstPlaceOf, placesOfKind } from '../place.ts';
import { pageBytes } from './database.ts';
import type { OutboxTransaction } from './transaction.ts';

export interface QuotaSettings {
  bytesMax: number;
  freeBytesMin: number;
}

export interface Space {
  freeBytes: number;
  totalBytes: number;
  /** Pages of the file that hold nothing. */
  freePages: number;
}

/** An alert of this transaction. */
export interface Arrived {
  id: string;
  place: number;
}

/** Bounds the time of one transaction, in which the other process waits. The next one goes on. */
const dropsMax = 5_000;
const looksMax = 20_000;
/** Of a small disk not all can be kept free; but the log of SQLite must find room. */
const freeShareMin = 0.1;
const logBytesMax = 8 * 1024 * 1024;
/** Below this share of the quota the pressure is over. */
const relievedShare = 0.9;

export class Quota {
  readonly #settings: QuotaSettings;
  /** How far the look for older revisions has come; undefined: it has seen all there were, and those that arrive are looked at. */
  #looked: Arrived | undefined = { id: '', place: 0 };

  constructor(settings: QuotaSettings) {
    this.#settings = settings;
  }

  /** Bytes that are missing for the disk to have enough room; 0: it has. */
  missing({ freeBytes, totalBytes, freePages }: Space): number {
    const wanted = Math.min(this.#settings.freeBytesMin, Math.max(totalBytes * freeShareMin, logBytesMax));
    return Math.max(0, wanted - freeBytes - freePages * pageBytes);
  }

  makeRoom(transaction: OutboxTransaction, missingBytes: number, arrived: readonly Arrived[]): void {
    const over = transaction.bytes - this.#settings.bytesMax;
    if (missingBytes <= 0 && over <= 0) {
      if (transaction.bytes < this.#settings.bytesMax * relievedShare) this.#looked = { id: '', place: 0 };
      return;
    }
    const reason: LossReason = over > 0 ? 'quota' : 'disk';
    let wanted = Math.max(over, missingBytes);
    for (const kind of ['evidence', 'health'] as const) wanted -= dropOldest(transaction, kind, wanted, reason);
    if (wanted > 0) wanted -= this.#merge(transaction, wanted, arrived);
    // While the look for revisions goes on, nothing that is worth more is given up.
    if (over <= 0 || this.#looked !== undefined) return;
    wanted = transaction.bytes - this.#settings.bytesMax;
    for (const kind of ['presence', 'alert', 'loss'] as const) wanted -= dropOldest(transaction, kind, wanted, reason);
  }

  #merge(transaction: OutboxTransaction, wanted: number, arrived: readonly Arrived[]): number {
    if (this.#looked === undefined) return this.#mergeArrived(transaction, arrived);
    const select = transaction.prepare(
      `SELECT id, place FROM message INDEXED BY revision WHERE place < ${placesOfKind} AND (id, place) > (?, ?) ORDER BY id, place LIMIT ?`,
    );
    let last: Arrived = this.#looked;
    let looks = 0;
    let bytes = 0;
    const older: number[] = [];
    for (const { id, place } of select.all(last.id, last.place, looksMax)) {
      looks++;
      const next = { id: String(id), place: Number(place) };
      if (next.id === last.id) older.push(last.place);
      last = next;
      if (older.length >= dropsMax) break;
    }
    bytes += transaction.drop(older, 'merged');
    const hasSeenAll = looks < looksMax && older.length < dropsMax;
    this.#looked = hasSeenAll ? undefined : last;
    return hasSeenAll && bytes < wanted ? bytes + this.#mergeArrived(transaction, arrived) : bytes;
  }

  #mergeArrived(transaction: OutboxTransaction, arrived: readonly Arrived[]): number {
    const select = transaction.prepare(
      `SELECT place FROM message INDEXED BY revision WHERE place < ${placesOfKind} AND id = ? AND place < ? LIMIT ${dropsMax}`,
    );
    let bytes = 0;
    for (const { id, place } of arrived) {
      const older = select.all(id, place).map((row) => Number(row.place));
      bytes += transaction.drop(older, 'merged');
    }
    return bytes;
  }
}

/** Returns the bytes dropped: as many as wanted or somewhat more, less where there were not so many. */
function dropOldest(transaction: OutboxTransaction, kind: DurableKind, wanted: number, reason: LossReason): number {
  if (wanted <= 0) return 0;
  const first = firstPlaceOf(kind);
  const select = transaction.prepare(
    `SELECT place, octet_length(body) AS bytes FROM message WHERE place > ? AND place < ? ORDER BY place LIMIT ${dropsMax}`,
  );
  const places: number[] = [];
  let bytes = 0;
  for (const row of select.iterate(first, first + placesOfKind)) {
    places.push(Number(row.place));
    bytes += Number(row.bytes);
    if (bytes >= wanted) break;
  }
  return transaction.drop(places, reason);
}
