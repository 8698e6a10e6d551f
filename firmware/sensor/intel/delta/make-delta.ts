/**
 * Two compiled sets -> the delta from one to the other, block by block, as delta-format.ts says. For the centre: both sets are in memory, whole and
 * checked. What it gives is not compressed.
 */
import { IntelError } from '../intel-error.ts';
import { recordField, recordWords } from '../record-layout.ts';
import { claimedHash, type SetSections, unpackSet } from '../set-layout.ts';
import { BaseContent } from './base-content.ts';
import { MemoryStore } from './byte-store.ts';
import {
  blockKeptMax,
  blockOperationsMax,
  blockRecordsMax,
  blockStringBytesMax,
  ColumnWriter,
  deltaMagic,
  deltaPrefixBytes,
  deltaVersion,
  entryWords,
  hashBytes,
  newOne,
  operations,
  setStartBytes,
  type TableNumber,
  tables,
} from './delta-format.ts';
import { type Entries, StoredSet } from './set-entries.ts';

interface OpenSet {
  bytes: Uint8Array;
  sections: SetSections;
  stored: StoredSet;
}

/** The sets must be well-formed: loaded once, or just compiled. `base` undefined: a full release. */
export function* makeDelta(base: Uint8Array | undefined, next: Uint8Array): Generator<Buffer> {
  const from = base && openSet(base);
  const to = openSet(next);
  if (from !== undefined && (from.sections.seedA !== to.sections.seedA || from.sections.seedB !== to.sections.seedB))
    throw new IntelError('the sets have different seeds: no key of one is in the other');
  const blocks = new BlockWriter(from?.sections, to.sections);
  const body: Buffer[] = [];
  // The header tells how many records and strings come, which is known at the end.
  for (const table of [tables.keys, tables.addresses4, tables.addresses6] as const) {
    body.push(...blocks.entries(table, from?.stored.entries(table), to.stored.entries(table)));
  }
  body.push(...blocks.gate(from?.sections.gate, to.sections.gate));
  yield deltaHeader(from, to, blocks);
  yield* body;
}

function openSet(bytes: Uint8Array): OpenSet {
  const sections = unpackSet(bytes, claimedHash(bytes), 'compiled set');
  return { bytes, sections, stored: StoredSet.open(new MemoryStore(bytes)) };
}

function deltaHeader(from: OpenSet | undefined, to: OpenSet, { addedRecords, addedStrings }: BlockWriter): Buffer {
  const header = Buffer.alloc(deltaPrefixBytes);
  deltaMagic.copy(header);
  header.writeUInt32LE(deltaVersion, 8);
  if (from !== undefined) header.write(claimedHash(from.bytes), 12, 'hex');
  header.writeUInt32LE(addedRecords, 12 + hashBytes);
  header.writeUInt32LE(addedStrings, 16 + hashBytes);
  return Buffer.concat([header, to.bytes.subarray(0, setStartBytes)]);
}

/** Below 0 where `one` comes first. IPv6 words are in unsigned order, the others signed. */
function compare(one: Entries, other: Entries, table: TableNumber): number {
  const order = table === tables.addresses6 ? 0x8000_0000 : 0;
  for (let word = 0; word < one.words.length; word++) {
    const [a, b] = [(one.words[word]! ^ order) | 0, (other.words[word]! ^ order) | 0];
    if (a !== b) return a < b ? -1 : 1;
  }
  return one.meta - other.meta;
}

class BlockWriter {
  addedRecords = 0;
  addedStrings = 0;
  private readonly next: SetSections;
  private readonly content: BaseContent;
  private readonly baseRecords: number;
  private readonly baseStrings: number;
  /** Numbers that records and strings of the next set have on the way: in the base, or after those. */
  private readonly recordNumbers: Uint32Array;
  private readonly stringNumbers: Uint32Array;
  private table: TableNumber = tables.keys;
  private lastWord = 0;
  private gap = 0;
  private kept = 0;
  private kinds: number[] = [];
  private gaps: number[] = [];
  private references: number[] = [];
  private words: number[][] = [];
  private metas: number[] = [];
  private records: number[][] = [];
  private lengths: number[] = [];
  private texts: Uint8Array[] = [];
  private textBytes = 0;

  constructor(base: SetSections | undefined, next: SetSections) {
    this.next = next;
    this.content = new BaseContent(base, next);
    this.baseRecords = base === undefined ? 1 : base.records.length / recordWords;
    this.baseStrings = base === undefined ? 1 : base.stringOffsets.length - 1;
    this.recordNumbers = new Uint32Array(next.records.length / recordWords);
    this.stringNumbers = new Uint32Array(next.stringOffsets.length - 1);
  }

  *entries(table: TableNumber, old: Entries | undefined, next: Entries): Generator<Buffer> {
    this.begin(table);
    let isOld = old?.next() === true;
    let isNext = next.next();
    while (isOld || isNext) {
      const order = old === undefined || !isOld ? 1 : !isNext ? -1 : compare(old, next, table);
      if (order === 0 && old !== undefined) {
        if (this.content.record(next.record) === old.record) this.gap++;
        else this.change(next);
      } else if (order < 0) this.operation(operations.remove);
      else this.insert(next);
      if (order <= 0 && old !== undefined) isOld = old.next();
      if (order >= 0) {
        this.lastWord = next.words[0]!;
        isNext = next.next();
      }
      if (this.isFull) yield this.block();
    }
    if (this.kinds.length + this.gap > 0) yield this.block();
  }

  *gate(old: Int32Array | undefined, next: Int32Array): Generator<Buffer> {
    this.begin(tables.gate);
    const base = old?.length === next.length ? old : new Int32Array(next.length);
    let at = 0;
    for (let word = 0; word < next.length; word++) {
      for (let flips = base[word]! ^ next[word]!; flips !== 0; flips &= flips - 1) {
        const bit = 32 * word + 31 - Math.clz32(flips & -flips);
        this.gaps.push(bit - at);
        at = bit + 1;
        if (this.gaps.length === blockOperationsMax) yield this.block();
      }
    }
    if (this.gaps.length > 0) yield this.block();
  }

  private begin(table: TableNumber): void {
    this.table = table;
    this.lastWord = 0;
    this.clear();
  }

  private clear(): void {
    this.gap = 0;
    this.kept = 0;
    this.kinds = [];
    this.gaps = [];
    this.references = [];
    this.words = Array.from({ length: entryWords[this.table] ?? 0 }, () => []);
    this.metas = [];
    this.records = Array.from({ length: recordWords }, () => []);
    this.lengths = [];
    this.texts = [];
    this.textBytes = 0;
  }

  private get isFull(): boolean {
    return (
      this.kinds.length >= blockOperationsMax ||
      this.kept + this.gap >= blockKeptMax ||
      this.records[0]!.length >= blockRecordsMax ||
      this.textBytes >= blockStringBytesMax
    );
  }

  private block(): Buffer {
    const columns = new ColumnWriter();
    const isGate = this.table === tables.gate;
    if (!isGate) columns.octets(this.kinds);
    columns.numbers(this.gaps);
    if (!isGate) {
      columns.numbers(this.references);
      for (const words of this.words) columns.numbers(words);
      columns.octets(this.metas);
      for (const column of this.records) columns.numbers(column);
      columns.numbers(this.lengths);
      for (const text of this.texts) columns.bytes(text);
    }
    const sizes = [this.records[0]!.length, this.lengths.length, this.textBytes];
    const block = columns.finish([this.table, this.gaps.length, this.gap, ...sizes]);
    this.clear();
    return block;
  }

  private operation(kind: number): void {
    this.kinds.push(kind);
    this.gaps.push(this.gap);
    this.kept += this.gap;
    this.gap = 0;
  }

  private change(entry: Entries): void {
    this.operation(operations.change);
    this.references.push(this.reference(entry.record));
  }

  private insert(entry: Entries): void {
    this.operation(operations.insert);
    for (const [index, words] of this.words.entries()) {
      const word = entry.words[index]!;
      words.push(index === 0 ? word - this.lastWord : word);
    }
    this.metas.push(entry.meta);
    this.references.push(this.reference(entry.record));
  }

  /** Number of a record that the other side has by now; 0 where it has none. */
  private recordNumber(record: number): number {
    const known = this.recordNumbers[record]!;
    return known !== 0 ? known : this.content.record(record);
  }

  /** How an operation names a record; brings it, and those beneath it, where they are new. */
  private reference(first: number): number {
    const known = this.recordNumber(first);
    if (known !== 0) return known + 1;
    for (let record = first; record !== 0; ) {
      this.recordNumbers[record] = this.baseRecords + this.addedRecords;
      this.addedRecords++;
      const at = record * recordWords;
      const under = this.next.records[at + recordField.under]!;
      const knownUnder = under === 0 ? 0 : this.recordNumber(under);
      for (let field = 0; field < recordWords; field++) this.records[field]!.push(this.next.records[at + field]!);
      for (const field of [recordField.family, recordField.source, recordField.reference]) {
        const column = this.records[field]!;
        column[column.length - 1] = this.stringReference(this.next.records[at + field]!);
      }
      const unders = this.records[recordField.under]!;
      unders[unders.length - 1] = under === 0 ? 0 : knownUnder === 0 ? newOne : knownUnder + 1;
      record = knownUnder === 0 ? under : 0;
    }
    return newOne;
  }

  private stringReference(string: number): number {
    if (string === 0) return 0;
    const known = this.stringNumbers[string]! || this.content.string(string);
    if (known !== 0) return known + 1;
    this.stringNumbers[string] = this.baseStrings + this.addedStrings;
    this.addedStrings++;
    const { stringOffsets, stringBytes } = this.next;
    const text = stringBytes.subarray(stringOffsets[string]!, stringOffsets[string + 1]!);
    this.lengths.push(text.length);
    this.texts.push(text);
    this.textBytes += text.length;
    return newOne;
  }
}
