/** Tells reserved filler values from real ones. Knows nothing of where they stand. */

/** Two equal bytes, each with the low nibble 0xA: 0x0A0A, 0x1A1A … 0xFAFA (RFC 8701 §2). */
export function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >>> 8 === (value & 0xff);
}
