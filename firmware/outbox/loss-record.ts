/** Drops, as they come -> running tallies by kind and reason -> loss/1 records. Keeps nothing on disk: the caller does. */
import type { DurableKind } from '../contract/durable.ts';
import type { Loss, LossReason } from '../contract/loss.ts';
import { kindsInOrder } from './place.ts';

/** How long a tally grows at least before a reader is given it as a record: a flood of drops shall not become a flood of records. */
export const lossIntervalMs = 1_000;

/** Who writes the record. */
export interface LossOrigin {
  box: string;
  boot: string;
}

/** Drops of one kind for one reason that no record has told yet. */
export interface LossTally {
  kind: DurableKind;
  reason: LossReason;
  count: number;
  /** First and last number of each run. Messages that had no number are only counted. */
  ranges: [number, number][];
  firstMs: number;
  lastMs: number;
}

export function emptyTally(kind: DurableKind, reason: LossReason, nowMs: number): LossTally {
  return { kind, reason, count: 0, ranges: [], firstMs: nowMs, lastMs: nowMs };
}

/** Counts one drop. False, and nothing is changed, where the tally has no room for another range: close it and begin the next. */
export function addToTally(tally: LossTally, seq: number | undefined, nowMs: number, rangesMax: number): boolean {
  if (seq !== undefined) {
    const last = tally.ranges.at(-1);
    if (last !== undefined && last[1] + 1 === seq) last[1] = seq;
    else if (tally.ranges.length >= rangesMax) return false;
    else tally.ranges.push([seq, seq]);
  }
  tally.count++;
  tally.lastMs = nowMs;
  return true;
}

/** `ofOutbox`: where the record may travel in another outbox than the one that gave the numbers. */
export function lossRecord({ kind, reason, count, ranges, firstMs, lastMs }: LossTally, origin: LossOrigin, ofOutbox?: string): string {
  return written({ ...start(origin, firstMs, lastMs), kind, reason, count, ranges, ...(ofOutbox === undefined ? {} : { ofOutbox }) });
}

/** Of an outbox that was damaged or gone: nobody knows what it held, perhaps not even its id. */
export function damageRecord(ofOutbox: string | undefined, origin: LossOrigin, nowMs: number): string {
  return written({
    ...start(origin, nowMs, nowMs),
    reason: 'damaged',
    count: 0,
    ranges: [],
    ...(ofOutbox === undefined ? {} : { ofOutbox }),
  });
}

/** An outbox whose messages name another box. What is undefined nobody knows. */
export interface ForeignOutbox {
  box: string;
  outbox?: string;
  counts?: Record<DurableKind, number>;
}

/** What is not sent of it: one record for each kind, none where nothing waited. */
export function foreignRecords({ outbox, counts }: ForeignOutbox, origin: LossOrigin, nowMs: number): string[] {
  const ofOutbox = outbox === undefined ? {} : { ofOutbox: outbox };
  const record = { ...start(origin, nowMs, nowMs), reason: 'foreign' as const, ranges: [], ...ofOutbox };
  if (counts === undefined) return [written({ ...record, count: 0 })];
  return kindsInOrder.filter((kind) => counts[kind] > 0).map((kind) => written({ ...record, kind, count: counts[kind] }));
}

function start({ box, boot }: LossOrigin, firstMs: number, lastMs: number) {
  return { schema: 'loss/1' as const, box, boot, ts: new Date(lastMs).toISOString(), tsFirst: new Date(firstMs).toISOString() };
}

function written(loss: Loss): string {
  return JSON.stringify(loss);
}

/** Tallies in memory: one for each kind and reason. */
export class LossLedger {
  readonly #open = new Map<string, LossTally>();
  readonly #rangesMax: number;

  constructor(rangesMax: number) {
    this.#rangesMax = rangesMax;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Counts one drop. Returns the tally that had no room for it, if so: it is closed, and another one was begun. */
  note(kind: DurableKind, reason: LossReason, seq: number | undefined, nowMs: number): LossTally | undefined {
    const key = `${kind} ${reason}`;
    const tally = this.#open.get(key) ?? emptyTally(kind, reason, nowMs);
    this.#open.set(key, tally);
    if (addToTally(tally, seq, nowMs, this.#rangesMax)) return undefined;
    const next = emptyTally(kind, reason, nowMs);
    addToTally(next, seq, nowMs, this.#rangesMax);
    this.#open.set(key, next);
    return tally;
  }

  /** Hands out all tallies and forgets them. */
  take(): LossTally[] {
    const tallies = [...this.#open.values()];
    this.#open.clear();
    return tallies;
  }

  /** What was taken could not be written after all. For drops without numbers. */
  putBack(tallies: readonly LossTally[]): void {
    for (const { kind, reason, count, firstMs, lastMs } of tallies) {
      const key = `${kind} ${reason}`;
      const tally = this.#open.get(key) ?? emptyTally(kind, reason, firstMs);
      tally.count += count;
      tally.firstMs = Math.min(tally.firstMs, firstMs);
      tally.lastMs = Math.max(tally.lastMs, lastMs);
      this.#open.set(key, tally);
    }
  }
}
