/**
 * Parts of the journal -> the sightings of an interval, summed up, and written when the interval is over, when another day begins, or when there is no
 * room for many more.
 */
import type { JournalPart } from './journal.ts';
import type { SightingBatch } from './sighting.ts';
import { SightingTable } from './sighting-table.ts';
import { SumUp } from './sum-up.ts';

/** A machine that asks for endless names gets this share of the table. */
const hostShare = 8;
const fullShare = 0.75;
/** A full table is written early, but no more often than that: a flood must not wear out the disk. */
const earliestMs = 30_000;

export class Interval {
  private readonly table: SightingTable;
  private readonly sumUp: SumUp;
  private readonly fullRows: number;
  private readonly write: (batch: SightingBatch) => void;
  private day = -1;
  /** Rows that the disk did not take. */
  lost = 0;
  private writtenMs = Number.NEGATIVE_INFINITY;

  constructor(rowsMax: number, write: (batch: SightingBatch) => void) {
    this.table = new SightingTable({ rowsMax, rowsPerHostMax: Math.ceil(rowsMax / hostShare) });
    this.sumUp = new SumUp(this.table);
    this.fullRows = Math.floor(rowsMax * fullShare);
    this.write = write;
  }

  get refused(): number {
    return this.table.refused;
  }

  /** `isOver`: the interval ends with this part. `nowMs` goes on by itself. Throws where the disk does not take it; what was not written is gone then. */
  take(part: JournalPart, isOver: boolean, nowMs: number): void {
    if (part.day !== this.day) this.end(nowMs);
    this.day = part.day;
    this.sumUp.take(part);
    if (isOver || (this.table.rows >= this.fullRows && nowMs - this.writtenMs >= earliestMs)) this.end(nowMs);
  }

  private end(nowMs: number): void {
    const { rows } = this.table;
    if (rows === 0) return;
    this.writtenMs = nowMs;
    try {
      this.write(this.table.take(this.day));
    } catch (error) {
      this.lost += rows;
      throw error;
    }
  }
}
