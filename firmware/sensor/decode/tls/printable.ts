/** Turns bytes of a name on the wire into text that is safe to print: printable ASCII as it is, any other byte as `\DDD`. */

import type { Reader } from '../../bytes/reader.ts';

const SPACE = 0x20;
const TILDE = 0x7e;

/** Reads `length` bytes. What lies past the end of `reader` is left out, and the reader is failed. */
export function readPrintable(reader: Reader, length: number): string {
  let text = '';
  for (let index = 0; index < length; index++) {
    const byte = reader.u8();
    if (reader.failed) break;
    text += byte >= SPACE && byte <= TILDE ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`;
  }
  return text;
}
