/**
 * Says cheaply whether bytes are a DNS message, whatever the port. Strict: a wrong yes makes false names, a wrong no loses one odd message
 * on an odd port. It does not decode.
 */
import { noBytes, Reader } from '../../bytes/reader.ts';
import { dnsType, isKnownType } from './dns-numbers.ts';

const headerBytes = 12;
/** Name of one byte, type, class. */
const questionBytesMin = 5;
/** RFC 1035 §4.1.3: name of one byte, type, class, TTL, length. */
const recordBytesMin = 11;
const labelBytesMax = 63;
const nameBytesMax = 255;
/** RFC 1035 §4.1.1, RFC 1996 §3, RFC 2136 §2: query, notify, update. The others are obsolete or stateful sessions. */
const opcodes = new Set([0, 4, 5]);
const opcodeUpdate = 5;
/** RFC 1035 §3.2.4 and RFC 2136 §2.4: IN, CH, HS, NONE, ANY. */
const classes = new Set([1, 3, 4, 254, 255]);
/** RFC 6762 §5.4: the top bit of a class is mDNS's own. */
const classMask = 0x7fff;
/** Response codes of the header (RFC 8490 §4.2 gave out the last one, 11). */
const headerCodeMax = 11;

/** Bytes of host names and of what services put before them; 1 = allowed. */
const nameBytes = new Uint8Array(256);
for (const character of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_*/') nameBytes[character.charCodeAt(0)] = 1;

/** Moves behind a name of host-name bytes. Returns its number of labels, -1 when it is none. A first name cannot be a pointer. */
function skipPlausibleName(reader: Reader): number {
  let wireBytes = 0;
  for (let labels = 0; wireBytes < nameBytesMax; labels++) {
    const size = reader.u8();
    if (size === 0) return reader.failed ? -1 : labels;
    if (size > labelBytesMax || size > reader.remaining) return -1;
    for (let left = size; left > 0; left--) if (nameBytes[reader.u8()] === 0) return -1;
    wireBytes += size + 1;
  }
  return -1;
}

/** What resolvers ask the root for: its servers, and its signatures and keys (RFC 4034). */
const rootTypes = new Set<number>([dnsType.ns, dnsType.soa, dnsType.ds, dnsType.rrsig, dnsType.dnskey]);

/** The fixed part of a query's header: nothing answered yet, at most one record of authority (IXFR, RFC 1995 §3), OPT and TSIG at the end. */
function isQueryHeader(flags: number, answers: number, authorities: number, additionals: number): boolean {
  const opcode = (flags >>> 11) & 15;
  // AA, RA and the response code belong to responses; RFC 6762 §7.2 uses TC in queries, and §7.1 known answers, but mDNS is found by port.
  if ((flags & 0x048f) !== 0) return false;
  return opcode === opcodeUpdate ? answers + authorities + additionals < 64 : answers === 0 && authorities <= 1 && additionals <= 2;
}

/** Messages with more questions than this come only from multicast, never over TCP. */
const questionsMax = 16;
const reader = new Reader(noBytes);

/**
 * `length` is that of the whole message; more than `end - start` when only its beginning is here (DNS over TCP, cut frames).
 * Takes queries, and responses with one question or with none and a first record that makes sense.
 */
export function looksLikeDns(bytes: Uint8Array, start: number, end: number, length = end - start): boolean {
  if (end - start < headerBytes + questionBytesMin) return false;
  reader.reset(bytes, start + 2, end);
  const flags = reader.u16();
  const questions = reader.u16();
  // Most of what is not DNS ends here.
  if (questions > 1 || (flags & 0x0040) !== 0 || !opcodes.has((flags >>> 11) & 15)) return false;
  const answers = reader.u16();
  const authorities = reader.u16();
  const additionals = reader.u16();
  const records = answers + authorities + additionals;
  if (length < headerBytes + questions * questionBytesMin + records * recordBytesMin) return false;
  const response = (flags & 0x8000) !== 0;
  if (response ? (flags & 15) > headerCodeMax : !isQueryHeader(flags, answers, authorities, additionals)) return false;
  if (questions === 0 && (!response || records === 0)) return false;
  const labels = skipPlausibleName(reader);
  const type = reader.u16();
  const nameClass = reader.u16() & classMask;
  if (labels < 0 || reader.failed || !isKnownType(type) || !classes.has(nameClass)) return false;
  if (labels === 0 && !rootTypes.has(type)) return false;
  if (questions === 0) {
    reader.skip(4);
    const dataBytes = reader.u16();
    return !reader.failed && reader.position - start + dataBytes <= length;
  }
  return records > 0 || reader.position - start === length;
}

/** The first twelve bytes alone, loosely: for a stream on a DNS port whose first message is not all here. False while fewer are here. */
export function isPlausibleHeader(bytes: Uint8Array, start: number, end: number): boolean {
  reader.reset(bytes, start + 2, end);
  const flags = reader.u16();
  const questions = reader.u16();
  reader.skip(6);
  return !reader.failed && (flags & 0x0040) === 0 && opcodes.has((flags >>> 11) & 15) && questions <= questionsMax;
}
