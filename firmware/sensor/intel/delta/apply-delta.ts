/**
 * A set and a delta -> the set that follows, byte for byte as the centre compiled it; or no set at all. Works through both from front to end, so memory is
 * a few windows and four bytes for each different record, whatever the size. The bytes of the delta may be anybody's: counts
 * are checked against what is there, nothing is written past the set that is announced, and the result counts only when its SHA-256 is `sha256`.
 */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { IntelError } from '../intel-error.ts';
import { recordWords } from '../record-layout.ts';
import { checkHeader, claimedHash, hashedFrom, headerBytes } from '../set-layout.ts';
import { type ByteStore, SectionWriter, type TargetStore } from './byte-store.ts';
import {
  blockBytesMax,
  blockHeaderWords,
  blockKeptMax,
  blockOperationsMax,
  ColumnReader,
  deltaHeaderBytes,
  deltaMagic,
  deltaPrefixBytes,
  deltaVersion,
  entryWords,
  hashBytes,
  operations,
  tables,
} from './delta-format.ts';
import { AddressOutput, type EntryOutput, KeyOutput } from './entry-output.ts';
import { RecordOutput } from './record-output.ts';
import { type Entries, StoredSet } from './set-entries.ts';

export interface DeltaOrder {
  /** The set that the delta starts from; undefined for a full release. */
  base: ByteStore | undefined;
  /** Bytes of the delta, decompressed, in pieces of any size. */
  delta: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  target: TargetStore;
  /** What the SHA-256 in the header of the result must be, hex. */
  sha256: string;
  /** The result is not longer. */
  bytesMax: number;
}

const nothing = '0'.repeat(2 * hashBytes);
const hashPieceBytes = 1 << 20;

function damaged(what: string): IntelError {
  return new IntelError(`the delta is damaged: ${what}`);
}

/** Length in bytes of the set that stands in `target` then. Throws an `IntelError` when there is none. */
export async function applyDelta({ base: baseStore, delta, target, sha256, bytesMax }: DeltaOrder): Promise<number> {
  const pieces = new Pieces(delta);
  const start = await pieces.take(deltaHeaderBytes);
  const base = baseStore && StoredSet.open(baseStore);
  const { set, lengthBytes, addedRecords, addedStrings } = readStart(start, base, sha256, bytesMax);
  const setStart = start.subarray(deltaPrefixBytes);
  target.resize(lengthBytes);
  target.write(setStart, 0);
  const successor = new Successor(base, new StoredSet(target, set), target, addedRecords, addedStrings);
  while (!(await pieces.isAtEnd())) {
    const length = (await pieces.take(4)).readUInt32LE(0);
    if (length < 4 * blockHeaderWords || length > blockBytesMax) throw damaged('length of a block');
    successor.block(await pieces.take(length));
    await setImmediate();
  }
  successor.finish();
  if ((await hashOf(target, lengthBytes)) !== sha256) throw new IntelError('the delta does not give the release that was signed');
  return lengthBytes;
}

function readStart(start: Buffer, base: StoredSet | undefined, sha256: string, bytesMax: number) {
  if (!deltaMagic.equals(start.subarray(0, deltaMagic.length))) throw new IntelError('is no delta of a release');
  const version = start.readUInt32LE(8);
  if (version !== deltaVersion) throw new IntelError(`the delta has format version ${version}; this program reads version ${deltaVersion}`);
  const from = start.toString('hex', 12, 12 + hashBytes);
  const has = base === undefined ? nothing : claimedHash(headerOf(base));
  if (from !== has) throw new IntelError(`the delta starts from ${from.slice(0, 16)}, not from ${has.slice(0, 16)}`);
  const setStart = start.subarray(deltaPrefixBytes);
  const lengthBytes = checkHeader(setStart, 'delta');
  if (lengthBytes > bytesMax) throw new IntelError(`the release would have ${lengthBytes} bytes; at most ${bytesMax} are taken`);
  if (claimedHash(setStart) !== sha256) throw new IntelError('the delta is of another release than the one that was signed');
  // A copy: the piece of the stream that it lies in is given back.
  const header = Uint8Array.from(setStart.subarray(0, headerBytes));
  return {
    set: new DataView(header.buffer),
    lengthBytes,
    addedRecords: start.readUInt32LE(12 + hashBytes),
    addedStrings: start.readUInt32LE(16 + hashBytes),
  };
}

function headerOf({ header }: StoredSet): Uint8Array {
  return new Uint8Array(header.buffer, header.byteOffset, headerBytes);
}

async function hashOf(store: ByteStore, lengthBytes: number): Promise<string> {
  const hash = createHash('sha256');
  const piece = new Uint8Array(Math.min(hashPieceBytes, lengthBytes));
  for (let at = hashedFrom; at < lengthBytes; at += piece.length) {
    const part = piece.subarray(0, Math.min(piece.length, lengthBytes - at));
    store.read(part, at);
    hash.update(part);
    await setImmediate();
  }
  return hash.digest('hex');
}

/** The set in the making: takes block after block. */
class Successor {
  private readonly base: StoredSet | undefined;
  private readonly set: StoredSet;
  private readonly target: ByteStore;
  private readonly records: RecordOutput;
  private table = -1;
  private entries: Entries | undefined;
  private output: EntryOutput | undefined;
  private readonly gate: Int32Array;
  private gateAt = 0;
  /** First word of the entry that was written last: the next inserted one is told as the difference. */
  private lastWord = 0;

  constructor(base: StoredSet | undefined, set: StoredSet, target: ByteStore, addedRecords: number, addedStrings: number) {
    this.base = base;
    this.set = set;
    this.target = target;
    this.records = new RecordOutput(base, set, target, addedRecords, addedStrings);
    const { length } = set.place('gate');
    this.gate = base?.place('gate').length === length ? base.gate() : new Int32Array(length / 4);
  }

  block(block: Buffer): void {
    const word = (index: number) => block.readUInt32LE(4 * index);
    const [table, count, kept, records, strings, textBytes] = [word(0), word(1), word(2), word(3), word(4), word(5)] as const;
    if (count > blockOperationsMax || kept > blockKeptMax || count + kept === 0) throw damaged('size of a block');
    if (table < this.table || table > tables.gate) throw damaged('tables out of order');
    while (this.table < table) this.nextTable();
    const columns = new ColumnReader(block.subarray(4 * blockHeaderWords));
    if (table === tables.gate) this.flip(columns.numbers(count));
    else this.change(table, columns, count, kept, { records, strings, textBytes });
    columns.end();
  }

  finish(): void {
    while (this.table < tables.gate) this.nextTable();
    this.records.finish();
    const writer = new SectionWriter(this.target, this.set.place('gate'));
    writer.bytes(new Uint8Array(this.gate.buffer));
    writer.finish();
  }

  private nextTable(): void {
    if (this.entries?.next() === true) throw damaged('it ends before the entries do');
    this.output?.finish();
    this.table++;
    this.lastWord = 0;
    const { table, set, target } = this;
    this.entries = undefined;
    this.output = undefined;
    if (table === tables.keys) this.output = new KeyOutput(set, target);
    else if (table === tables.addresses4) this.output = new AddressOutput(set, target, '4');
    else if (table === tables.addresses6) this.output = new AddressOutput(set, target, '6');
    else return;
    this.entries = this.base?.entries(table);
  }

  private flip(gaps: Uint32Array): void {
    for (const gap of gaps) {
      const bit = this.gateAt + gap;
      if (bit >= 32 * this.gate.length) throw damaged('the gate is not that long');
      this.gate[bit >>> 5]! ^= 1 << (bit & 31);
      this.gateAt = bit + 1;
    }
  }

  private change(
    table: number,
    columns: ColumnReader,
    count: number,
    kept: number,
    fresh: { records: number; strings: number; textBytes: number },
  ): void {
    const kinds = columns.octets(count);
    const gaps = columns.numbers(count);
    if (gaps.reduce((sum, gap) => sum + gap, kept) > blockKeptMax) throw damaged('size of a block');
    let inserted = 0;
    let referring = 0;
    for (const kind of kinds) {
      if (kind > operations.insert) throw damaged('an operation that there is not');
      if (kind === operations.insert) inserted++;
      if (kind !== operations.remove) referring++;
    }
    const references = columns.numbers(referring);
    const words = Array.from({ length: entryWords[table]! }, () => columns.numbers(inserted));
    const metas = columns.octets(inserted);
    this.records.begin({
      columns: Array.from({ length: recordWords }, () => columns.numbers(fresh.records)),
      lengths: columns.numbers(fresh.strings),
      text: columns.octets(fresh.textBytes),
    });
    const entry = new Int32Array(words.length);
    let nextInserted = 0;
    let nextReference = 0;
    for (let index = 0; index < count; index++) {
      this.keep(gaps[index]!);
      const kind = kinds[index]!;
      if (kind !== operations.insert) {
        const { words: own, meta } = this.following();
        if (kind === operations.change) this.put(own, meta, this.records.ofReference(references[nextReference++]!));
        continue;
      }
      for (let word = 0; word < entry.length; word++) entry[word] = words[word]![nextInserted]!;
      entry[0] = entry[0]! + this.lastWord;
      this.put(entry, metas[nextInserted]!, this.records.ofReference(references[nextReference++]!));
      nextInserted++;
    }
    this.keep(kept);
    this.records.endBlock();
  }

  private keep(count: number): void {
    for (let kept = 0; kept < count; kept++) {
      const { words, meta, record } = this.following();
      this.put(words, meta, this.records.ofBase(record));
    }
  }

  private following(): Entries {
    if (this.entries?.next() !== true) throw damaged('it asks for more entries than there are');
    return this.entries;
  }

  private put(words: Int32Array, meta: number, record: number): void {
    this.lastWord = words[0]!;
    this.output!.entry(words, meta, record);
  }
}

/** Takes bytes off a stream in the lengths asked for. */
class Pieces {
  private readonly source: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  private held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    this.source = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  }

  async take(length: number): Promise<Buffer> {
    const parts = [this.held];
    let has = this.held.length;
    while (has < length) {
      const { value, done } = await this.source.next();
      if (done === true) throw damaged('it is cut short');
      parts.push(Buffer.from(value.buffer, value.byteOffset, value.length));
      has += value.length;
    }
    const all = parts.length === 1 ? this.held : Buffer.concat(parts, has);
    this.held = all.subarray(length);
    return all.subarray(0, length);
  }

  async isAtEnd(): Promise<boolean> {
    while (this.held.length === 0) {
      const { value, done } = await this.source.next();
      if (done === true) return true;
      this.held = Buffer.from(value.buffer, value.byteOffset, value.length);
    }
    return false;
  }
}
