/** The values of a batch, each once, without making a text or an object of any: a value is known by the first row that has it. */
import { randomInt } from 'node:crypto';
import {
  hostMask,
  kindCount,
  kindIPv4,
  kindMask,
  kindShift,
  lengthShift,
  portShift,
  rowAt,
  rowShift,
  type SightingBatch,
} from './sighting.ts';

const multiplier = 0x9e3779b1;

export function kindOf({ records }: SightingBatch, row: number): number {
  return (records[(row << rowShift) + rowAt.what]! >>> kindShift) & kindMask;
}

export function portOf({ records }: SightingBatch, row: number): number {
  return records[(row << rowShift) + rowAt.host]! >>> portShift;
}

export function hostOf({ records }: SightingBatch, row: number): number {
  return records[(row << rowShift) + rowAt.host]! & hostMask;
}

/** Where the bytes of a row's value begin and end. */
function startOf({ records }: SightingBatch, row: number): number {
  return records[(row << rowShift) + rowAt.value]!;
}

function lengthOf({ records }: SightingBatch, row: number): number {
  return records[(row << rowShift) + rowAt.what]! >>> lengthShift;
}

export function textOf(batch: SightingBatch, row: number): Uint8Array {
  const start = startOf(batch, row);
  return batch.text.subarray(start, start + lengthOf(batch, row));
}

/** Rows by kind; `first`: only those that are the first with their value. */
export function rowsByKind(batch: SightingBatch, first: Int32Array | undefined): Int32Array[] {
  const counts = new Int32Array(kindCount);
  const isTaken = (row: number) => first === undefined || first[row] === row;
  for (let row = 0; row < batch.rows; row++) if (isTaken(row)) counts[kindOf(batch, row)]!++;
  const byKind = Array.from(counts, (count) => new Int32Array(count));
  counts.fill(0);
  for (let row = 0; row < batch.rows; row++) {
    if (!isTaken(row)) continue;
    const kind = kindOf(batch, row);
    byKind[kind]![counts[kind]!++] = row;
  }
  return byKind;
}

/** For each row the first one with the same value. */
export function firstRows(batch: SightingBatch): Int32Array {
  const { rows } = batch;
  const seed = randomInt(2 ** 32) | 0;
  const first = new Int32Array(rows);
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(1, rows) * 2)));
  const mask = slots.length - 1;
  for (let row = 0; row < rows; row++) {
    const hash = hashOf(batch, row, seed);
    let slot = (hash ^ (hash >>> 15)) & mask;
    // Ends: half of the slots are empty.
    while (slots[slot] !== 0 && !isSame(batch, slots[slot]! - 1, row)) slot = (slot + 1) & mask;
    if (slots[slot] === 0) slots[slot] = row + 1;
    first[row] = slots[slot]! - 1;
  }
  return first;
}

function hashOf(batch: SightingBatch, row: number, seed: number): number {
  const kind = kindOf(batch, row);
  const start = startOf(batch, row);
  let hash = mixed(seed ^ kind, portOf(batch, row));
  if (kind === kindIPv4) return mixed(hash, start);
  const end = start + lengthOf(batch, row);
  for (let at = start; at < end; at++) hash = mixed(hash, batch.text[at]!);
  return hash;
}

function mixed(hash: number, value: number): number {
  const product = Math.imul(hash ^ value, multiplier);
  return (product << 13) | (product >>> 19);
}

function isSame(batch: SightingBatch, one: number, other: number): boolean {
  const kind = kindOf(batch, one);
  if (kind !== kindOf(batch, other) || portOf(batch, one) !== portOf(batch, other)) return false;
  return compareValues(batch, kind, one, other) === 0;
}

/** For sorting, so that neighbours are alike: names by their right end, which they share. */
export function compareValues(batch: SightingBatch, kind: number, one: number, other: number): number {
  const startA = startOf(batch, one);
  const startB = startOf(batch, other);
  if (kind === kindIPv4) return (startA >>> 0) - (startB >>> 0) || portOf(batch, one) - portOf(batch, other);
  const { text } = batch;
  const lengthA = lengthOf(batch, one);
  const lengthB = lengthOf(batch, other);
  const length = Math.min(lengthA, lengthB);
  for (let back = 1; back <= length; back++) {
    const difference = text[startA + lengthA - back]! - text[startB + lengthB - back]!;
    if (difference !== 0) return difference;
  }
  return lengthA - lengthB || portOf(batch, one) - portOf(batch, other);
}
