/** What tells one certificate from another, mixed into the key of a `ValueCache`, without hashing either. */
import { noBytes, Reader } from '../bytes/reader.ts';
import type { Connection } from '../observe/event.ts';
import type { ValueCache } from './value-cache.ts';

/** The end of a certificate is its signature: no two have the same by chance. */
const signatureTailBytes = 32;
const wordBytes = 4;
const tail = new Reader(noBytes);

/** Of one server: the same length and the same end is the same certificate. */
export function mixCertificate(cache: ValueCache, connection: Connection, der: Uint8Array): void {
  cache.mix(connection.serverA ^ connection.serverC);
  cache.mix(connection.serverB);
  cache.mix(connection.serverD);
  cache.mix((connection.serverPort << 16) ^ der.length);
  tail.reset(der, Math.max(0, der.length - signatureTailBytes), der.length);
  while (tail.remaining >= wordBytes) cache.mix(tail.i32());
}
