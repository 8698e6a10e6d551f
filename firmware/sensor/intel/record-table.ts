/**
 * Collects the records of a set while it is built: equal ones once, two for one value merged, and at the end all that are in use in an
 * order that depends on their content only, so that the same lists give the same bytes in whatever order they were read.
 */
import type { Provenance } from './indicator.ts';
import { tlps } from './indicator.ts';
import { IntelError } from './intel-error.ts';
import { allowFlag, recordField, recordsMax, recordWords, tlpMask, tlpShift } from './record-layout.ts';

/** Longer texts are cut: a family or a reference is for a person to read. */
const textLengthMax = 512;
const secondsMax = 0xffffffff;

interface RecordFields {
  family: string;
  source: string;
  reference: string;
  firstSeen: number;
  validUntil: number;
  under: number;
  /** 0 to 4 by `tlps`, -1 for unknown. */
  tlp: number;
  confidence: number;
  allow: boolean;
}

export interface SealedRecords {
  /** New number of each old one; 0 for those not in use. */
  numbers: Uint32Array;
  records: Int32Array;
  stringOffsets: Uint32Array;
  stringBytes: Uint8Array;
}

/** Breaks the tie with the whole 64 KiB piece of a file that V8 would keep alive for a slice of it. */
function ownText(text: string | undefined): string {
  return text === undefined || text === '' ? '' : Buffer.from(text.slice(0, textLengthMax), 'utf8').toString('utf8');
}

function seconds(milliseconds: number | undefined, round: (value: number) => number): number {
  if (milliseconds === undefined) return 0;
  return Math.min(secondsMax, Math.max(1, round(milliseconds / 1000)));
}

/** Ranks the texts of two records for one value: the one that names a family and gives a reference says more. */
function textRank(fields: RecordFields): string {
  return `${fields.family === '' ? 1 : 0}${fields.reference === '' ? 1 : 0}\0${fields.family}\0${fields.source}\0${fields.reference}`;
}

/** Two of the same kind for one value: the longest validity, the highest confidence, the earliest sight, the strictest TLP. Commutative. */
function mergeFields(one: RecordFields, other: RecordFields): RecordFields {
  const telling = textRank(one) <= textRank(other) ? one : other;
  const seen = [one.firstSeen, other.firstSeen].filter((second) => second > 0);
  return {
    ...telling,
    firstSeen: seen.length === 0 ? 0 : Math.min(...seen),
    validUntil: one.validUntil === 0 || other.validUntil === 0 ? 0 : Math.max(one.validUntil, other.validUntil),
    tlp: Math.max(one.tlp, other.tlp),
    confidence: Math.max(one.confidence, other.confidence),
  };
}

function compareTexts(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

export class RecordTable {
  private readonly all: (RecordFields | undefined)[] = [undefined];
  private readonly numbers = new Map<string, number>();
  private readonly merges = new Map<number, number>();
  private lastProvenance: Provenance | undefined;
  private lastAllow = false;
  private lastNumber = 0;

  /** Number of the record with this content; made when there is none yet. The same object given again must not have changed. */
  numberOf(provenance: Provenance, allow: boolean): number {
    if (provenance === this.lastProvenance && allow === this.lastAllow) return this.lastNumber;
    this.lastProvenance = provenance;
    this.lastAllow = allow;
    this.lastNumber = this.intern({
      family: ownText(provenance.family),
      source: ownText(provenance.source),
      reference: ownText(provenance.reference),
      firstSeen: seconds(provenance.firstSeenMs, Math.floor),
      validUntil: seconds(provenance.validUntilMs, Math.ceil),
      under: 0,
      tlp: provenance.tlp === undefined ? -1 : tlps.indexOf(provenance.tlp),
      confidence: Math.min(100, Math.max(0, Math.round(provenance.confidence))),
      allow,
    });
    return this.lastNumber;
  }

  isAllowance(number: number): boolean {
    return this.all[number]!.allow;
  }

  /**
   * The record of a value that has two. An allowance hides an indicator of the same exactness; one with an end keeps it beneath.
   */
  merge(one: number, other: number): number {
    if (one === other) return one;
    const pair = Math.min(one, other) * recordsMax + Math.max(one, other);
    const known = this.merges.get(pair);
    if (known !== undefined) return known;
    const merged = this.mergeDifferent(this.all[one]!, this.all[other]!);
    this.merges.set(pair, merged);
    return merged;
  }

  private mergeDifferent(one: RecordFields, other: RecordFields): number {
    const allowances = [one, other].filter((fields) => fields.allow).map((fields) => ({ ...fields, under: 0 }));
    const hidden = [one, other].map((fields) => (fields.allow ? this.all[fields.under] : fields)).filter((fields) => fields !== undefined);
    const indicator = hidden.length === 0 ? undefined : hidden.reduce(mergeFields);
    if (allowances.length === 0) return indicator === undefined ? 0 : this.intern(indicator);
    const allowance = allowances.reduce(mergeFields);
    if (allowance.validUntil !== 0 && indicator !== undefined) allowance.under = this.intern(indicator);
    return this.intern(allowance);
  }

  private intern(fields: RecordFields): number {
    const { family, source, reference, firstSeen, validUntil, under, tlp, confidence, allow } = fields;
    const key = `${firstSeen},${validUntil},${under},${tlp},${confidence},${allow ? 1 : 0}\0${family}\0${source}\0${reference}`;
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const number = this.all.length;
    if (number >= recordsMax) throw new IntelError(`more than ${recordsMax} different descriptions of indicators`);
    this.all.push(fields);
    this.numbers.set(key, number);
    return number;
  }

  /** `used`: 1 at each number in use. The table must not be changed afterwards. */
  seal(used: Uint8Array): SealedRecords {
    const old: number[] = [];
    for (let number = 1; number < used.length; number++) if (used[number] === 1) used[this.all[number]!.under] = 1;
    for (let number = 1; number < used.length; number++) if (used[number] === 1) old.push(number);
    old.sort((one, other) => this.compare(this.all[one]!, this.all[other]!));
    const numbers = new Uint32Array(this.all.length);
    for (const [index, number] of old.entries()) numbers[number] = index + 1;
    const strings = new Set<string>();
    for (const number of old) for (const text of this.textsOf(number)) if (text !== '') strings.add(text);
    const sorted = ['', ...[...strings].sort(compareTexts)];
    const stringNumbers = new Map(sorted.map((text, index) => [text, index]));
    const records = new Int32Array((old.length + 1) * recordWords);
    for (const number of old) this.write(records, numbers, number, stringNumbers);
    return { numbers, records, ...packStrings(sorted) };
  }

  get size(): number {
    return this.all.length;
  }

  private textsOf(number: number): string[] {
    const { family, source, reference } = this.all[number]!;
    return [family, source, reference];
  }

  private compare(one: RecordFields, other: RecordFields): number {
    if (one === other) return 0;
    const numeric =
      one.validUntil - other.validUntil ||
      one.firstSeen - other.firstSeen ||
      one.confidence - other.confidence ||
      one.tlp - other.tlp ||
      Number(one.allow) - Number(other.allow);
    const content =
      numeric ||
      compareTexts(one.family, other.family) ||
      compareTexts(one.source, other.source) ||
      compareTexts(one.reference, other.reference);
    if (content !== 0 || one.under === other.under) return content;
    if (one.under === 0 || other.under === 0) return one.under - other.under;
    return this.compare(this.all[one.under]!, this.all[other.under]!);
  }

  private write(records: Int32Array, numbers: Uint32Array, number: number, stringNumbers: Map<string, number>): void {
    const fields = this.all[number]!;
    const at = numbers[number]! * recordWords;
    records[at + recordField.family] = stringNumbers.get(fields.family)!;
    records[at + recordField.source] = stringNumbers.get(fields.source)!;
    records[at + recordField.reference] = stringNumbers.get(fields.reference)!;
    records[at + recordField.firstSeen] = fields.firstSeen;
    records[at + recordField.validUntil] = fields.validUntil;
    records[at + recordField.under] = numbers[fields.under]!;
    records[at + recordField.flags] = fields.confidence | (((fields.tlp + 1) & tlpMask) << tlpShift) | (fields.allow ? allowFlag : 0);
  }
}

/** All strings end to end in UTF-8, and where each begins; the last offset is the end. */
function packStrings(strings: readonly string[]): { stringOffsets: Uint32Array; stringBytes: Uint8Array } {
  const stringOffsets = new Uint32Array(strings.length + 1);
  let length = 0;
  for (const [index, text] of strings.entries()) {
    stringOffsets[index] = length;
    length += Buffer.byteLength(text, 'utf8');
  }
  stringOffsets[strings.length] = length;
  const stringBytes = Buffer.alloc(length);
  for (const [index, text] of strings.entries()) stringBytes.write(text, stringOffsets[index]!, 'utf8');
  return { stringOffsets, stringBytes };
}
