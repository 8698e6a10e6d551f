/**
 * Turns a ClientHello in the framing of SSL 2.0 (RFC 5246 appendix E.2), which old clients send to offer SSL 3.0 or TLS, into the
 * same object as a modern one. Its cipher specs have three bytes and no extensions follow, so there is nothing to fingerprint.
 */

import type { Reader } from '../../bytes/reader.ts';
import { type ClientHello, emptyClientHello } from './client-hello.ts';

export const SSL2_HEADER_BYTES = 2;
/** The top bit of the record's length says: two-byte header, no padding. */
export const SSL2_LENGTH_FLAG = 0x80;
export const SSL2_CLIENT_HELLO = 1;
/** Message type, version, and the three lengths. */
export const SSL2_FIXED_BYTES = 9;

/** `reader` stands behind the two bytes of the record header and ends with the record. */
export function decodeSsl2ClientHello(reader: Reader): ClientHello {
  const type = reader.u8();
  const hello = emptyClientHello(reader.u16(), true);
  const cipherSpecBytes = reader.u16();
  const sessionIdBytes = reader.u16();
  const challengeBytes = reader.u16();
  reader.skip(cipherSpecBytes + sessionIdBytes + challengeBytes);
  if (reader.failed || type !== SSL2_CLIENT_HELLO) hello.anomaly = 'tls.bad-hello';
  return hello;
}
