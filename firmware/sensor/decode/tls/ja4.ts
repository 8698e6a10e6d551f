/**
 * Turns a ClientHello into its JA4 fingerprint, by FoxIO's text "JA4: TLS Client Fingerprinting" (technical_details/JA4.md), client
 * form only. The other members of that family stand under another licence and are absent on purpose.
 */

import { hash } from 'node:crypto';
import { type ClientHello, EXTENSION_ALPN, EXTENSION_SERVER_NAME } from './client-hello.ts';
import { isGrease } from './grease.ts';

/** TLS over TCP, QUIC, DTLS. */
export type Ja4Transport = 't' | 'q' | 'd';

const HASH_CHARACTERS = 12;
/** Stands for a list without values, so that nobody takes the hash of nothing for a value. */
const EMPTY_HASH = '0'.repeat(HASH_CHARACTERS);
const COUNT_MAX = 99;
const UNKNOWN_VERSION = '00';
const NO_ALPN = '00';

const versionTexts = new Map([
  [0x0304, '13'],
  [0x0303, '12'],
  [0x0302, '11'],
  [0x0301, '10'],
  [0x0300, 's3'],
  [0x0002, 's2'],
  [0xfeff, 'd1'],
  [0xfefd, 'd2'],
  [0xfefc, 'd3'],
]);

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Such as `t13d1516h2_8daaf6152771_e5627efa2ab1`. Means nothing for a hello with an anomaly. */
export function ja4(hello: ClientHello, transport: Ja4Transport): string {
  const ciphers = withoutGrease(hello.ciphers);
  const extensions = withoutGrease(hello.extensions);
  const version = versionTexts.get(hello.version) ?? UNKNOWN_VERSION;
  const destination = extensions.includes(EXTENSION_SERVER_NAME) ? 'd' : 'i';
  const head = `${transport}${version}${destination}${count(ciphers)}${count(extensions)}${alpnEnds(hello)}`;
  return `${head}_${cipherHash(ciphers)}_${extensionHash(extensions, hello.signatureAlgorithms)}`;
}

function withoutGrease(values: readonly number[]): number[] {
  const kept: number[] = [];
  for (const value of values) if (!isGrease(value)) kept.push(value);
  return kept;
}

function count(values: readonly number[]): string {
  const shown = values.length > COUNT_MAX ? COUNT_MAX : values.length;
  return shown < 10 ? `0${shown}` : `${shown}`;
}

/** First and last character of the first protocol name; of its hex form where either of them is no letter or digit of ASCII. */
function alpnEnds(hello: ClientHello): string {
  const first = hello.alpnFirstByte;
  const last = hello.alpnLastByte;
  if (first === -1) return NO_ALPN;
  if (isAlphanumeric(first) && isAlphanumeric(last)) return String.fromCharCode(first, last);
  return (first >>> 4).toString(16) + (last & 0xf).toString(16);
}

function isAlphanumeric(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
}

function cipherHash(ciphers: number[]): string {
  return ciphers.length === 0 ? EMPTY_HASH : shortHash(hexList(sorted(ciphers)));
}

/** Server name and ALPN stand in the first part already: without them the same program gives the same hash wherever it goes. */
function extensionHash(extensions: readonly number[], signatureAlgorithms: readonly number[]): string {
  const kept: number[] = [];
  for (const type of extensions) if (type !== EXTENSION_SERVER_NAME && type !== EXTENSION_ALPN) kept.push(type);
  if (kept.length === 0) return EMPTY_HASH;
  const algorithms = hexList(withoutGrease(signatureAlgorithms));
  const list = hexList(sorted(kept));
  return shortHash(algorithms === '' ? list : `${list}_${algorithms}`);
}

function sorted(values: number[]): number[] {
  return values.sort((a, b) => a - b);
}

function hexList(values: readonly number[]): string {
  let text = '';
  for (const value of values) {
    if (text !== '') text += ',';
    text += hexOfByte[value >>> 8]! + hexOfByte[value & 0xff]!;
  }
  return text;
}

function shortHash(text: string): string {
  return hash('sha256', text).slice(0, HASH_CHARACTERS);
}
