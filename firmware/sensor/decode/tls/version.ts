/** The version numbers of TLS that matter to decoding, which of several counts, and their names for people. */

import { isGrease } from './grease.ts';

export const TLS_1_3 = 0x0304;
export const SSL_2_0 = 0x0002;

/** Drafts of TLS 1.3 up to 28 announced themselves as 0x7f00 + draft (draft-ietf-tls-tls13-28 §4.2.1.1). */
export const TLS_1_3_DRAFT_MAJOR = 0x7f;
/** Before draft 22 the server wrote its version into the ServerHello itself, in the short form without session id. */
export const LAST_DRAFT_WITH_SHORT_SERVER_HELLO = 21;

const versionNames = new Map([
  [SSL_2_0, 'SSL 2.0'],
  [0x0300, 'SSL 3.0'],
  [0x0301, 'TLS 1.0'],
  [0x0302, 'TLS 1.1'],
  [0x0303, 'TLS 1.2'],
  [TLS_1_3, 'TLS 1.3'],
  [0xfeff, 'DTLS 1.0'],
  [0xfefd, 'DTLS 1.2'],
  [0xfefc, 'DTLS 1.3'],
]);

/** `TLS 1.3`, `TLS 1.3 draft 23`, and `0x1234` for what nobody has named. */
export function versionName(version: number): string {
  const known = versionNames.get(version);
  if (known !== undefined) return known;
  if (version >>> 8 === TLS_1_3_DRAFT_MAJOR) return `TLS 1.3 draft ${version & 0xff}`;
  return `0x${version.toString(16).padStart(4, '0')}`;
}

/** The highest value of supported_versions (RFC 8446 §4.2.1) that is not GREASE; `legacyVersion` where there is none. */
export function highestVersion(versions: readonly number[], legacyVersion: number): number {
  let highest = -1;
  for (const version of versions) if (version > highest && !isGrease(version)) highest = version;
  return highest === -1 ? legacyVersion : highest;
}
