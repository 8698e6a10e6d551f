/** Reads the variable-length integers of QUIC. */

import type { Reader } from '../../bytes/reader.ts';

/** RFC 9000 §16: the top two bits of the first byte say whether 1, 2, 4 or 8 bytes are used. Above 2^53 the value is rounded. */
export function readVarint(reader: Reader): number {
  const first = reader.peek();
  if (first < 0x40) return reader.u8();
  if (first < 0x80) return reader.u16() & 0x3fff;
  if (first < 0xc0) return reader.u32() & 0x3fffffff;
  const high = reader.u32() & 0x3fffffff;
  return high * 2 ** 32 + reader.u32();
}
