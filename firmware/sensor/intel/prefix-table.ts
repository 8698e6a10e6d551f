/**
 * Builds the tables of addresses and networks: entries sorted by start and then by length, each with the entry that encloses it.
 * Networks nest and never cross, so the most exact one around an address is the last entry that starts at or before it, or
 * one of that entry's enclosers. Equal networks are merged.
 */
import { GrowableInt32 } from './growable.ts';
import { maskWord } from './parse-address.ts';
import { recordBits, recordMask } from './record-layout.ts';

export interface BuiltPrefixTable {
  /** First address: one word with its top bit flipped for IPv4 (so that signed order is address order), four words for IPv6. */
  starts: Int32Array;
  records: Int32Array;
  /** Index of the enclosing entry, or -1. */
  parents: Int32Array;
  prefixLengths: Uint8Array;
}

export const noParent = -1;
/** The top bit: turns unsigned order into signed order. */
export const orderBit = 0x80000000 | 0;

type Merge = (one: number, other: number) => number;

/** Finds each entry's encloser: walks in order and keeps the chain of open networks. */
function linkParents(prefixLengths: Uint8Array, contains: (outer: number, inner: number) => boolean): Int32Array {
  const parents = new Int32Array(prefixLengths.length);
  for (let entry = 0; entry < parents.length; entry++) {
    let outer = entry - 1;
    while (outer >= 0 && !contains(outer, entry)) outer = parents[outer]!;
    parents[entry] = outer < 0 ? noParent : outer;
  }
  return parents;
}

/** Entries of 64 bits (start, then prefix length over record), which the runtime sorts natively. Words are little-endian. */
export class PrefixTableIPv4Builder {
  private readonly starts = new GrowableInt32();
  private readonly rest = new GrowableInt32();

  add(start: number, prefixLength: number, record: number): void {
    this.starts.push(start);
    this.rest.push((prefixLength << recordBits) | record);
  }

  build(merge: Merge): BuiltPrefixTable {
    const count = this.starts.length;
    const keys = new BigUint64Array(count);
    const words = new Uint32Array(keys.buffer);
    for (let entry = 0; entry < count; entry++) {
      words[2 * entry] = this.rest.at(entry);
      words[2 * entry + 1] = this.starts.at(entry);
    }
    this.starts.clear();
    this.rest.clear();
    keys.sort();
    const starts = new Int32Array(count);
    const records = new Int32Array(count);
    const prefixLengths = new Uint8Array(count);
    let unique = 0;
    for (let entry = 0; entry < count; entry++) {
      const start = words[2 * entry + 1]! ^ orderBit;
      const prefixLength = words[2 * entry]! >>> recordBits;
      const record = words[2 * entry]! & recordMask;
      const last = unique - 1;
      if (unique > 0 && starts[last] === start && prefixLengths[last] === prefixLength) {
        records[last] = merge(records[last]!, record);
        continue;
      }
      starts[unique] = start;
      records[unique] = record;
      prefixLengths[unique] = prefixLength;
      unique++;
    }
    const lengths = prefixLengths.slice(0, unique);
    const parents = linkParents(lengths, (outer, inner) => maskWord(starts[outer]! ^ starts[inner]!, 0, lengths[outer]!) === 0);
    return { starts: starts.slice(0, unique), records: records.slice(0, unique), parents, prefixLengths: lengths };
  }
}

export class PrefixTableIPv6Builder {
  private readonly words = new GrowableInt32();
  private readonly rest = new GrowableInt32();

  add(a: number, b: number, c: number, d: number, prefixLength: number, record: number): void {
    for (const word of [a, b, c, d]) this.words.push(word);
    this.rest.push(record);
    this.rest.push(prefixLength);
  }

  build(merge: Merge): BuiltPrefixTable {
    const count = this.rest.length / 2;
    const order = new Uint32Array(count).map((_, entry) => entry);
    order.sort((one, other) => this.compare(one, other) || this.rest.at(2 * one) - this.rest.at(2 * other));
    const starts = new Int32Array(4 * count);
    const records = new Int32Array(count);
    const prefixLengths = new Uint8Array(count);
    let unique = 0;
    for (const [place, entry] of order.entries()) {
      const record = this.rest.at(2 * entry);
      if (place > 0 && this.compare(order[place - 1]!, entry) === 0) {
        records[unique - 1] = merge(records[unique - 1]!, record);
        continue;
      }
      for (let word = 0; word < 4; word++) starts[4 * unique + word] = this.words.at(4 * entry + word);
      records[unique] = record;
      prefixLengths[unique] = this.rest.at(2 * entry + 1);
      unique++;
    }
    const lengths = prefixLengths.slice(0, unique);
    const parents = linkParents(lengths, (outer, inner) => isWithin(starts, outer, inner, lengths[outer]!));
    return { starts: starts.slice(0, 4 * unique), records: records.slice(0, unique), parents, prefixLengths: lengths };
  }

  private compare(one: number, other: number): number {
    for (let word = 0; word < 4; word++) {
      const difference = (this.words.at(4 * one + word) >>> 0) - (this.words.at(4 * other + word) >>> 0);
      if (difference !== 0) return difference;
    }
    return this.rest.at(2 * one + 1) - this.rest.at(2 * other + 1);
  }
}

function isWithin(starts: Int32Array, outer: number, inner: number, prefixLength: number): boolean {
  for (let word = 0; word < 4; word++) {
    if (maskWord(starts[4 * outer + word]! ^ starts[4 * inner + word]!, word, prefixLength) !== 0) return false;
  }
  return true;
}

/** Entries that start below each value of the top 16 bits: 65,537 numbers. */
export function indexTop16(starts: Int32Array): Uint32Array {
  const index = new Uint32Array(65537);
  for (const start of starts) {
    const bucket = (start ^ orderBit) >>> 16;
    index[bucket + 1] = index[bucket + 1]! + 1;
  }
  for (let bucket = 1; bucket < index.length; bucket++) index[bucket] = index[bucket]! + index[bucket - 1]!;
  return index;
}
