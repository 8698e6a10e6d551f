/** Finds a key in the hash table of a compiled set, in place. Says which record the key has; knows nothing of values. */
import { gateBit, homeSlot } from './key-hash.ts';
import { distanceMax, slotWords } from './key-table.ts';
import { recordMask } from './record-layout.ts';

/** At this width, and with three bits for each key, about one miss in eight goes on to the table. */
const filterBitsPerSlot = 4;
const signBit = 0x8000_0000;

/** The three bits of a first lane within its word of the filter: in one word, so that a lookup reads only that. */
function filterBits(a: number): number {
  return (1 << (a & 31)) | (1 << ((a >>> 5) & 31)) | (1 << ((a >>> 10) & 31));
}

export class KeyLookup {
  private readonly table: Int32Array;
  private readonly slots: number;
  private readonly gate: Int32Array;
  private readonly gateBits: number;
  /** A Bloom filter of the table's first lanes, one word for each range of them. A miss, which nearly all lookups are, ends here without a read of the much larger table. */
  private readonly filter: Int32Array;
  private readonly filterShift: number;

  constructor(table: Int32Array, slots: number, gate: Int32Array) {
    this.table = table;
    this.slots = slots;
    this.gate = gate;
    this.gateBits = gate.length * 32;
    this.filterShift = Math.min(31, Math.clz32(slots * filterBitsPerSlot) + 5); // a word has 32 bits
    this.filter = filterOf(table, this.filterShift);
  }

  /** False when no key of this gate exists: most lookups end with this one read. */
  isGateOpen(a: number): boolean {
    if (this.gateBits === 0) return false;
    const bit = gateBit(a, this.gateBits);
    return ((this.gate[bit >>> 5]! >>> (bit & 31)) & 1) !== 0;
  }

  /** False: no key begins with this lane. */
  mayHave(a: number): boolean {
    const bits = filterBits(a);
    return (this.filter[(a ^ signBit) >>> this.filterShift]! & bits) === bits;
  }

  /** Record of the key; 0 when the set does not have it. */
  record(a: number, b: number): number {
    if (this.slots === 0) return 0;
    if (!this.mayHave(a)) return 0;
    const table = this.table;
    let at = homeSlot(a, this.slots) * slotWords;
    for (let distance = 0; distance < distanceMax; distance++, at += slotWords) {
      const word = table[at + 2]!;
      if (word === 0) return 0;
      const slotA = table[at]!;
      if (slotA > a) return 0;
      if (slotA === a && table[at + 1] === b) return word & recordMask;
    }
    return 0;
  }
}

function filterOf(table: Int32Array, shift: number): Int32Array {
  const filter = new Int32Array(2 ** (32 - shift));
  for (let at = 0; at < table.length; at += slotWords) {
    if (table[at + 2] === 0) continue;
    const a = table[at]!;
    filter[(a ^ signBit) >>> shift]! |= filterBits(a);
  }
  return filter;
}
