/**
 * Writes the records and strings of the set that a delta makes, each at its first use, from the set that it starts from or from the delta, and gives
 * them their numbers. The same order as `RecordTable.seal`.
 */
import { IntelError } from '../intel-error.ts';
import { recordField, recordWords, underMax } from '../record-layout.ts';
import { type ByteStore, NumberColumn, SectionWriter } from './byte-store.ts';
import { newOne } from './delta-format.ts';
import type { StoredSet } from './set-entries.ts';

const skipWindow = 1 << 10;
/** `textLengthMax` units of at most three bytes. */
const stringBytesMax = 3 * 512;

/** What a block brings: columns, and the strings one after the other. */
export interface NewRecords {
  columns: readonly Uint32Array[];
  lengths: Uint32Array;
  text: Buffer;
}

const noRecords: NewRecords = { columns: [], lengths: new Uint32Array(0), text: Buffer.alloc(0) };

function damaged(what: string): IntelError {
  return new IntelError(`the delta is damaged: ${what}`);
}

export class RecordOutput {
  /** Final number of each record: those of the base by their numbers there, then the added ones as they come. */
  private readonly finalRecord: Uint32Array;
  private readonly finalString: Uint32Array;
  private readonly base: StoredSet | undefined;
  private readonly baseRecords: NumberColumn | undefined;
  private readonly baseOffsets: NumberColumn | undefined;
  private readonly baseText: { offset: number; length: number };
  private readonly recordWriter: SectionWriter;
  private readonly offsetWriter: SectionWriter;
  private readonly textWriter: SectionWriter;
  private readonly words = new Int32Array(recordWords);
  private readonly piece = new Uint8Array(stringBytesMax);
  private fresh = noRecords;
  private freshRecords = 0;
  private freshStrings = 0;
  private freshText = 0;
  private usedRecords: number;
  private usedStrings: number;
  private records = 0;
  private strings = 0;
  private textLength = 0;

  constructor(base: StoredSet | undefined, target: StoredSet, store: ByteStore, addedRecords: number, addedStrings: number) {
    this.base = base;
    // Record 0 and string 0 are there from the start.
    this.usedRecords = base?.records ?? 1;
    this.usedStrings = base?.strings ?? 1;
    if (addedRecords >= target.records || addedStrings >= target.strings) throw damaged('it adds more than the set that it makes holds');
    this.finalRecord = new Uint32Array(this.usedRecords + addedRecords);
    this.finalString = new Uint32Array(this.usedStrings + addedStrings);
    this.baseRecords = base && new NumberColumn(base.store, base.place('records'), skipWindow * recordWords);
    this.baseOffsets = base?.skip('stringOffsets');
    this.baseText = base?.place('stringBytes') ?? { offset: 0, length: 0 };
    this.recordWriter = new SectionWriter(store, target.place('records'));
    this.offsetWriter = new SectionWriter(store, target.place('stringOffsets'));
    this.textWriter = new SectionWriter(store, target.place('stringBytes'));
    for (let word = 0; word < recordWords; word++) this.recordWriter.number(0);
    this.offsetWriter.number(0);
  }

  /** From here on, new records and strings are those of this block. */
  begin(fresh: NewRecords): void {
    this.fresh = fresh;
    this.freshRecords = 0;
    this.freshStrings = 0;
    this.freshText = 0;
  }

  /** Every new record of the block was referred to. */
  endBlock(): void {
    if (this.freshRecords !== (this.fresh.columns[0]?.length ?? 0) || this.freshStrings !== this.fresh.lengths.length)
      throw damaged('a block has records that nothing refers to');
  }

  finish(): void {
    this.offsetWriter.number(this.textLength);
    for (const writer of [this.recordWriter, this.offsetWriter, this.textWriter]) writer.finish();
  }

  /** Final number of a record of the base. */
  ofBase(number: number): number {
    const known = this.finalRecord[number];
    if (known === undefined) throw damaged('a record that does not exist');
    return known !== 0 ? known : this.emit(number);
  }

  /** Final number of the record that a reference of the delta names. */
  ofReference(reference: number): number {
    return reference === newOne ? this.emit(this.takeRecord()) : this.ofBase(reference - 1);
  }

  private takeRecord(): number {
    if (this.freshRecords >= (this.fresh.columns[0]?.length ?? 0)) throw damaged('a record that does not exist');
    if (this.usedRecords >= this.finalRecord.length) throw damaged('more records than announced');
    return this.usedRecords++;
  }

  /** Writes a record that has no number yet, and those beneath it. */
  private emit(first: number): number {
    const result = this.records + 1;
    let number = first;
    for (let depth = 0; number !== 0; depth++) {
      if (depth > underMax) throw damaged('records one beneath the other without end');
      this.records++;
      this.finalRecord[number] = this.records;
      const under = this.load(number);
      const known = under === 0 ? 0 : this.finalRecord[under]!;
      // The one beneath comes next where it has no number yet.
      this.words[recordField.under] = under === 0 ? 0 : known !== 0 ? known : this.records + 1;
      for (let word = 0; word < recordWords; word++) this.recordWriter.number(this.words[word]!);
      number = known === 0 ? under : 0;
    }
    return result;
  }

  /** Fills `words`, strings with their final numbers; gives the number of the record beneath. */
  private load(number: number): number {
    const { words } = this;
    if (this.base !== undefined && this.baseRecords !== undefined && number < this.base.records) {
      for (let word = 0; word < recordWords; word++) words[word] = this.baseRecords.at(recordWords * number + word);
      words[recordField.family] = this.stringOfBase(words[recordField.family]!);
      words[recordField.source] = this.stringOfBase(words[recordField.source]!);
      words[recordField.reference] = this.stringOfBase(words[recordField.reference]!);
      const under = words[recordField.under]! >>> 0;
      if (under >= this.base.records) throw damaged('a record that does not exist');
      return under;
    }
    const { columns } = this.fresh;
    const index = this.freshRecords++;
    for (let word = 0; word < recordWords; word++) words[word] = columns[word]![index]!;
    words[recordField.family] = this.stringOfReference(words[recordField.family]! >>> 0);
    words[recordField.source] = this.stringOfReference(words[recordField.source]! >>> 0);
    words[recordField.reference] = this.stringOfReference(words[recordField.reference]! >>> 0);
    const under = words[recordField.under]! >>> 0;
    if (under === 0) return 0;
    if (under === newOne) return this.takeRecord();
    if (under - 1 >= this.usedRecords) throw damaged('a record that does not exist');
    return under - 1;
  }

  private stringOfReference(reference: number): number {
    if (reference === 0) return 0;
    if (reference !== newOne) return this.stringOfBase(reference - 1);
    const { lengths, text } = this.fresh;
    const length = lengths[this.freshStrings];
    if (length === undefined || this.freshText + length > text.length) throw damaged('a string that does not exist');
    if (this.usedStrings >= this.finalString.length) throw damaged('more strings than announced');
    this.freshStrings++;
    const start = this.freshText;
    this.freshText += length;
    return this.emitString(this.usedStrings++, text.subarray(start, this.freshText));
  }

  private stringOfBase(number: number): number {
    if (number === 0) return 0;
    const known = this.finalString[number];
    if (known === undefined) throw damaged('a string that does not exist');
    if (known !== 0) return known;
    if (this.base === undefined || this.baseOffsets === undefined || number >= this.base.strings)
      throw damaged('a string that does not exist');
    const start = this.baseOffsets.at(number) >>> 0;
    const end = this.baseOffsets.at(number + 1) >>> 0;
    if (end < start || end - start > stringBytesMax || end > this.baseText.length) throw damaged('a string that does not exist');
    const bytes = this.piece.subarray(0, end - start);
    this.base.store.read(bytes, this.baseText.offset + start);
    return this.emitString(number, bytes);
  }

  private emitString(number: number, bytes: Uint8Array): number {
    this.strings++;
    this.finalString[number] = this.strings;
    this.offsetWriter.number(this.textLength);
    this.textWriter.bytes(bytes);
    this.textLength += bytes.length;
    return this.strings;
  }
}
