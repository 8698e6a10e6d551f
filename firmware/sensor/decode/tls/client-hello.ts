/**
 * Turns the body of a ClientHello handshake message (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2) into a fresh object that holds what
 * names and fingerprints need. It does not join records (`tls-stream.ts`), decrypt anything or compute a fingerprint.
 */

import { Reader } from '../../bytes/reader.ts';
import type { Anomaly } from '../anomaly.ts';
import { isGrease } from './grease.ts';
import { readPrintable } from './printable.ts';
import { highestVersion } from './version.ts';

export interface ClientHello {
  /** The version field of the message; 0x0303 also in TLS 1.3. */
  legacyVersion: number;
  /** What the client asks for: the highest of `versions`, else `legacyVersion`. For people: `versionName`. */
  version: number;
  /** supported_versions in order, GREASE included, as in every list here. */
  versions: number[];
  ciphers: number[];
  /** Types in order of appearance. */
  extensions: number[];
  groups: number[];
  pointFormats: number[];
  signatureAlgorithms: number[];
  /** Bytes outside printable ASCII as `\DDD`. */
  alpn: string[];
  /** First and last byte of the first protocol name that is not GREASE, for JA4; -1 where there is none or it is empty. */
  alpnFirstByte: number;
  alpnLastByte: number;
  /** Lower case, without final dot, bytes outside printable ASCII as `\DDD`. Absent where the client names nobody. */
  sni?: string;
  /** True for a hello in the framing of SSL 2.0, whose cipher specs are neither in `ciphers` nor in a fingerprint. */
  ssl2: boolean;
  /** The hello is cut or malformed: what was read before stands, but fingerprints of it mean nothing. */
  anomaly?: Anomaly;
}

/** RFC 8446 §4.2: extension types that are read here. */
export const EXTENSION_SERVER_NAME = 0;
const EXTENSION_SUPPORTED_GROUPS = 10;
const EXTENSION_POINT_FORMATS = 11;
const EXTENSION_SIGNATURE_ALGORITHMS = 13;
export const EXTENSION_ALPN = 16;
export const EXTENSION_SUPPORTED_VERSIONS = 43;

const RANDOM_BYTES = 32;
/** RFC 8446 §4.1.2: legacy_session_id<0..32>. */
const SESSION_ID_BYTES_MAX = 32;
/** RFC 6066 §3: host_name. */
const NAME_TYPE_HOST = 0;

// Several times what the most talkative scanner sends; a real client stays below 100 of each.
const listEntriesMax = 1024;
const extensionsMax = 256;
const protocolNamesMax = 32;
/** A DNS name has at most 253 characters; longer ones are seen from test tools only. */
const hostNameBytesMax = 1024;

/** An empty hello, for decoders of its different framings. */
export function emptyClientHello(legacyVersion: number, ssl2: boolean): ClientHello {
  return {
    legacyVersion,
    version: legacyVersion,
    versions: [],
    ciphers: [],
    extensions: [],
    groups: [],
    pointFormats: [],
    signatureAlgorithms: [],
    alpn: [],
    alpnFirstByte: -1,
    alpnLastByte: -1,
    ssl2,
  };
}

/**
 * `reader` stands behind the four bytes of the handshake header and ends with the message. Always gives a hello; one that is cut
 * or malformed carries `anomaly` `tls.bad-hello`, one that exceeds our limits `tls.too-large`, and what was read before it.
 */
export function decodeClientHello(reader: Reader): ClientHello {
  const hello = emptyClientHello(reader.u16(), false);
  reader.skip(RANDOM_BYTES);
  const sessionIdBytes = reader.u8();
  if (sessionIdBytes > SESSION_ID_BYTES_MAX) hello.anomaly = 'tls.bad-hello';
  reader.skip(sessionIdBytes);
  readNumbers16(reader, reader.u16(), hello.ciphers, hello);
  reader.skip(reader.u8());
  if (reader.failed) hello.anomaly = 'tls.bad-hello';
  // RFC 5246 §7.4.1.2: before TLS 1.3 the extensions may be missing altogether.
  else if (reader.remaining > 0) readExtensions(reader, hello);
  hello.version = highestVersion(hello.versions, hello.legacyVersion);
  return hello;
}

function readExtensions(reader: Reader, hello: ClientHello): void {
  const length = reader.u16();
  if (length !== reader.remaining) hello.anomaly = 'tls.bad-hello';
  const end = Math.min(reader.end, reader.position + length);
  const body = new Reader(reader.bytes, end, end);
  while (reader.position < end) {
    if (hello.extensions.length >= extensionsMax) {
      hello.anomaly = 'tls.too-large';
      return;
    }
    const type = reader.u16();
    const bodyBytes = reader.u16();
    if (reader.failed) break;
    hello.extensions.push(type);
    body.reset(reader.bytes, reader.position, Math.min(end, reader.position + bodyBytes));
    reader.skip(bodyBytes);
    readExtension(type, body, hello);
    if (body.failed) hello.anomaly = 'tls.bad-hello';
  }
  if (reader.failed) hello.anomaly = 'tls.bad-hello';
}

function readExtension(type: number, body: Reader, hello: ClientHello): void {
  switch (type) {
    case EXTENSION_SERVER_NAME:
      readServerName(body, hello);
      break;
    case EXTENSION_SUPPORTED_GROUPS:
      if (body.remaining > 0) readNumbers16(body, body.u16(), hello.groups, hello);
      break;
    case EXTENSION_POINT_FORMATS:
      if (body.remaining > 0) readNumbers8(body, body.u8(), hello.pointFormats, hello);
      break;
    case EXTENSION_SIGNATURE_ALGORITHMS:
      if (body.remaining > 0) readNumbers16(body, body.u16(), hello.signatureAlgorithms, hello);
      break;
    case EXTENSION_ALPN:
      if (body.remaining > 0) readProtocolNames(body, hello);
      break;
    case EXTENSION_SUPPORTED_VERSIONS:
      if (body.remaining > 0) readNumbers16(body, body.u8(), hello.versions, hello);
      break;
  }
}

function readNumbers16(reader: Reader, lengthBytes: number, into: number[], hello: ClientHello): void {
  let left = lengthBytes;
  while (left >= 2) {
    if (into.length >= listEntriesMax) {
      hello.anomaly = 'tls.too-large';
      break;
    }
    const value = reader.u16();
    if (reader.failed) return;
    into.push(value);
    left -= 2;
  }
  if (left > 0) {
    hello.anomaly ??= 'tls.bad-hello';
    reader.skip(left);
  }
}

function readNumbers8(reader: Reader, lengthBytes: number, into: number[], hello: ClientHello): void {
  for (let left = lengthBytes; left > 0; left--) {
    const value = reader.u8();
    if (reader.failed) return;
    if (into.length >= listEntriesMax) {
      hello.anomaly = 'tls.too-large';
      return;
    }
    into.push(value);
  }
}

/** RFC 6066 §3. A list may hold names of other types, of which none was ever defined. */
function readServerName(body: Reader, hello: ClientHello): void {
  if (body.remaining === 0) return;
  body.u16();
  for (let entry = 0; entry < protocolNamesMax && body.remaining > 0 && hello.sni === undefined; entry++) {
    const type = body.u8();
    const length = body.u16();
    if (type !== NAME_TYPE_HOST || length > hostNameBytesMax || length > body.remaining) {
      hello.anomaly = 'tls.bad-hello';
      body.skip(length);
      continue;
    }
    const name = readPrintable(body, length).toLowerCase();
    const bare = name.endsWith('.') ? name.slice(0, -1) : name;
    if (bare !== '') hello.sni = bare;
  }
}

/** RFC 7301 §3.1. */
function readProtocolNames(body: Reader, hello: ClientHello): void {
  let firstIsKnown = false;
  body.u16();
  for (let entry = 0; body.remaining > 0; entry++) {
    if (entry >= protocolNamesMax) {
      hello.anomaly = 'tls.too-large';
      return;
    }
    const length = body.u8();
    if (length > body.remaining) {
      hello.anomaly = 'tls.bad-hello';
      return;
    }
    // RFC 8701 §2: among protocol names, GREASE has two bytes.
    if (!firstIsKnown && !(length === 2 && isGrease(body.peek16()))) {
      firstIsKnown = true;
      if (length > 0) {
        hello.alpnFirstByte = body.peek();
        hello.alpnLastByte = body.peek(length - 1);
      }
    }
    const name = readPrintable(body, length);
    if (name !== '') hello.alpn.push(name);
  }
}
