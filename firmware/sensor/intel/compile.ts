/**
 * Turns parsed values with their provenance into the compiled form of a set. Memory is a few dozen bytes a value. The result depends on the
 * values, their provenance and the seed, never on the order in which they came.
 */
import { isIPv4 } from '../bytes/address.ts';
import type { Provenance } from './indicator.ts';
import { indicatorTypes } from './indicator.ts';
import { finishA, finishB, KeyState, keyTags } from './key-hash.ts';
import { KeyTableBuilder, slotWords } from './key-table.ts';
import type { ParsedValue } from './parsed-value.ts';
import { type BuiltPrefixTable, indexTop16, PrefixTableIPv4Builder, PrefixTableIPv6Builder } from './prefix-table.ts';
import { recordBits, recordMask } from './record-layout.ts';
import { RecordTable } from './record-table.ts';
import { packSet } from './set-layout.ts';

const typeNumbers = Object.fromEntries(indicatorTypes.map((type, index) => [type, index])) as Record<ParsedValue['type'], number>;

/** Two 32-bit numbers: from the content of the lists, or those of a channel, whose releases then differ only where their content does. */
export interface Seed {
  a: number;
  b: number;
}

export class SetBuilder {
  private readonly seed: Seed;
  private readonly records = new RecordTable();
  private readonly keys = new KeyTableBuilder();
  private readonly prefixes4 = new PrefixTableIPv4Builder();
  private readonly prefixes6 = new PrefixTableIPv6Builder();
  private readonly state = new KeyState();

  constructor(seed: Seed) {
    this.seed = { a: seed.a | 0, b: seed.b | 0 };
  }

  /** `allow`: an entry of the allow list. Give the same `provenance` object again where it is the same: it saves a lookup. */
  add(value: ParsedValue, provenance: Provenance, allow: boolean): void {
    const record = this.records.numberOf(provenance, allow);
    if (value.type === 'address') {
      if (isIPv4(value.a, value.b, value.c)) this.prefixes4.add(value.d, value.prefixLength, record);
      else this.prefixes6.add(value.a, value.b, value.c, value.d, value.prefixLength, record);
      return;
    }
    const word = (typeNumbers[value.type] << recordBits) | record;
    const tag = value.type === 'domain' && value.exact ? keyTags.domainExact : keyTags[value.type];
    const state = this.hash(value);
    this.keys.add(finishA(state.a, tag), finishB(state.b, tag), word);
  }

  /** Running hash of the whole value; opens the gate on the way where its type has one. */
  private hash(value: ParsedValue): KeyState {
    const { text } = value;
    const state = this.state.reset(this.seed.a, this.seed.b);
    if (value.type === 'address-port') {
      state.unit(value.a).unit(value.b).unit(value.c).unit(value.d);
      this.keys.addGate(finishA(state.a, keyTags.addressGate));
      return state.unit(value.port);
    }
    if (value.type === 'url') {
      const path = text.indexOf('/');
      state.backward(text, 0, path);
      this.keys.addGate(finishA(state.a, keyTags.urlGate));
      return state.forward(text, path, text.length);
    }
    if (value.type !== 'domain') return state.backward(text, 0, text.length);
    // The last two labels: most names that are asked for end here.
    const dot = text.lastIndexOf('.', text.lastIndexOf('.') - 1);
    state.backward(text, dot + 1, text.length);
    this.keys.addGate(finishA(state.a, keyTags.domainGate));
    return state.backward(text, 0, dot + 1);
  }

  /** The compiled set. The builder must not be used afterwards. */
  finish(): Uint8Array {
    const mergeRecords = (one: number, other: number) => this.records.merge(one, other);
    const mergeWords = (one: number, other: number) => (one & ~recordMask) | this.records.merge(one & recordMask, other & recordMask);
    const { table, slots, gate } = this.keys.build(mergeWords);
    const four = this.prefixes4.build(mergeRecords);
    const six = this.prefixes6.build(mergeRecords);
    const counts = new Uint32Array(2 * indicatorTypes.length);
    const count = (type: number, record: number) => {
      const at = this.records.isAllowance(record) ? indicatorTypes.length + type : type;
      counts[at] = counts[at]! + 1;
    };
    for (let at = 2; at < table.length; at += slotWords) {
      const word = table[at]!;
      if (word !== 0) count(word >>> recordBits, word & recordMask);
    }
    for (const record of four.records) count(typeNumbers.address, record);
    for (const record of six.records) count(typeNumbers.address, record);
    const { numbers, records, stringOffsets, stringBytes } = this.records.seal(usesOf(table, four, six));
    for (let at = 2; at < table.length; at += slotWords) {
      const word = table[at]!;
      if (word !== 0) table[at] = (word & ~recordMask) | numbers[word & recordMask]!;
    }
    renumber(four, numbers);
    renumber(six, numbers);
    return packSet({
      seedA: this.seed.a,
      seedB: this.seed.b,
      slots,
      counts,
      table,
      gate,
      starts4: four.starts,
      records4: four.records,
      parents4: four.parents,
      lengths4: four.prefixLengths,
      index4: four.records.length === 0 ? new Uint32Array(0) : indexTop16(four.starts),
      starts6: six.starts,
      records6: six.records,
      parents6: six.parents,
      lengths6: six.prefixLengths,
      records,
      stringOffsets,
      stringBytes,
    });
  }
}

/** The records of all entries, in the order in which the entries stand in the set. */
function* usesOf(table: Int32Array, four: BuiltPrefixTable, six: BuiltPrefixTable): Generator<number> {
  for (let at = 2; at < table.length; at += slotWords) if (table[at] !== 0) yield table[at]! & recordMask;
  yield* four.records;
  yield* six.records;
}

function renumber(table: BuiltPrefixTable, numbers: Uint32Array): void {
  for (let entry = 0; entry < table.records.length; entry++) table.records[entry] = numbers[table.records[entry]!]!;
}
