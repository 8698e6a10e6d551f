/** What tells one fingerprint or certificate from another, mixed into the key of a `ValueCache`, without making either. */
import { noBytes, Reader } from '../bytes/reader.ts';
import type { ClientHello } from '../decode/tls/client-hello.ts';
import { isGrease } from '../decode/tls/grease.ts';
import type { Connection } from '../observe/event.ts';
import type { ValueCache } from './value-cache.ts';

/** The end of a certificate is its signature: no two have the same by chance. */
const signatureTailBytes = 32;
const wordBytes = 4;
const tail = new Reader(noBytes);

/** All that a JA4 depends on; the order of ciphers and extensions is left out of it, and browsers shuffle them. */
export function mixHello(cache: ValueCache<Buffer>, hello: ClientHello, transport: number): void {
  const { version, ciphers, extensions, signatureAlgorithms, alpnFirstByte, alpnLastByte } = hello;
  cache.mix(transport ^ (version << 16));
  cache.mix((alpnFirstByte << 8) ^ alpnLastByte);
  cache.mix(sumOf(cache, ciphers));
  cache.mix(sumOf(cache, extensions));
  for (let index = 0; index < signatureAlgorithms.length; index++) {
    const algorithm = signatureAlgorithms[index]!;
    if (!isGrease(algorithm)) cache.mix(algorithm);
  }
}

/** Of one server: the same length and the same end is the same certificate. */
export function mixCertificate(cache: ValueCache<Buffer>, connection: Connection, der: Uint8Array): void {
  cache.mix(connection.serverA ^ connection.serverC);
  cache.mix(connection.serverB);
  cache.mix(connection.serverD);
  cache.mix((connection.serverPort << 16) ^ der.length);
  tail.reset(der, Math.max(0, der.length - signatureTailBytes), der.length);
  while (tail.remaining >= wordBytes) cache.mix(tail.i32());
}

function sumOf(cache: ValueCache<Buffer>, values: readonly number[]): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (!isGrease(value)) sum = (sum + cache.scattered(value)) | 0;
  }
  return sum;
}
