/** Finds a key in the hash table of a compiled set, in place. Says which record the key has; knows nothing of values. */
import { gateBit, homeSlot } from './key-hash.ts';
import { distanceMax, slotWords } from './key-table.ts';
import { recordMask } from './record-layout.ts';

export class KeyLookup {
  private readonly table: Int32Array;
  private readonly slots: number;
  private readonly gate: Int32Array;
  private readonly gateBits: number;

  constructor(table: Int32Array, slots: number, gate: Int32Array) {
    this.table = table;
    this.slots = slots;
    this.gate = gate;
    this.gateBits = gate.length * 32;
  }

  /** False when no key of this gate exists: most lookups end with this one read. */
  isGateOpen(a: number): boolean {
    if (this.gateBits === 0) return false;
    const bit = gateBit(a, this.gateBits);
    return ((this.gate[bit >>> 5]! >>> (bit & 31)) & 1) !== 0;
  }

  /** Record of the key; 0 when the set does not have it. */
  record(a: number, b: number): number {
    if (this.slots === 0) return 0;
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
