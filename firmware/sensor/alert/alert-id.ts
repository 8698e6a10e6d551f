/** UUIDv7 (RFC 9562 §5.7) of an alert: the time it was opened, and in place of chance a hash of what it is about, so that a replay gives the same. */
import { createHash } from 'node:crypto';

/** `tsMicros` since 1970; `about` must tell the alert from every other one opened in the same millisecond. */
export function alertId(tsMicros: number, about: string): string {
  const bytes = createHash('sha256').update(`${tsMicros}|${about}`).digest().subarray(0, 16);
  bytes.writeUIntBE(Math.max(0, Math.min(2 ** 48 - 1, Math.floor(tsMicros / 1000))), 0, 6);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f); // version 7
  bytes[8] = 0x80 | (bytes[8]! & 0x3f); // variant 10
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
