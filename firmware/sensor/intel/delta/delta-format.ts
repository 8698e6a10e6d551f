/**
 * How one release of indicators becomes the next: the form of a delta, which both sides share. A full release is the delta from nothing, so there is
 * one form, one writer and one reader. Nothing here is trusted: what comes out counts only when its SHA-256 is the one that was signed.
 *
 * A delta is one zstd frame (RFC 8878) of a header and blocks, numbers little-endian, 32 bits:
 *
 *   header   magic, 8 bytes · version · SHA-256 of the set it starts from (zeros: from nothing) · added records · added strings ·
 *            the first bytes of the set it makes, as they are: header and counts, with the hash that the result must have
 *   block    length in bytes of what follows · table · operations · kept after them · records · strings · bytes of strings · columns
 *
 * The tables come in the order keys, IPv4, IPv6, gate. The entries of a table are sorted, and so are the operations: each keeps so many entries as they
 * are, and then removes the next one, changes its record, or inserts an entry before it. For the gate an operation flips the bit after those kept.
 * Records and strings are written once, where they are first referred to, and have their places in the set in that order (record-table.ts), so
 * that nothing has to be said of numbers that shift. Sizes, parents, the index and the empty slots are made anew from what they follow from.
 *
 * The columns of a block: kinds of the operations (octets), entries kept before each, references of those that change or insert; of those that insert
 * the words (the first one as the difference to the entry before) and type or prefix length (octet); the words of new records, in which strings and
 * the record beneath are references; lengths of new strings, and their bytes. For the gate only the bits kept.
 *
 * A column of numbers is four planes of bytes, the lowest bytes first: those that are nearly always the same then cost nearly nothing.
 */
import { indicatorTypes } from '../indicator.ts';
import { IntelError } from '../intel-error.ts';
import { headerBytes } from '../set-layout.ts';

export const deltaMagic = Buffer.from('VGDELTA\x1a', 'latin1');
export const deltaVersion = 1;
export const hashBytes = 32;
/** Magic, version, hash of the base, added records, added strings. */
export const deltaPrefixBytes = 8 + 4 + hashBytes + 4 + 4;
const countsBytes = 2 * indicatorTypes.length * 4;
/** Header and counts of the set that is made; the counts are its first section. */
export const setStartBytes = roundUp8(headerBytes) + roundUp8(countsBytes);
export const deltaHeaderBytes = deltaPrefixBytes + setStartBytes;

export const tables = { keys: 0, addresses4: 1, addresses6: 2, gate: 3 } as const;
export type TableNumber = (typeof tables)[keyof typeof tables];

export const operations = { remove: 0, change: 1, insert: 2 } as const;

/** Words of an entry that say what it is; beside them it has a type or a prefix length, and a record. */
export const entryWords: readonly number[] = [2, 1, 4];

/** A reference to the next record or string of this block that none has referred to. 0 is "none", as in the set; others are one more than a number. */
export const newOne = 1;

/** So many operations, or entries that are kept, and the block ends: what one takes is some milliseconds, and then others may run. */
export const blockOperationsMax = 16_384;
export const blockKeptMax = 65_536;
/** A block with more new records, or more bytes of strings, ends after the operation that brought them. */
export const blockRecordsMax = 16_384;
export const blockStringBytesMax = 1 << 20;
/** No block that keeps to these limits is longer: some 40 bytes an operation, 40 a record, the strings, and the records of one more operation. */
export const blockBytesMax = 4 << 20;
export const blockHeaderWords = 6;

/** 1 MiB: more would help little, since most of a set is noise to zstd, and a box has to hold it. */
export const windowLog = 20;

export function roundUp8(length: number): number {
  return (length + 7) & ~7;
}

/** Collects one block's columns. */
export class ColumnWriter {
  private readonly parts: Uint8Array[] = [];
  private length = 0;

  octets(values: readonly number[]): void {
    this.bytes(Uint8Array.from(values));
  }

  numbers(values: readonly number[]): void {
    const count = values.length;
    const planes = new Uint8Array(4 * count);
    for (let index = 0; index < count; index++) {
      const value = values[index]!;
      planes[index] = value;
      planes[count + index] = value >>> 8;
      planes[2 * count + index] = value >>> 16;
      planes[3 * count + index] = value >>> 24;
    }
    this.bytes(planes);
  }

  bytes(bytes: Uint8Array): void {
    this.parts.push(bytes);
    this.length += bytes.length;
  }

  finish(header: readonly number[]): Buffer {
    const start = Buffer.alloc(4 * (header.length + 1));
    for (const [index, word] of [4 * header.length + this.length, ...header].entries()) start.writeUInt32LE(word, 4 * index);
    return Buffer.concat([start, ...this.parts]);
  }
}

/** Reads a block's columns. Every read is checked against the end: the bytes may be anybody's. */
export class ColumnReader {
  private readonly block: Buffer;
  private at = 0;

  constructor(block: Buffer) {
    this.block = block;
  }

  octets(count: number): Buffer {
    if (count > this.block.length - this.at) throw new IntelError('the delta is damaged: a block is too short for what it announces');
    this.at += count;
    return this.block.subarray(this.at - count, this.at);
  }

  numbers(count: number): Uint32Array {
    const planes = this.octets(4 * count);
    const values = new Uint32Array(count);
    for (let index = 0; index < count; index++) {
      values[index] =
        planes[index]! | (planes[count + index]! << 8) | (planes[2 * count + index]! << 16) | (planes[3 * count + index]! << 24);
    }
    return values;
  }

  end(): void {
    if (this.at !== this.block.length) throw new IntelError('the delta is damaged: a block is longer than what it announces');
  }
}
