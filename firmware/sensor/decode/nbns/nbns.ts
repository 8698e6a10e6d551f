/**
 * One NetBIOS name service message (RFC 1002 §4.2) -> the name that a machine asks for, registers or gives up, and its address.
 * Of a node status response the names of the machine are read as well; scopes and statistics are not.
 */
import type { Reader } from '../../bytes/reader.ts';
import type { Anomaly } from '../anomaly.ts';

export type NbnsOperation = 'query' | 'registration' | 'release' | 'wait' | 'refresh' | 'status' | 'other';

export interface NbnsName {
  name: string;
  /** Sixteenth byte: 0x00 a workstation or group, 0x20 a server, 0x1c domain controllers … */
  suffix: number;
  group: boolean;
}

export interface NbnsMessage {
  id: number;
  response: boolean;
  operation: NbnsOperation;
  rcode: number;
  /** Without the blanks that pad it; characters as sent, those outside printable ASCII as `\xNN`. */
  name: string;
  suffix: number;
  /** Of a registration, refresh, release or positive answer: signed 32 bits. */
  address?: number;
  /** Of a node status response. */
  names?: NbnsName[];
  anomaly?: Anomaly;
}

/** RFC 1002 §4.2.1.1; 9 is what Windows sends for refresh, 15 its registration of several addresses. */
const operations: Readonly<Record<number, NbnsOperation>> = {
  0: 'query',
  5: 'registration',
  6: 'release',
  7: 'wait',
  8: 'refresh',
  9: 'refresh',
  15: 'registration',
};
/** RFC 1002 §4.2.1.3. */
const typeNameService = 0x20;
const typeNodeStatus = 0x21;
/** RFC 1001 §14.1: each of 16 bytes as two letters from A. */
const encodedBytes = 32;
const nameCharacters = 15;
const letterA = 0x41;
const pointerMark = 0xc0;
/** RFC 1001 §14: a scope is a domain name after the encoded label. */
const scopeLabelsMax = 127;
/** RFC 1002 §4.2.18: the count is one byte; machines have under twenty names. */
const namesMax = 64;
const groupFlag = 0x8000;

function character(byte: number): string {
  return byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** Drops the padding: blanks by RFC 1001, NULs in the `*` of a status query. */
function trimmed(characters: readonly number[]): string {
  let length = characters.length;
  while (length > 0 && (characters[length - 1] === 0x20 || characters[length - 1] === 0)) length--;
  return characters.slice(0, length).map(character).join('');
}

interface EncodedName {
  name: string;
  suffix: number;
}

/** Reads an encoded name and passes over its scope. Undefined when it is none. */
function readName(reader: Reader): EncodedName | undefined {
  if (reader.u8() !== encodedBytes || reader.remaining < encodedBytes) return undefined;
  const characters: number[] = [];
  for (let index = 0; index <= nameCharacters; index++) {
    const high = reader.u8() - letterA;
    const low = reader.u8() - letterA;
    if (high < 0 || high > 15 || low < 0 || low > 15) return undefined;
    characters.push((high << 4) | low);
  }
  const suffix = characters.pop() ?? 0;
  return skipLabels(reader) ? { name: trimmed(characters), suffix } : undefined;
}

function skipLabels(reader: Reader): boolean {
  for (let labels = 0; labels < scopeLabelsMax; labels++) {
    const size = reader.u8();
    if (size === 0) return !reader.failed;
    if (size >= pointerMark) {
      reader.skip(1);
      return !reader.failed;
    }
    reader.skip(size);
  }
  return false;
}

/** RFC 1002 §4.2.18: a count, then names of 15 bytes, suffix and flags. */
function readStatusNames(data: Reader): NbnsName[] {
  const count = Math.min(data.u8(), namesMax);
  const names: NbnsName[] = [];
  for (let index = 0; index < count; index++) {
    const characters: number[] = [];
    for (let at = 0; at < nameCharacters; at++) characters.push(data.u8());
    const suffix = data.u8();
    const flags = data.u16();
    if (data.failed) break;
    names.push({ name: trimmed(characters), suffix, group: (flags & groupFlag) !== 0 });
  }
  return names;
}

/** Reads the resource record at the reader: of an answer, or the one that a registration carries. */
function readRecord(reader: Reader, message: NbnsMessage): void {
  const type = reader.u16();
  reader.skip(6);
  const data = reader.window(reader.u16());
  if (reader.failed) message.anomaly ??= 'nbns.bad-name';
  else if (type === typeNodeStatus) {
    message.operation = 'status';
    message.names = readStatusNames(data);
  } else if (type === typeNameService) {
    data.skip(2);
    const address = data.i32();
    if (!data.failed) message.address = address;
  }
}

/** Reads the message that fills `reader`; undefined when its name is no NetBIOS name. */
export function decodeNbns(reader: Reader): NbnsMessage | undefined {
  const id = reader.u16();
  const flags = reader.u16();
  const questions = reader.u16();
  const records = reader.u16() + reader.u16() + reader.u16();
  const encoded = readName(reader);
  if (encoded === undefined || questions > 1 || questions + records === 0) return undefined;
  const response = (flags & 0x8000) !== 0;
  const operation = operations[(flags >>> 11) & 15] ?? 'other';
  const message: NbnsMessage = { id, response, operation, rcode: flags & 15, name: encoded.name, suffix: encoded.suffix };
  if (questions === 0) {
    readRecord(reader, message);
    return message;
  }
  const type = reader.u16();
  reader.skip(2);
  if (reader.failed) message.anomaly = 'nbns.bad-name';
  else if (type === typeNodeStatus) message.operation = 'status';
  // RFC 1002 §4.2.2: the record after the question is for the same name, which it points to.
  if (records > 0 && !reader.failed && skipLabels(reader)) readRecord(reader, message);
  return message;
}
