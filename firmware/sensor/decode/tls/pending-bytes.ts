/** Joins the pieces of one message under a cap. Grows with the bytes that are here, never with a length that the wire announces. */

import { Reader } from '../../bytes/reader.ts';

/** Holds most hellos without growing. */
const firstCapacityBytes = 2048;
const none = new Uint8Array(0);
/**
 * Arrays given back, for the next messages: nearly every server's certificates come in pieces, and making an array for each costs more
 * than copying them. Small ones only, and few: half a megabyte at most.
 */
const spare: Uint8Array[] = [];
const spareMax = 64;
const spareBytesMax = 8192;

export class PendingBytes {
  length = 0;
  private readonly bytesMax: number;
  private bytes: Uint8Array = none;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** Copies all that `piece` has left. False where the cap cut it. */
  append(piece: Reader): boolean {
    const length = Math.min(piece.remaining, this.bytesMax - this.length);
    const fits = length === piece.remaining;
    this.reserve(this.length + length);
    this.bytes.set(piece.view(length), this.length);
    this.length += length;
    return fits;
  }

  /** Over the bytes that are here; valid until the next `append`, `clear` or `release`. */
  reader(): Reader {
    return new Reader(this.bytes, 0, this.length);
  }

  /** Forgets the bytes and keeps the memory for the next message. */
  clear(): void {
    this.length = 0;
  }

  release(): void {
    this.length = 0;
    giveBack(this.bytes);
    this.bytes = none;
  }

  private reserve(length: number): void {
    if (length <= this.bytes.length) return;
    const capacity = Math.min(this.bytesMax, Math.max(length, 2 * this.bytes.length, firstCapacityBytes));
    const grown = capacity <= spareBytesMax ? (spare.pop() ?? new Uint8Array(spareBytesMax)) : new Uint8Array(capacity);
    grown.set(this.bytes.subarray(0, this.length));
    giveBack(this.bytes);
    this.bytes = grown;
  }
}

function giveBack(bytes: Uint8Array): void {
  if (bytes.length === spareBytesMax && spare.length < spareMax) spare.push(bytes);
}
