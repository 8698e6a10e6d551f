/**
 * Finds the records and strings of one compiled set in another by what they say, whatever numbers they have in each: by 64 bits of hash. Two that
 * collided would make a wrong delta, which is why every delta is tried before it is published.
 */
import { IdentityTable } from '../identity-table.ts';
import { IntelError } from '../intel-error.ts';
import { finishA, finishB, KeyState } from '../key-hash.ts';
import { recordField, recordWords } from '../record-layout.ts';
import type { SetSections } from '../set-layout.ts';

/** What the entries of a set refer to. */
export type RecordSections = Pick<SetSections, 'records' | 'stringOffsets' | 'stringBytes'>;

const textFields: ReadonlySet<number> = new Set([recordField.family, recordField.source, recordField.reference]);
const unknown = -1;
const none: RecordSections = { records: new Int32Array(recordWords), stringOffsets: new Uint32Array(2), stringBytes: new Uint8Array(0) };

export class BaseContent {
  private readonly next: RecordSections;
  private readonly strings = new IdentityTable();
  private readonly records = new IdentityTable();
  private readonly state = new KeyState();
  /** By number in the other set. */
  private readonly foundRecord: Int32Array;
  private readonly foundString: Int32Array;

  /** `base`: where to look; undefined for nothing. `next`: whose records and strings are looked for. */
  constructor(base: RecordSections = none, next: RecordSections) {
    this.next = next;
    this.foundRecord = new Int32Array(next.records.length / recordWords).fill(unknown);
    this.foundString = new Int32Array(next.stringOffsets.length - 1).fill(unknown);
    for (let string = 1; string < base.stringOffsets.length - 1; string++) {
      const { a, b } = this.lanesOfString(base, string);
      if (this.strings.numberOf(a, b) !== string) throw new IntelError('a set holds the same text twice');
    }
    for (let record = 1; record < base.records.length / recordWords; record++) {
      const { a, b } = this.lanesOfWords(base.records.subarray(record * recordWords, (record + 1) * recordWords));
      if (this.records.numberOf(a, b) !== record) throw new IntelError('a set holds the same record twice');
    }
  }

  /** Number in the base of a string; 0 when it is not there. */
  string(number: number): number {
    if (number === 0) return 0;
    if (this.foundString[number] === unknown) {
      const { a, b } = this.lanesOfString(this.next, number);
      this.foundString[number] = this.strings.find(a, b);
    }
    return this.foundString[number]!;
  }

  /** Number in the base of a record; 0 when it is not there. */
  record(number: number): number {
    if (number === 0) return 0;
    if (this.foundRecord[number] === unknown) this.foundRecord[number] = this.findRecord(number);
    return this.foundRecord[number]!;
  }

  private findRecord(number: number): number {
    const words = this.next.records.slice(number * recordWords, (number + 1) * recordWords);
    for (let field = 0; field < recordWords; field++) {
      const word = words[field]!;
      if (word === 0) continue;
      if (textFields.has(field)) words[field] = this.string(word);
      else if (field === recordField.under) words[field] = this.record(word);
      else continue;
      if (words[field] === 0) return 0;
    }
    const { a, b } = this.lanesOfWords(words);
    return this.records.find(a, b);
  }

  private lanesOfString({ stringOffsets, stringBytes }: RecordSections, string: number): { a: number; b: number } {
    const [start, end] = [stringOffsets[string]!, stringOffsets[string + 1]!];
    const state = this.state.reset(end - start, end - start);
    for (let at = start; at < end; at++) state.unit(stringBytes[at]!);
    return { a: finishA(state.a, 0), b: finishB(state.b, 0) };
  }

  private lanesOfWords(words: Int32Array): { a: number; b: number } {
    const state = this.state.reset(0, 0);
    for (const word of words) state.unit(word);
    return { a: finishA(state.a, 0), b: finishB(state.b, 0) };
  }
}
