/**
 * Turns the body of a ServerHello or HelloRetryRequest (RFC 8446 §4.1.3, RFC 5246 §7.4.1.3, and the short form of the early TLS 1.3
 * drafts) into a fresh object. It does not join records and computes no fingerprint.
 */

import type { Reader } from '../../bytes/reader.ts';
import type { Anomaly } from '../anomaly.ts';
import { EXTENSION_ALPN, EXTENSION_SUPPORTED_VERSIONS } from './client-hello.ts';
import { readPrintable } from './printable.ts';
import { LAST_DRAFT_WITH_SHORT_SERVER_HELLO, TLS_1_3, TLS_1_3_DRAFT_MAJOR } from './version.ts';

export interface ServerHello {
  /** The version field of the message; 0x0303 also in TLS 1.3. This one is in JA3S. */
  legacyVersion: number;
  /** The version that the two will speak: supported_versions where present, else `legacyVersion`. For people: `versionName`. */
  version: number;
  cipher: number;
  /** Types in order of appearance. */
  extensions: number[];
  /** The protocol that the server picked; up to TLS 1.2 only, it is encrypted later. */
  alpn?: string;
  /** RFC 8446 §4.1.4: asks for another ClientHello; the real ServerHello follows that one. */
  helloRetryRequest: boolean;
  anomaly?: Anomaly;
}

/** RFC 8446 §4.1.3: the random of a HelloRetryRequest is the SHA-256 of its name; these are its first and last four bytes. */
const RETRY_RANDOM_HEAD = 0xcf21ad74;
const RETRY_RANDOM_TAIL = 0xc8a8339c;
const RANDOM_MIDDLE_BYTES = 24;
const SESSION_ID_BYTES_MAX = 32;
/** A server answers only what the client offered; no real answer has a tenth of this. */
const extensionsMax = 256;

/** `reader` stands behind the four bytes of the handshake header and ends with the message. */
export function decodeServerHello(reader: Reader): ServerHello {
  const legacyVersion = reader.u16();
  const head = reader.u32();
  reader.skip(RANDOM_MIDDLE_BYTES);
  const helloRetryRequest = head === RETRY_RANDOM_HEAD && reader.u32() === RETRY_RANDOM_TAIL;
  if (!helloRetryRequest && head !== RETRY_RANDOM_HEAD) reader.skip(4);
  const hello: ServerHello = { legacyVersion, version: legacyVersion, cipher: 0, extensions: [], helloRetryRequest };
  if (isShortForm(legacyVersion)) hello.cipher = reader.u16();
  else {
    const sessionIdBytes = reader.u8();
    if (sessionIdBytes > SESSION_ID_BYTES_MAX) hello.anomaly = 'tls.bad-hello';
    reader.skip(sessionIdBytes);
    hello.cipher = reader.u16();
    reader.skip(1);
  }
  if (reader.failed) hello.anomaly = 'tls.bad-hello';
  else if (reader.remaining > 0) readExtensions(reader, hello);
  return hello;
}

/** After this hello everything is encrypted, the certificates too. */
export function isTls13(hello: ServerHello): boolean {
  return hello.version === TLS_1_3 || hello.version >>> 8 === TLS_1_3_DRAFT_MAJOR;
}

function isShortForm(version: number): boolean {
  return version >>> 8 === TLS_1_3_DRAFT_MAJOR && (version & 0xff) <= LAST_DRAFT_WITH_SHORT_SERVER_HELLO;
}

function readExtensions(reader: Reader, hello: ServerHello): void {
  const list = reader.window(reader.u16());
  while (list.remaining > 0) {
    if (hello.extensions.length >= extensionsMax) {
      hello.anomaly = 'tls.too-large';
      return;
    }
    const type = list.u16();
    const body = list.window(list.u16());
    if (list.failed) break;
    hello.extensions.push(type);
    if (type === EXTENSION_SUPPORTED_VERSIONS) hello.version = body.u16();
    if (type === EXTENSION_ALPN && body.remaining > 0) {
      body.u16();
      const protocol = readPrintable(body, body.u8());
      if (!body.failed && protocol !== '') hello.alpn = protocol;
    }
    if (body.failed) hello.anomaly = 'tls.bad-hello';
  }
  if (reader.failed || list.failed) hello.anomaly = 'tls.bad-hello';
}
