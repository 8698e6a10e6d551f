/**
 * A block of a day's file: sightings that were written at one time, complete in themselves.
 *
 *     header     48 bytes: magic, version, day, sequence, writings, then stored and raw length and CRC-32 of both sections, CRC-32 of the header
 *     values     value-section.ts, zstd: all that is read to ask for something that was not met
 *     rows       row-section.ts, zstd
 *
 * A file is whole blocks one behind the other. Writing appends; an end without a whole block is one that was cut off.
 */
import { constants, crc32, type ZstdOptions, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { compareValues, firstRows, rowsByKind } from './distinct-values.ts';
import { encodeRows } from './row-section.ts';
import type { SightingBatch } from './sighting.ts';
import { encodeValues } from './value-section.ts';

const magic = 0x31534756; // VGS1, little-endian
const version = 1;
const magicBytes = Buffer.from('VGS1', 'latin1');
export const headerBytes = 48;
/** The least that zlib takes. */
const chunkBytesLeast = 64;
/** A day of a hundred times the network this is made for; a length beyond it is damage. */
const sectionBytesMax = 256 * 1024 * 1024;

const fields = {
  magic: 0,
  version: 4,
  day: 8,
  sequence: 12,
  writings: 16,
  valuesStored: 20,
  valuesRaw: 24,
  valuesCrc: 28,
  rowsStored: 32,
  rowsRaw: 36,
  rowsCrc: 40,
  headerCrc: 44,
} as const;

export interface BlockHeader {
  day: number;
  /** Counts the blocks of a folder in the order of their writing, whatever the clock says. */
  sequence: number;
  /** How many intervals are in it. */
  writings: number;
  /** Header and sections. */
  bytes: number;
}

/** What is written every few minutes is written anew at the end of the day. */
function compression(isFinal: boolean): ZstdOptions {
  return { params: { [constants.ZSTD_c_compressionLevel]: isFinal ? constants.ZSTD_CLEVEL_DEFAULT : 1 } };
}

/** `isFinal`: takes longer and is smaller. */
export function encodeBlock(batch: SightingBatch, sequence: number, writings: number, isFinal: boolean): Buffer {
  const sections = encodeSections(batch, isFinal);
  const [values, rows] = sections.map((section) => zstdCompressSync(section, compression(isFinal))) as [Buffer, Buffer];
  const header = Buffer.alloc(headerBytes);
  const write = (at: number, value: number) => header.writeUInt32LE(value, at);
  write(fields.magic, magic);
  write(fields.version, version);
  write(fields.day, batch.day);
  write(fields.sequence, sequence);
  write(fields.writings, writings);
  write(fields.valuesStored, values.length);
  write(fields.valuesRaw, sections[0].length);
  write(fields.valuesCrc, crc32(values));
  write(fields.rowsStored, rows.length);
  write(fields.rowsRaw, sections[1].length);
  write(fields.rowsCrc, crc32(rows));
  write(fields.headerCrc, crc32(header.subarray(0, fields.headerCrc)));
  return Buffer.concat([header, values, rows]);
}

/** In haste a value stands once for each machine that met it: to look for its like takes longer than all the rest. */
function encodeSections(batch: SightingBatch, isFinal: boolean): [values: Buffer, rows: Buffer] {
  const { rows, peers } = batch;
  const first = isFinal ? firstRows(batch) : undefined;
  const byKind = rowsByKind(batch, first);
  if (isFinal) for (const [kind, of] of byKind.entries()) of.sort((one, other) => compareValues(batch, kind, one, other));
  const places = new Int32Array(rows);
  let count = 0;
  for (const of of byKind) for (let index = 0; index < of.length; index++) places[of[index]!] = count++;
  const value = first === undefined ? places : new Int32Array(rows);
  const peer = new Int32Array(rows);
  for (let row = 0; row < rows; row++) if (first !== undefined) value[row] = places[first[row]!]!;
  for (let row = 0; row < rows; row++) peer[row] = peers[row]! < 0 ? -1 : value[peers[row]!]!;
  return [encodeValues(batch, byKind), encodeRows(batch, value, peer, count)];
}

/** A block in the bytes of its file. */
export class Block {
  readonly header: BlockHeader;
  readonly bytes: Buffer;
  private rawValues: Buffer | undefined;

  constructor(header: BlockHeader, bytes: Buffer) {
    this.header = header;
    this.bytes = bytes;
  }

  /** Whether the sections are as they were written. */
  get isWhole(): boolean {
    return this.isSectionWhole(fields.valuesCrc, this.values) && this.isSectionWhole(fields.rowsCrc, this.rows);
  }

  /** As `ValueCursor` reads it; undefined where it is damaged. Kept: whoever asks for rows asks for it again. */
  readValues(): Buffer | undefined {
    this.rawValues ??= this.section(this.values, fields.valuesCrc, fields.valuesRaw);
    return this.rawValues;
  }

  /** As `readRows` reads it; undefined where it is damaged. */
  readRows(): Buffer | undefined {
    return this.section(this.rows, fields.rowsCrc, fields.rowsRaw);
  }

  private get values(): Buffer {
    return this.bytes.subarray(headerBytes, headerBytes + this.bytes.readUInt32LE(fields.valuesStored));
  }

  private get rows(): Buffer {
    const start = headerBytes + this.bytes.readUInt32LE(fields.valuesStored);
    return this.bytes.subarray(start, start + this.bytes.readUInt32LE(fields.rowsStored));
  }

  private isSectionWhole(crcAt: number, stored: Buffer): boolean {
    return crc32(stored) === this.bytes.readUInt32LE(crcAt);
  }

  private section(stored: Buffer, crcAt: number, rawAt: number): Buffer | undefined {
    if (!this.isSectionWhole(crcAt, stored)) return undefined;
    const length = this.bytes.readUInt32LE(rawAt);
    try {
      const raw = zstdDecompressSync(stored, { maxOutputLength: Math.max(1, length), chunkSize: Math.max(chunkBytesLeast, length) });
      return raw.length === length ? raw : undefined;
    } catch {
      return undefined;
    }
  }
}

function readHeader(bytes: Buffer): BlockHeader | undefined {
  if (bytes.length < headerBytes) return undefined;
  const read = (at: number) => bytes.readUInt32LE(at);
  if (read(fields.magic) !== magic || read(fields.version) !== version) return undefined;
  if (read(fields.headerCrc) !== crc32(bytes.subarray(0, fields.headerCrc))) return undefined;
  if (read(fields.valuesRaw) > sectionBytesMax || read(fields.rowsRaw) > sectionBytesMax) return undefined;
  const size = headerBytes + read(fields.valuesStored) + read(fields.rowsStored);
  return { day: read(fields.day), sequence: read(fields.sequence), writings: read(fields.writings), bytes: size };
}

export interface BlocksRead {
  blocks: Block[];
  /** Something is no block that is no writing that was cut off: whole blocks lie behind it, or nothing before it. */
  isDamaged: boolean;
}

/** The blocks of a file. Their sections are not looked at yet. */
export function readBlocks(file: Buffer): BlocksRead {
  const blocks: Block[] = [];
  let wholeBytes = 0;
  let isDamaged = false;
  for (let at = 0; at < file.length; ) {
    const header = readHeader(file.subarray(at));
    if (header !== undefined && at + header.bytes <= file.length) {
      isDamaged ||= at > wholeBytes;
      blocks.push(new Block(header, file.subarray(at, at + header.bytes)));
      at += header.bytes;
      if (!isDamaged) wholeBytes = at;
      continue;
    }
    const next = file.indexOf(magicBytes, at + 1);
    at = next < 0 ? file.length : next;
  }
  // The first writing of a file has its header, if it came that far.
  const isCutOff = blocks.length > 0 || file.length < headerBytes || readHeader(file) !== undefined;
  return { blocks, isDamaged: isDamaged || !isCutOff };
}
