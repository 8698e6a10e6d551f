/**
 * The distinct values of a block as bytes, and back. A name shares its right end with the one before, addresses are written as differences: sorted,
 * they are short.
 *
 * A value is known by its number in the order of kinds. What was written in haste holds a value once for each machine.
 */
import { mappedWord } from '../bytes/address.ts';
import { ByteColumn, ColumnReader } from './byte-column.ts';
import { portOf, textOf } from './distinct-values.ts';
import {
  certificateBytes,
  kindCount,
  kindIPv4,
  kindIPv6,
  kindJa4,
  kindName,
  lengthShift,
  rowAt,
  rowShift,
  type SightingBatch,
  textBytesMax,
} from './sighting.ts';

const addressBytes = 16;

/** `byKind`: for each kind the rows that have the values, in the order in which these are numbered. */
export function encodeValues(batch: SightingBatch, byKind: readonly Int32Array[]): Buffer {
  const [fours, sixes, names, ja4s, certificates] = byKind as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];
  const out = new ByteColumn();
  for (const { length } of byKind) out.number(length);
  encodeAddresses(batch, fours, sixes, out);
  encodeNames(batch, names, out);
  for (const row of ja4s) {
    const text = textOf(batch, row);
    out.byte(text.length);
    out.add(text);
  }
  for (const row of certificates) out.add(textOf(batch, row));
  return out.bytes;
}

function encodeAddresses(batch: SightingBatch, fours: Int32Array, sixes: Int32Array, out: ByteColumn): void {
  const words = new ByteColumn();
  const ports = new ByteColumn();
  let before = 0;
  for (const row of fours) {
    const word = batch.records[(row << rowShift) + rowAt.value]!;
    ports.number(portOf(batch, row));
    words.number((word - before) >>> 0);
    before = word;
  }
  for (const row of sixes) {
    ports.number(portOf(batch, row));
    words.add(textOf(batch, row));
  }
  out.addColumn(words);
  out.addColumn(ports);
}

function encodeNames(batch: SightingBatch, names: Int32Array, out: ByteColumn): void {
  const { records, text } = batch;
  const shared = new ByteColumn();
  const fresh = new ByteColumn();
  const characters = new ByteColumn();
  let endBefore = 0;
  let lengthBefore = 0;
  for (const row of names) {
    const at = row << rowShift;
    const length = records[at + rowAt.what]! >>> lengthShift;
    const start = records[at + rowAt.value]!;
    const end = start + length;
    const most = Math.min(length, lengthBefore);
    let same = 0;
    while (same < most && text[end - 1 - same] === text[endBefore - 1 - same]) same++;
    shared.byte(same);
    fresh.byte(length - same);
    for (let index = start; index < end - same; index++) characters.byte(text[index]!);
    endBefore = end;
    lengthBefore = length;
  }
  for (const column of [shared, fresh, characters]) out.addColumn(column);
}

/** Goes through the values of a section one after another. What it shows is valid until it is moved on. */
export class ValueCursor {
  readonly count: number;
  /** Number of the value in hand. */
  number = -1;
  kind = kindIPv4;
  /** Of an address: its words. */
  a = 0;
  b = 0;
  c = 0;
  d = 0;
  port = 0;
  /** Of the other kinds: characters `text[0, length)`. */
  readonly text = Buffer.alloc(textBytesMax);
  length = 0;
  private readonly ends: number[] = [];
  private readonly section: ColumnReader;
  private readonly words: ColumnReader;
  private readonly ports: ColumnReader;
  private readonly shared: ColumnReader;
  private readonly fresh: ColumnReader;
  private readonly characters: ColumnReader;

  /** `bytes` as of `encodeValues`; they were checked by a hash. */
  constructor(bytes: Buffer) {
    const section = new ColumnReader(bytes);
    let end = 0;
    for (let kind = 0; kind < kindCount; kind++) {
      end += section.count(1);
      this.ends.push(end);
    }
    this.count = end;
    this.section = section;
    this.words = section.column();
    this.ports = section.column();
    this.shared = section.column();
    this.fresh = section.column();
    this.characters = section.column();
  }

  /** False at the end, or where the section is no section. */
  next(): boolean {
    const { ends } = this;
    const number = ++this.number;
    if (number >= this.count || this.section.failed) return false;
    while (number >= ends[this.kind]!) this.kind++;
    if (this.kind === kindIPv4) this.nextIPv4();
    else if (this.kind === kindIPv6) this.nextIPv6();
    else if (this.kind === kindName) this.nextName();
    else this.nextText(this.kind === kindJa4 ? this.section.byte() : certificateBytes);
    return !(this.words.failed || this.characters.failed || this.section.failed);
  }

  private nextIPv4(): void {
    this.c = mappedWord;
    this.d = (this.d + this.words.number()) | 0;
    this.port = this.ports.number();
  }

  private nextIPv6(): void {
    const bytes = this.words.take(addressBytes);
    this.port = this.ports.number();
    if (bytes.length < addressBytes) return;
    this.a = bytes.readInt32BE(0);
    this.b = bytes.readInt32BE(4);
    this.c = bytes.readInt32BE(8);
    this.d = bytes.readInt32BE(12);
  }

  private nextName(): void {
    const { text, length } = this;
    const shared = Math.min(this.shared.byte(), length);
    const fresh = Math.min(this.fresh.byte(), textBytesMax - shared);
    const shift = fresh - (length - shared);
    // What is shared stays at the right end, which moves.
    if (shift > 0) for (let at = length - 1; at >= length - shared; at--) text[at + shift] = text[at]!;
    else if (shift < 0) for (let at = length - shared; at < length; at++) text[at + shift] = text[at]!;
    this.length = shared + this.characters.copyTo(text, fresh);
  }

  private nextText(length: number): void {
    this.length = this.section.copyTo(this.text, length);
  }
}
