/** Finds the most exact live network around an address in the sorted tables of a compiled set, in place. See `prefix-table.ts`. */
import { orderBit } from './prefix-table.ts';
import type { RecordLookup } from './record-lookup.ts';

/** A chain of enclosing networks has at most one entry for each prefix length. */
const chainMax = 129;
/** Addresses of a block, as a power of two: half a megabyte of bits for all of IPv4. */
const blockShift = 10;

export class PrefixLookupIPv4 {
  /** Of the last hit. */
  record = 0;
  prefixLength = 0;
  private readonly starts: Int32Array;
  private readonly recordOf: Int32Array;
  private readonly parents: Int32Array;
  private readonly lengths: Uint8Array;
  private readonly index: Uint32Array;
  private readonly records: RecordLookup;
  /** One bit for each block of 1,024 addresses, set where a network of the set lies in it or around it: most misses end here. */
  private readonly blocks: Int32Array;

  constructor(
    starts: Int32Array,
    recordOf: Int32Array,
    parents: Int32Array,
    lengths: Uint8Array,
    index: Uint32Array,
    records: RecordLookup,
  ) {
    this.starts = starts;
    this.recordOf = recordOf;
    this.parents = parents;
    this.lengths = lengths;
    this.index = index;
    this.records = records;
    this.blocks = blocksOf(starts, lengths);
  }

  /** True on a hit, which is then in `record` and `prefixLength`. */
  find(address: number, nowMs: number): boolean {
    if (this.recordOf.length === 0) return false;
    const block = address >>> blockShift;
    if (((this.blocks[block >>> 5]! >>> (block & 31)) & 1) === 0) return false;
    const starts = this.starts;
    const ordered = address ^ orderBit;
    const bucket = address >>> 16;
    let low = this.index[bucket]!;
    let high = this.index[bucket + 1]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (starts[middle]! <= ordered) low = middle + 1;
      else high = middle;
    }
    let entry = low - 1;
    for (let step = 0; step < chainMax && entry >= 0; step++) {
      const length = this.lengths[entry]!;
      if (agrees(starts[entry]! ^ ordered, length)) {
        const record = this.records.live(this.recordOf[entry]!, nowMs);
        if (record !== 0) {
          this.record = record;
          this.prefixLength = length;
          return true;
        }
      }
      entry = this.parents[entry]!;
    }
    return false;
  }
}

function blocksOf(starts: Int32Array, lengths: Uint8Array): Int32Array {
  if (starts.length === 0) return new Int32Array(0);
  const blocks = new Int32Array(2 ** (32 - blockShift) / 32);
  for (let entry = 0; entry < starts.length; entry++) {
    const first = (starts[entry]! ^ orderBit) >>> blockShift;
    const count = 2 ** Math.max(0, 32 - blockShift - lengths[entry]!);
    for (let block = first; block < first + count; block++) blocks[block >>> 5]! |= 1 << (block & 31);
  }
  return blocks;
}

export class PrefixLookupIPv6 {
  /** Of the last hit. */
  record = 0;
  prefixLength = 0;
  private readonly starts: Int32Array;
  private readonly recordOf: Int32Array;
  private readonly parents: Int32Array;
  private readonly lengths: Uint8Array;
  private readonly records: RecordLookup;

  constructor(starts: Int32Array, recordOf: Int32Array, parents: Int32Array, lengths: Uint8Array, records: RecordLookup) {
    this.starts = starts;
    this.recordOf = recordOf;
    this.parents = parents;
    this.lengths = lengths;
    this.records = records;
  }

  /** True on a hit, which is then in `record` and `prefixLength`. */
  find(a: number, b: number, c: number, d: number, nowMs: number): boolean {
    let low = 0;
    let high = this.recordOf.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.startsAfter(middle, a, b, c, d)) high = middle;
      else low = middle + 1;
    }
    let entry = low - 1;
    for (let step = 0; step < chainMax && entry >= 0; step++) {
      if (this.contains(entry, a, b, c, d)) {
        const record = this.records.live(this.recordOf[entry]!, nowMs);
        if (record !== 0) {
          this.record = record;
          this.prefixLength = this.lengths[entry]!;
          return true;
        }
      }
      entry = this.parents[entry]!;
    }
    return false;
  }

  private startsAfter(entry: number, a: number, b: number, c: number, d: number): boolean {
    const at = 4 * entry;
    const starts = this.starts;
    if (starts[at] !== a) return (starts[at]! ^ orderBit) > (a ^ orderBit);
    if (starts[at + 1] !== b) return (starts[at + 1]! ^ orderBit) > (b ^ orderBit);
    if (starts[at + 2] !== c) return (starts[at + 2]! ^ orderBit) > (c ^ orderBit);
    return (starts[at + 3]! ^ orderBit) > (d ^ orderBit);
  }

  private contains(entry: number, a: number, b: number, c: number, d: number): boolean {
    const at = 4 * entry;
    const length = this.lengths[entry]!;
    return (
      agrees(this.starts[at]! ^ a, length) &&
      agrees(this.starts[at + 1]! ^ b, length - 32) &&
      agrees(this.starts[at + 2]! ^ c, length - 64) &&
      agrees(this.starts[at + 3]! ^ d, length - 96)
    );
  }
}

/** True when the first `bits` bits of the difference are 0. */
function agrees(difference: number, bits: number): boolean {
  if (difference === 0 || bits <= 0) return true;
  return bits < 32 && difference >>> (32 - bits) === 0;
}
