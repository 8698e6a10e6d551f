/**
 * Bytes of a start line or header value -> text: printable ASCII as it is, a tab as a blank, every other byte as `\xNN`.
 * No character set is guessed, so that nothing is lost and nothing strange reaches a screen.
 */
import { noBytes, Reader } from '../../bytes/reader.ts';

/** Longest text made of one value, in bytes of input: as long as a whole head may be. */
export const valueBytesMax = 16_384;

const hex = '0123456789abcdef';
const scratch = Buffer.alloc(valueBytesMax * 4);
const reader = new Reader(noBytes);

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === 0x0a;
}

/** The bytes from `start` to `end` without the blanks around them; `''` when there are none. */
export function httpText(bytes: Uint8Array, start: number, end: number): string {
  reader.reset(bytes, start, Math.min(end, start + valueBytesMax));
  while (isBlank(reader.peek())) reader.skip(1);
  let left = reader.remaining;
  while (left > 0 && isBlank(reader.peek(left - 1))) left--;
  let length = 0;
  for (; left > 0; left--) {
    const byte = reader.u8();
    if (byte >= 0x20 && byte <= 0x7e) scratch[length++] = byte;
    else if (byte === 0x09) scratch[length++] = 0x20;
    else {
      scratch[length++] = 0x5c;
      scratch[length++] = 0x78;
      scratch[length++] = hex.charCodeAt(byte >>> 4);
      scratch[length++] = hex.charCodeAt(byte & 15);
    }
  }
  return length === 0 ? '' : scratch.toString('latin1', 0, length);
}
