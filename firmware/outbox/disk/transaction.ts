/**
 * What can be done to an outbox database in one transaction: messages in and out, drops counted, records of loss. Totals by kind are kept
 * along, so nobody ever counts rows. Does not decide what to drop (quota.ts).
 */
import type { SQLOutputValue, StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import type { DurableKind } from '../../contract/durable.ts';
import type { LossReason } from '../../contract/loss.ts';
import { addToTally, emptyTally, type LossOrigin, type LossTally, lossRecord } from '../loss-record.ts';
import type { NewMessage } from '../outbox.ts';
import { forEachKind, kindAt, kindsInOrder, placeOf, placesOfSeq, seqAt } from '../place.ts';
import { OutboxFault } from './fault.ts';

/** Who writes records of loss, and how long one may get. */
export interface LossSettings extends LossOrigin {
  lossRangesMax: number;
}

export interface Numbers {
  /** The last number given. */
  seq: number;
  /** Messages dropped since the outbox was begun. */
  dropped: number;
  count: Record<DurableKind, number>;
  bytes: Record<DurableKind, number>;
}

export type Prepare = (sql: string) => StatementSync;

export class OutboxTransaction {
  readonly numbers: Numbers;
  readonly prepare: Prepare;
  readonly #settings: LossSettings;
  readonly #drops = new Map<string, { kind: DurableKind; reason: LossReason; seqs: number[]; unnumbered: number }>();
  readonly #nowMs = Date.now();

  constructor(prepare: Prepare, settings: LossSettings) {
    this.prepare = prepare;
    this.#settings = settings;
    this.numbers = readNumbers(prepare);
  }

  /** Bytes of all messages. */
  get bytes(): number {
    return kindsInOrder.reduce((sum, kind) => sum + this.numbers.bytes[kind], 0);
  }

  /** Gives the message the next number. Returns its place. */
  insert({ kind, body, id }: NewMessage, sinceMs: number): number {
    const { numbers } = this;
    const place = placeOf(kind, ++numbers.seq);
    this.prepare('INSERT INTO message VALUES (?, ?, ?, ?, ?)').run(place, sinceMs, id ?? null, crc32(body), body);
    numbers.count[kind]++;
    numbers.bytes[kind] += typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
    return place;
  }

  /** These are with the centre. Numbers that are not there are ignored. */
  remove(seqs: readonly number[]): void {
    for (const seq of seqs) {
      const deleted = this.prepare('DELETE FROM message WHERE place IN (?, ?, ?, ?, ?) RETURNING place, octet_length(body) AS bytes');
      this.#uncount(deleted.all(...placesOfSeq(seq)));
    }
  }

  /** These go without the centre having had them. Places where nothing is are ignored. Returns the bytes dropped. */
  drop(places: readonly number[], reason: LossReason): number {
    let bytes = 0;
    for (const place of places) {
      const rows = this.prepare('DELETE FROM message WHERE place = ? RETURNING place, octet_length(body) AS bytes').all(place);
      if (rows.length === 0) continue;
      bytes += this.#uncount(rows);
      this.#dropsOf(kindAt(place), reason).seqs.push(seqAt(place));
    }
    return bytes;
  }

  /** Drops a message of which only the number is known. */
  dropSeq(seq: number, reason: LossReason): void {
    this.drop(placesOfSeq(seq), reason);
  }

  /** Counts messages that were dropped before they had a number. */
  noteUnnumbered(kind: DurableKind, reason: LossReason, count: number): void {
    this.#dropsOf(kind, reason).unnumbered += count;
  }

  /** Changes nothing, but has to be written. */
  touch(): void {
    this.prepare("UPDATE number SET value = value WHERE name = 'seq'").run();
  }

  /** Open tallies become messages. */
  writeLosses(): void {
    for (const row of this.prepare('DELETE FROM loss RETURNING *').all()) this.#writeLoss(tallyOf(row));
  }

  /** Last of all: writes the tallies and the totals. */
  save(): void {
    for (const { kind, reason, seqs, unnumbered } of this.#drops.values()) this.#saveDrops(kind, reason, seqs, unnumbered);
    const set = this.prepare('UPDATE number SET value = ? WHERE name = ? AND value <> ?');
    for (const [name, value] of namedNumbers(this.numbers)) set.run(value, name, value);
  }

  #saveDrops(kind: DurableKind, reason: LossReason, seqs: number[], unnumbered: number): void {
    this.numbers.dropped += seqs.length + unnumbered;
    const row = this.prepare('SELECT * FROM loss WHERE kind = ? AND reason = ?').get(kind, reason);
    let tally = row === undefined ? emptyTally(kind, reason, this.#nowMs) : tallyOf(row);
    for (const seq of seqs.sort((a, b) => a - b)) {
      if (addToTally(tally, seq, this.#nowMs, this.#settings.lossRangesMax)) continue;
      this.#writeLoss(tally);
      tally = emptyTally(kind, reason, this.#nowMs);
      addToTally(tally, seq, this.#nowMs, this.#settings.lossRangesMax);
    }
    if (unnumbered > 0) {
      tally.count += unnumbered;
      tally.lastMs = this.#nowMs;
    }
    this.prepare('INSERT OR REPLACE INTO loss VALUES (?, ?, ?, ?, ?, ?)').run(
      kind,
      reason,
      tally.count,
      JSON.stringify(tally.ranges),
      tally.firstMs,
      tally.lastMs,
    );
  }

  #writeLoss(tally: LossTally): void {
    this.insert({ kind: 'loss', body: lossRecord(tally, this.#settings) }, this.#nowMs);
  }

  #dropsOf(kind: DurableKind, reason: LossReason) {
    const key = `${kind} ${reason}`;
    const drops = this.#drops.get(key) ?? { kind, reason, seqs: [], unnumbered: 0 };
    this.#drops.set(key, drops);
    return drops;
  }

  #uncount(rows: readonly Record<string, SQLOutputValue>[]): number {
    let sum = 0;
    for (const row of rows) {
      const kind = kindAt(Number(row.place));
      const bytes = Number(row.bytes);
      this.numbers.count[kind]--;
      this.numbers.bytes[kind] -= bytes;
      sum += bytes;
    }
    return sum;
  }
}

export function readNumbers(prepare: Prepare): Numbers {
  const rows = prepare('SELECT name, value FROM number').all();
  const values = new Map(rows.map(({ name, value }) => [name, value]));
  const numberOf = (name: string): number => {
    const value = values.get(name);
    if (typeof value !== 'number') throw new OutboxFault('damaged', `the outbox has lost its "${name}"`);
    return value;
  };
  return {
    seq: numberOf('seq'),
    dropped: numberOf('dropped'),
    count: forEachKind((kind) => numberOf(`${kind}.count`)),
    bytes: forEachKind((kind) => numberOf(`${kind}.bytes`)),
  };
}

export function namedNumbers({ seq, dropped, count, bytes }: Numbers): [string, number][] {
  const ofKinds = kindsInOrder.flatMap((kind): [string, number][] => [
    [`${kind}.count`, count[kind]],
    [`${kind}.bytes`, bytes[kind]],
  ]);
  return [['seq', seq], ['dropped', dropped], ...ofKinds];
}

/** A row of the table `loss`, which only this file writes. */
function tallyOf({ kind, reason, count, ranges, first, last }: Record<string, SQLOutputValue>): LossTally {
  return {
    kind: kind as DurableKind,
    reason: reason as LossReason,
    count: Number(count),
    ranges: JSON.parse(String(ranges)) as [number, number][],
    firstMs: Number(first),
    lastMs: Number(last),
  };
}
