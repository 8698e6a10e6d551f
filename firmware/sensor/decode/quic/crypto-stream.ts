/** Joins the pieces of one CRYPTO stream (RFC 9000 §19.6), which come in any order, overlap and repeat, under a cap. The first copy of a byte wins. */

import { Reader } from '../../bytes/reader.ts';

/** Hellos have up to about 4 KiB; the datagrams that are looked at cannot carry more than this. */
export const cryptoBytesMax = 32_768;
/** Browsers cut a hello into some tens of pieces on purpose. */
const gapsMax = 64;
const firstCapacityBytes = 4096;
const none = new Uint8Array(0);

export class CryptoStream {
  private bytes: Uint8Array = none;
  /** Sorted, disjoint, not touching: start, end, start, end … */
  private ranges: number[] = [];

  /** Copies the piece. False where it lies beyond the cap or makes more gaps than we keep; it is then left out. */
  add(offset: number, piece: Reader): boolean {
    const end = offset + piece.remaining;
    if (end > cryptoBytesMax) return false;
    if (piece.remaining === 0) return true;
    this.reserve(end);
    return this.fill(offset, end, piece);
  }

  /** Bytes from the start of the stream up to the first gap; valid until the next `add`. */
  prefix(): Reader {
    const whole = this.ranges.length > 0 && this.ranges[0] === 0;
    return new Reader(this.bytes, 0, whole ? this.ranges[1]! : 0);
  }

  clear(): void {
    this.bytes = none;
    this.ranges = [];
  }

  /** Writes the parts of `[start, end)` that are not here yet, and merges the ranges that it meets. */
  private fill(start: number, end: number, piece: Reader): boolean {
    const merged: number[] = [];
    let from = start;
    let to = end;
    let at = start;
    for (let index = 0; index < this.ranges.length; index += 2) {
      const rangeStart = this.ranges[index]!;
      const rangeEnd = this.ranges[index + 1]!;
      if (rangeEnd < start || rangeStart > end) {
        merged.push(rangeStart, rangeEnd);
        continue;
      }
      if (rangeStart > at) at = this.copy(at, rangeStart, piece);
      if (rangeEnd > at) {
        const known = Math.min(rangeEnd, end);
        piece.skip(known - at);
        at = known;
      }
      from = Math.min(from, rangeStart);
      to = Math.max(to, rangeEnd);
    }
    if (end > at) this.copy(at, end, piece);
    insertSorted(merged, from, to);
    if (merged.length > 2 * gapsMax) return false;
    this.ranges = merged;
    return true;
  }

  private copy(start: number, end: number, piece: Reader): number {
    this.bytes.set(piece.view(end - start), start);
    return end;
  }

  private reserve(length: number): void {
    if (length <= this.bytes.length) return;
    const grown = new Uint8Array(Math.min(cryptoBytesMax, Math.max(length, 2 * this.bytes.length, firstCapacityBytes)));
    grown.set(this.bytes);
    this.bytes = grown;
  }
}

function insertSorted(ranges: number[], start: number, end: number): void {
  let index = 0;
  while (index < ranges.length && ranges[index]! < start) index += 2;
  ranges.splice(index, 0, start, end);
}
