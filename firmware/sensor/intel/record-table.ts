/**
 * Collects the records of a set while it is built: equal ones once, two for one value merged, and at the end all that are in use in the
 * order of their first use by the set's entries, so that the same lists give the same bytes in whatever order they were read, and a
 * record that comes or goes leaves its neighbours where they are relative to each other.
 */
import { GrowableInt32 } from './growable.ts';
import { IdentityTable } from './identity-table.ts';
import { type Provenance, tlps } from './indicator.ts';
import { IntelError } from './intel-error.ts';
import { finishA, finishB, KeyState } from './key-hash.ts';
import { allowFlag, recordField, recordsMax, recordWords, tlpMask, tlpShift } from './record-layout.ts';
import { StringTable } from './string-table.ts';

const secondsMax = 0xffffffff;
/** Fields that are numbers of the string table, in the order in which their texts get theirs. */
const textFields = [recordField.family, recordField.source, recordField.reference];

/** The words of a record, unpacked; texts are numbers of the string table. */
interface RecordFields {
  family: number;
  source: number;
  reference: number;
  firstSeen: number;
  validUntil: number;
  under: number;
  /** 0 for unknown, else 1 + its place in `tlps`. */
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

function seconds(milliseconds: number | undefined, round: (value: number) => number): number {
  if (milliseconds === undefined) return 0;
  return Math.min(secondsMax, Math.max(1, round(milliseconds / 1000)));
}

/** The last second at which a record counts. */
function endOf(fields: RecordFields): number {
  return fields.validUntil === 0 ? Number.POSITIVE_INFINITY : fields.validUntil;
}

export class RecordTable {
  private readonly strings = new StringTable();
  private readonly identities = new IdentityTable();
  /** Words of record n from n * recordWords on; record 0 is "none". */
  private readonly words = new GrowableInt32();
  private readonly merges = new Map<number, number>();
  private readonly state = new KeyState();
  private lastProvenance: Provenance | undefined;
  private lastAllow = false;
  private lastNumber = 0;

  constructor() {
    for (let word = 0; word < recordWords; word++) this.words.push(0);
  }

  /** One more than the highest number. */
  get size(): number {
    return this.identities.size + 1;
  }

  /** Number of the record with this content; made when there is none yet. The same object given again must not have changed. */
  numberOf(provenance: Provenance, allow: boolean): number {
    if (provenance === this.lastProvenance && allow === this.lastAllow) return this.lastNumber;
    this.lastProvenance = provenance;
    this.lastAllow = allow;
    this.lastNumber = this.intern({
      family: this.strings.numberOf(provenance.family),
      source: this.strings.numberOf(provenance.source),
      reference: this.strings.numberOf(provenance.reference),
      firstSeen: seconds(provenance.firstSeenMs, Math.floor),
      validUntil: seconds(provenance.validUntilMs, Math.ceil),
      under: 0,
      tlp: provenance.tlp === undefined ? 0 : 1 + tlps.indexOf(provenance.tlp),
      confidence: Math.min(100, Math.max(0, Math.round(provenance.confidence))),
      allow,
    });
    return this.lastNumber;
  }

  isAllowance(number: number): boolean {
    return (this.word(number, recordField.flags) & allowFlag) !== 0;
  }

  /**
   * The record of a value that has two: the stronger one whole, and beneath it the other where that is valid for longer. So the strongest
   * that is valid at the time of a frame counts, whenever the set was built. An allowance is stronger than any indicator of the value.
   */
  merge(one: number, other: number): number {
    if (one === other) return one;
    const pair = Math.min(one, other) * recordsMax + Math.max(one, other);
    const known = this.merges.get(pair);
    if (known !== undefined) return known;
    const layers = [...this.layers(one), ...this.layers(other)].sort((first, second) => this.compareStrength(first, second));
    const kept: RecordFields[] = [];
    for (const layer of layers) {
      const above = kept.at(-1);
      if (above === undefined || endOf(layer) > endOf(above)) kept.push(layer);
    }
    const merged = kept.reduceRight((under, layer) => this.intern({ ...layer, under }), 0);
    this.merges.set(pair, merged);
    return merged;
  }

  /** A record and those beneath it, each without the others. */
  private layers(number: number): RecordFields[] {
    const layers: RecordFields[] = [];
    for (let at = number; at !== 0; at = this.word(at, recordField.under)) layers.push({ ...this.fields(at), under: 0 });
    return layers;
  }

  /** `uses`: numbers of the entries' records, in the order of the entries. The table must not be changed afterwards. */
  seal(uses: Iterable<number>): SealedRecords {
    const numbers = new Uint32Array(this.size);
    const order = new GrowableInt32();
    for (const used of uses) {
      // One beneath the other: a record whose number is known has brought those beneath it along.
      for (let number = used; number !== 0 && numbers[number] === 0; number = this.word(number, recordField.under)) {
        order.push(number);
        numbers[number] = order.length;
      }
    }
    const strings = this.strings.pack(this.textsOf(order));
    const records = new Int32Array((order.length + 1) * recordWords);
    for (let index = 0; index < order.length; index++) this.write(records, numbers, order.at(index), strings.numbers);
    return { numbers, records, stringOffsets: strings.stringOffsets, stringBytes: strings.stringBytes };
  }

  private *textsOf(order: GrowableInt32): Generator<number> {
    for (let index = 0; index < order.length; index++) {
      for (const field of textFields) yield this.word(order.at(index), field);
    }
  }

  private write(records: Int32Array, numbers: Uint32Array, number: number, strings: Uint32Array): void {
    const at = numbers[number]! * recordWords;
    for (let field = 0; field < recordWords; field++) records[at + field] = this.word(number, field);
    for (const field of textFields) records[at + field] = strings[this.word(number, field)]!;
    records[at + recordField.under] = numbers[this.word(number, recordField.under)]!;
  }

  private word(number: number, field: number): number {
    return this.words.at(number * recordWords + field);
  }

  private fields(number: number): RecordFields {
    const flags = this.word(number, recordField.flags);
    return {
      family: this.word(number, recordField.family),
      source: this.word(number, recordField.source),
      reference: this.word(number, recordField.reference),
      firstSeen: this.word(number, recordField.firstSeen) >>> 0,
      validUntil: this.word(number, recordField.validUntil) >>> 0,
      under: this.word(number, recordField.under),
      tlp: (flags >> tlpShift) & tlpMask,
      confidence: flags & 0xff,
      allow: (flags & allowFlag) !== 0,
    };
  }

  private intern(fields: RecordFields): number {
    const { family, source, reference, firstSeen, validUntil, under, tlp, confidence, allow } = fields;
    const words = [family, source, reference, firstSeen, validUntil, under, confidence | (tlp << tlpShift) | (allow ? allowFlag : 0)];
    const state = this.state.reset(0, 0);
    for (const word of words) state.unit(word);
    const number = this.identities.numberOf(finishA(state.a, 0), finishB(state.b, 0));
    if (number >= recordsMax) throw new IntelError(`more than ${recordsMax} different descriptions of indicators`);
    if (number * recordWords === this.words.length) for (const word of words) this.words.push(word);
    return number;
  }

  /** Below 0 when `one` is the stronger: allowances, then confidence, then the later end; the rest only so that order does not matter. */
  private compareStrength(one: RecordFields, other: RecordFields): number {
    if (one.allow !== other.allow) return one.allow ? -1 : 1;
    if (one.confidence !== other.confidence) return other.confidence - one.confidence;
    if (one.validUntil !== other.validUntil) return endOf(one) > endOf(other) ? -1 : 1;
    const [rank, otherRank] = [this.textRank(one), this.textRank(other)];
    if (rank !== otherRank) return rank < otherRank ? -1 : 1;
    return other.tlp - one.tlp || one.firstSeen - other.firstSeen;
  }

  /** Ranks the texts of records for one value: the one that names a family and gives a reference says more. */
  private textRank(fields: RecordFields): string {
    const texts = [fields.family, fields.reference, fields.source].map((number) => this.strings.textOf(number));
    return `${fields.family === 0 ? 1 : 0}${fields.reference === 0 ? 1 : 0}\0${texts.join('\0')}`;
  }
}
