/** The internet checksum (RFC 1071), in parts, so that the sum of a payload that is sent often is counted once. */

/** Big-endian 16-bit words of `bytes[start..end)` added up; an odd last byte counts as a high byte. Not folded. */
export function sumOf(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0;
  let at = start;
  for (; at + 1 < end; at += 2) sum += (bytes[at]! << 8) | bytes[at + 1]!;
  return at < end ? sum + (bytes[at]! << 8) : sum;
}

export function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return folded;
}

/** The sum of a part that starts at an odd offset (RFC 1071 §2(B): byte order independence). */
export function swapped(sum: number): number {
  const folded = fold(sum);
  return ((folded & 0xff) << 8) | (folded >>> 8);
}

/** Bytes that are sent over and over in slices, with the sum of any even-aligned slice in constant time. */
export class Payload {
  readonly bytes: Buffer;
  private readonly sums: Uint32Array;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.sums = new Uint32Array((bytes.length >> 1) + 1);
    for (let word = 0; word < this.sums.length - 1; word++) {
      this.sums[word + 1] = this.sums[word]! + ((bytes[word * 2]! << 8) | bytes[word * 2 + 1]!);
    }
  }

  /** `start` must be even. */
  sum(start: number, end: number): number {
    const words = this.sums[end >> 1]! - this.sums[start >> 1]!;
    return end & 1 ? words + (this.bytes[end - 1]! << 8) : words;
  }
}
