/** Turns bytes of a name on the wire into text that is safe to print: printable ASCII as it is, any other byte as `\DDD`. */

import type { Reader } from '../../bytes/reader.ts';

const SPACE = 0x20;
const TILDE = 0x7e;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
/** Longer names are read in pieces of it. */
const PIECE_BYTES = 1024;
const scratch = Buffer.alloc(PIECE_BYTES * 4);
/** Each printable byte as itself, 0 for the others. */
const printable = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= SPACE && byte <= TILDE ? byte : 0));

/** Reads `length` bytes. What lies past the end of `reader` is left out, and the reader is failed. */
export function readPrintable(reader: Reader, length: number): string {
  const whole = Math.min(length, reader.remaining);
  let text = '';
  for (let left = whole; left > 0; left -= PIECE_BYTES) text += readPiece(reader, Math.min(left, PIECE_BYTES));
  if (whole < length) reader.skip(length);
  return text;
}

/** `length` bytes, which are there. */
function readPiece(reader: Reader, length: number): string {
  let at = 0;
  // Ends: every turn takes a byte that is printable, or one that is not.
  for (let left = length; left > 0; ) {
    const plain = reader.translate(left, printable, scratch, at);
    at += plain;
    left -= plain;
    if (left === 0) break;
    const byte = reader.u8();
    scratch[at++] = BACKSLASH;
    scratch[at++] = ZERO + Math.floor(byte / 100);
    scratch[at++] = ZERO + (Math.floor(byte / 10) % 10);
    scratch[at++] = ZERO + (byte % 10);
    left--;
  }
  return scratch.toString('latin1', 0, at);
}
