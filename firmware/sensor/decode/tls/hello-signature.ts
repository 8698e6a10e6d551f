/**
 * Says by a few cheap comparisons whether bytes begin with a TLS hello, on whatever port. It allocates nothing and decodes
 * nothing: the first bytes of every stream pass here. A yes may still turn out to be a malformed hello.
 */

import { noBytes, Reader } from '../../bytes/reader.ts';
import { SSL2_CLIENT_HELLO, SSL2_FIXED_BYTES, SSL2_HEADER_BYTES, SSL2_LENGTH_FLAG } from './ssl2-client-hello.ts';
import { SSL_2_0, TLS_1_3_DRAFT_MAJOR } from './version.ts';

/** RFC 8446 §5.1 and §4: content type, and handshake types. */
export const CONTENT_HANDSHAKE = 22;
export const CLIENT_HELLO = 1;
export const SERVER_HELLO = 2;

export const RECORD_HEADER_BYTES = 5;
export const MESSAGE_HEADER_BYTES = 4;
/** RFC 5246 §6.2.3: a record's body may exceed 2^14 bytes by 2,048 once compressed and encrypted. */
export const RECORD_BYTES_MAX = 16_384 + 2048;
const TLS_MAJOR = 3;
const TLS_MINOR_MAX = 4;

/** Record header and handshake type: less cannot be told from other protocols. */
const prefixBytesMin = RECORD_HEADER_BYTES + 1;
/** Version, random, empty session id, one cipher suite, one compression method. */
const clientHelloBytesMin = 2 + 32 + 1 + 4 + 2;
/** The short form of the TLS 1.3 drafts: version, random, cipher suite, extensions. */
const serverHelloBytesMin = 2 + 32 + 2;
/** A hello beyond this is no hello; the largest known (post-quantum keys, encrypted inner hello) have about 4 KiB. */
const helloBytesMax = 65_536;
/** RFC 5246 appendix E.2: the challenge has 16 to 32 bytes. */
const ssl2ChallengeBytesMin = 16;
const ssl2ChallengeBytesMax = 32;
const ssl2SessionIdBytes = 16;

const scratch = new Reader(noBytes);

/** True where `bytes[start, end)` begins with a ClientHello or with six bytes or more of one; the framing of SSL 2.0 counts (11 bytes). */
export function looksLikeClientHello(bytes: Uint8Array, start: number, end: number): boolean {
  scratch.reset(bytes, start, end);
  if ((scratch.peek() & SSL2_LENGTH_FLAG) !== 0) return scratch.remaining >= prefixBytesMin && looksLikeSsl2(scratch);
  return looksLikeHello(scratch, CLIENT_HELLO, clientHelloBytesMin);
}

/** The same for a ServerHello. Other messages may follow it in its record. */
export function looksLikeServerHello(bytes: Uint8Array, start: number, end: number): boolean {
  scratch.reset(bytes, start, end);
  return looksLikeHello(scratch, SERVER_HELLO, serverHelloBytesMin);
}

function looksLikeHello(reader: Reader, type: number, bytesMin: number): boolean {
  if (reader.remaining < prefixBytesMin) return false;
  if (reader.u8() !== CONTENT_HANDSHAKE || !isRecordVersion(reader.u16())) return false;
  const recordBytes = reader.u16();
  if (recordBytes === 0 || recordBytes > RECORD_BYTES_MAX || reader.u8() !== type) return false;
  // A record may end, and the next begin, anywhere within the hello: only what stands in the first one is compared.
  if (recordBytes < MESSAGE_HEADER_BYTES || reader.remaining < MESSAGE_HEADER_BYTES - 1) return true;
  const messageBytes = reader.u24();
  if (messageBytes < bytesMin || messageBytes > helloBytesMax) return false;
  if (type === CLIENT_HELLO && messageBytes + MESSAGE_HEADER_BYTES < recordBytes) return false;
  if (recordBytes < MESSAGE_HEADER_BYTES + 2 || reader.remaining < 2) return true;
  const version = reader.u16();
  return isRecordVersion(version) || (type === SERVER_HELLO && version >>> 8 === TLS_1_3_DRAFT_MAJOR);
}

export function isRecordVersion(version: number): boolean {
  return version >>> 8 === TLS_MAJOR && (version & 0xff) <= TLS_MINOR_MAX;
}

/** The lengths of an SSL 2.0 hello must add up, which no other protocol does by chance. */
function looksLikeSsl2(reader: Reader): boolean {
  const recordBytes = reader.u16() & 0x7fff;
  const type = reader.u8();
  const version = reader.u16();
  const cipherSpecBytes = reader.u16();
  const sessionIdBytes = reader.u16();
  const challengeBytes = reader.u16();
  if (reader.failed || type !== SSL2_CLIENT_HELLO) return false;
  if (version !== SSL_2_0 && !isRecordVersion(version)) return false;
  if (cipherSpecBytes === 0 || cipherSpecBytes % 3 !== 0) return false;
  if (sessionIdBytes !== 0 && sessionIdBytes !== ssl2SessionIdBytes) return false;
  if (challengeBytes < ssl2ChallengeBytesMin || challengeBytes > ssl2ChallengeBytesMax) return false;
  return recordBytes === SSL2_FIXED_BYTES + cipherSpecBytes + sessionIdBytes + challengeBytes && recordBytes > SSL2_HEADER_BYTES;
}
