/**
 * Builds the hash table of all indicators but addresses: slots of three words (key lane A, key lane B, type and record), in the order
 * of their keys. A key's home is proportional to its first lane; it sits there or in the first free slot after its smaller
 * neighbours (linear probing in order). So equal sets give equal tables, and a search for an absent key ends at the first larger one.
 */
import { GrowableInt32 } from './growable.ts';
import { gateBit, homeSlot } from './key-hash.ts';

/** Words of a slot. */
export const slotWords = 3;
/**
 * No key stands further from its home. At this load the distance has a geometric tail (a queue with even service at 80 % use):
 * 5 million keys reach about 35. A set that would pass it gets a larger table.
 */
export const distanceMax = 64;
const load = 0.8;
const growth = 1.15;
/**
 * Bits of the gate for each key that it covers, at least: at most one lookup in nine passes it by chance. Their number is a power of two,
 * so that a few keys more or less leave every other bit where it is.
 */
const gateBitsPerKey = 8;

export interface BuiltKeyTable {
  /** `slots + distanceMax` slots; a slot whose third word is 0 is empty. */
  table: Int32Array;
  /** Slots that can be a home. */
  slots: number;
  gate: Int32Array;
}

function isBefore(a: number, b: number, otherA: number, otherB: number): boolean {
  return a < otherA || (a === otherA && b < otherB);
}

export class KeyTableBuilder {
  private readonly a = new GrowableInt32();
  private readonly b = new GrowableInt32();
  private readonly word = new GrowableInt32();
  private readonly gates = new GrowableInt32();

  /** `word` is not 0. */
  add(a: number, b: number, word: number): void {
    this.a.push(a);
    this.b.push(b);
    this.word.push(word);
  }

  /** Opens the gate for lookups that share this hash. */
  addGate(a: number): void {
    this.gates.push(a);
  }

  /** Merges equal keys with `merge` (of two words) and makes the table. The builder is empty afterwards. */
  build(merge: (one: number, other: number) => number): BuiltKeyTable {
    const unique = this.sortUnique(merge);
    const uniqueCount = unique.length / slotWords;
    // A value of many lists asks for its gate many times; no key has more than one.
    const gate = new Int32Array(gateWords(Math.min(this.gates.length, uniqueCount)));
    let slots = Math.ceil(uniqueCount / load);
    let table = placeInOrder(unique, slots);
    while (table === undefined) {
      slots = Math.ceil(slots * growth) + 1;
      table = placeInOrder(unique, slots);
    }
    const bits = gate.length * 32;
    for (let index = 0; index < this.gates.length; index++) {
      const bit = gateBit(this.gates.at(index), bits);
      gate[bit >>> 5] = gate[bit >>> 5]! | (1 << (bit & 31));
    }
    this.gates.clear();
    return { table, slots, gate };
  }

  /** All keys in order, each once, packed without gaps. Sorts by inserting into a roomy table of the same kind. */
  private sortUnique(merge: (one: number, other: number) => number): Int32Array {
    const count = this.a.length;
    const slots = Math.ceil(count / load);
    const room = new Int32Array((slots + count + 1 < 4096 ? slots + count + 1 : slots + 4096) * slotWords);
    let unique = 0;
    for (let index = 0; index < count; index++) {
      if (insertInOrder(room, slots, this.a.at(index), this.b.at(index), this.word.at(index), merge)) unique++;
    }
    for (const column of [this.a, this.b, this.word]) column.clear();
    let write = 0;
    for (let read = 0; read < room.length; read += slotWords) {
      if (room[read + 2] === 0) continue;
      room[write] = room[read]!;
      room[write + 1] = room[read + 1]!;
      room[write + 2] = room[read + 2]!;
      write += slotWords;
    }
    return room.subarray(0, unique * slotWords);
  }
}

function gateWords(keys: number): number {
  const words = Math.ceil((keys * gateBitsPerKey) / 32);
  return words === 0 ? 0 : 2 ** Math.ceil(Math.log2(words));
}

/** True when the key is new. A run that reaches the end of 4,096 spare slots cannot be: at this load runs have tens of slots. */
function insertInOrder(
  room: Int32Array,
  slots: number,
  a: number,
  b: number,
  word: number,
  merge: (one: number, other: number) => number,
): boolean {
  let at = homeSlot(a, slots) * slotWords;
  while (room[at + 2] !== 0 && isBefore(room[at]!, room[at + 1]!, a, b)) at += slotWords;
  if (room[at + 2] !== 0 && room[at] === a && room[at + 1] === b) {
    room[at + 2] = merge(room[at + 2]!, word);
    return false;
  }
  let end = at;
  while (end < room.length && room[end + 2] !== 0) end += slotWords;
  if (end >= room.length) throw new RangeError('a run of keys left the table');
  room.copyWithin(at + slotWords, at, end);
  room[at] = a;
  room[at + 1] = b;
  room[at + 2] = word;
  return true;
}

/** Lays sorted keys out; undefined when one would stand too far from home. */
function placeInOrder(unique: Int32Array, slots: number): Int32Array | undefined {
  if (unique.length === 0) return new Int32Array(0);
  const table = new Int32Array((slots + distanceMax) * slotWords);
  let free = 0;
  for (let read = 0; read < unique.length; read += slotWords) {
    const home = homeSlot(unique[read]!, slots);
    if (free < home) free = home;
    if (free - home >= distanceMax) return undefined;
    const at = free * slotWords;
    table[at] = unique[read]!;
    table[at + 1] = unique[read + 1]!;
    table[at + 2] = unique[read + 2]!;
    free++;
  }
  return table;
}
