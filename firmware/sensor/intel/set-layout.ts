/**
 * The compiled form of a set, as a file and in memory: a header, then sections that are typed arrays as they lie. Loading is one read
 * and one hash; nothing is parsed or copied. Little-endian, as both processors the product runs on.
 *
 *   0  magic, 8 bytes      8  version      12  number of sections      16  SHA-256 of everything from byte 48 on
 *  48  length in bytes    52  seed A       56  seed B                  60  slots       64  offset and length of each section
 *
 * Every section begins at a multiple of 8. All numbers are 32 bits.
 */
import { createHash } from 'node:crypto';
import { endianness } from 'node:os';
import { IntelError } from './intel-error.ts';
import { distanceMax, slotWords } from './key-table.ts';
import { recordWords } from './record-layout.ts';

export const formatVersion = 1;
const magic = Buffer.from('VGINTEL\x1a', 'latin1');
const hashOffset = 16;
const hashLength = 32;
/** The hash covers the bytes from here on. */
export const hashedFrom = hashOffset + hashLength;
const seedOffset = 52;
const tableOffset = 64;
/** Far above any list that a box could hold; keeps a damaged length from asking for all memory. */
export const setBytesMax = 1 << 30;

export const sectionNames = [
  'counts',
  'table',
  'gate',
  'starts4',
  'records4',
  'parents4',
  'lengths4',
  'index4',
  'starts6',
  'records6',
  'parents6',
  'lengths6',
  'records',
  'stringOffsets',
  'stringBytes',
] as const;
export type SectionName = (typeof sectionNames)[number];

const octetSections: ReadonlySet<SectionName> = new Set<SectionName>(['lengths4', 'lengths6', 'stringBytes']);

export const headerBytes = tableOffset + sectionNames.length * 8;

export interface SetSections {
  seedA: number;
  seedB: number;
  slots: number;
  /** Indicators by type, then allowances by type. */
  counts: Uint32Array;
  table: Int32Array;
  gate: Int32Array;
  starts4: Int32Array;
  records4: Int32Array;
  parents4: Int32Array;
  lengths4: Uint8Array;
  index4: Uint32Array;
  starts6: Int32Array;
  records6: Int32Array;
  parents6: Int32Array;
  lengths6: Uint8Array;
  records: Int32Array;
  stringOffsets: Uint32Array;
  stringBytes: Uint8Array;
}

function roundUp8(length: number): number {
  return (length + 7) & ~7;
}

/** True when the bytes begin as a compiled set does. */
export function hasSetMagic(bytes: Uint8Array): boolean {
  return bytes.length >= magic.length && magic.equals(bytes.subarray(0, magic.length));
}

export function packSet(sections: SetSections): Uint8Array {
  requireLittleEndian();
  let length = roundUp8(headerBytes);
  for (const name of sectionNames) length += roundUp8(sections[name].byteLength);
  if (length > setBytesMax) throw new IntelError(`the compiled set would be ${length} bytes; at most ${setBytesMax} are supported`);
  const bytes = new Uint8Array(length);
  const header = new DataView(bytes.buffer);
  bytes.set(magic, 0);
  for (const [offset, value] of [
    [8, formatVersion],
    [12, sectionNames.length],
    [48, length],
    [52, sections.seedA],
    [56, sections.seedB],
    [60, sections.slots],
  ] as const) {
    header.setUint32(offset, value, true);
  }
  let offset = roundUp8(headerBytes);
  for (const [index, name] of sectionNames.entries()) {
    const section = sections[name];
    bytes.set(new Uint8Array(section.buffer, section.byteOffset, section.byteLength), offset);
    header.setUint32(tableOffset + 8 * index, offset, true);
    header.setUint32(tableOffset + 8 * index + 4, section.byteLength, true);
    offset += roundUp8(section.byteLength);
  }
  bytes.set(createHash('sha256').update(bytes.subarray(hashedFrom)).digest(), hashOffset);
  return bytes;
}

/** The SHA-256 that the header claims, in hex. */
export function claimedHash(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(hashOffset, hashOffset + hashLength)).toString('hex');
}

/** Whether a key of one set would be the same in the other. Both are whole. */
export function hasSameSeed(one: Uint8Array, other: Uint8Array): boolean {
  const seed = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset + seedOffset, 8);
  return seed(one).equals(seed(other));
}

/**
 * Views of the sections in `bytes`, which must begin at a multiple of 8 of its buffer. `hash` is the SHA-256 of the bytes from
 * `hashedFrom` on. Throws an `IntelError` that names `path` when the set is cut short, altered or of another version.
 */
export function unpackSet(bytes: Uint8Array, hash: string, path: string): SetSections {
  requireLittleEndian();
  const length = checkHeader(bytes, path);
  if (bytes.length !== length) {
    const how = bytes.length < length ? 'is cut short' : 'has bytes after its end';
    throw new IntelError(`${path}: ${how}: ${bytes.length} bytes where the header says ${length}`);
  }
  if (claimedHash(bytes) !== hash)
    throw new IntelError(`${path}: was altered: its content does not have the SHA-256 that its header names`);
  const header = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  const sections: SetSections = {
    seedA: header.getInt32(52, true),
    seedB: header.getInt32(56, true),
    slots: header.getUint32(60, true),
    ...readSections(bytes, header, path),
  };
  const fault = faultOf(sections);
  if (fault !== undefined) throw new IntelError(`${path}: is not a well-formed set: ${fault}`);
  return sections;
}

/** Checks what can be said from the first bytes; gives the length in bytes that the set should have. */
export function checkHeader(bytes: Uint8Array, path: string): number {
  if (!hasSetMagic(bytes)) throw new IntelError(`${path}: is not a compiled intelligence set (build one with "vonggac intel build")`);
  if (bytes.length < headerBytes) throw new IntelError(`${path}: is cut short: ${bytes.length} bytes do not even hold the header`);
  const header = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  const version = header.getUint32(8, true);
  if (version !== formatVersion)
    throw new IntelError(`${path}: has format version ${version}; this program reads version ${formatVersion}`);
  if (header.getUint32(12, true) !== sectionNames.length) throw new IntelError(`${path}: is not a well-formed set: number of sections`);
  return header.getUint32(48, true);
}

/** Where a section lies in a set of `lengthBytes`, by its header. Throws an `IntelError` when it cannot lie there. */
export function placeOfSection(header: DataView, name: SectionName, lengthBytes: number, path: string): { offset: number; length: number } {
  const index = sectionNames.indexOf(name);
  const offset = header.getUint32(tableOffset + 8 * index, true);
  const length = header.getUint32(tableOffset + 8 * index + 4, true);
  const unit = octetSections.has(name) ? 1 : 4;
  if (offset % 8 !== 0 || offset < headerBytes || length % unit !== 0 || offset + length > lengthBytes) {
    throw new IntelError(`${path}: is not a well-formed set: section ${name}`);
  }
  return { offset, length };
}

function readSections(bytes: Uint8Array, header: DataView, path: string): Omit<SetSections, 'seedA' | 'seedB' | 'slots'> {
  const place = (name: SectionName, unit: number) => {
    const { offset, length } = placeOfSection(header, name, bytes.length, path);
    return [bytes.buffer, bytes.byteOffset + offset, length / unit] as const;
  };
  const signed = (name: SectionName) => new Int32Array(...place(name, 4));
  const unsigned = (name: SectionName) => new Uint32Array(...place(name, 4));
  const octets = (name: SectionName) => new Uint8Array(...place(name, 1));
  return {
    counts: unsigned('counts'),
    table: signed('table'),
    gate: signed('gate'),
    starts4: signed('starts4'),
    records4: signed('records4'),
    parents4: signed('parents4'),
    lengths4: octets('lengths4'),
    index4: unsigned('index4'),
    starts6: signed('starts6'),
    records6: signed('records6'),
    parents6: signed('parents6'),
    lengths6: octets('lengths6'),
    records: signed('records'),
    stringOffsets: unsigned('stringOffsets'),
    stringBytes: octets('stringBytes'),
  };
}

/** Lengths that must fit together, so that a lookup never runs past an array. The hash vouches for the rest. */
function faultOf(s: SetSections): string | undefined {
  const count4 = s.records4.length;
  const count6 = s.records6.length;
  if (s.table.length !== (s.slots === 0 ? 0 : (s.slots + distanceMax) * slotWords)) return 'size of the table';
  if (s.starts4.length !== count4 || s.parents4.length !== count4 || s.lengths4.length !== count4) return 'IPv4 columns';
  if (s.index4.length !== (count4 === 0 ? 0 : 65537) || (count4 > 0 && s.index4[65536] !== count4)) return 'IPv4 index';
  if (s.starts6.length !== 4 * count6 || s.parents6.length !== count6 || s.lengths6.length !== count6) return 'IPv6 columns';
  if (s.records.length % recordWords !== 0 || s.records.length === 0) return 'records';
  if (s.stringOffsets.length < 2 || s.stringOffsets.at(-1) !== s.stringBytes.length) return 'strings';
  return undefined;
}

function requireLittleEndian(): void {
  if (endianness() !== 'LE') throw new IntelError('compiled intelligence sets need a little-endian processor');
}
