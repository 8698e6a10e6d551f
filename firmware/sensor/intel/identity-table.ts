/**
 * Gives things numbers from 1 in the order in which they come, the same number to equal ones. A thing is known by 64 bits of hash, which
 * its owner computes; the things themselves lie with the owner. Typed arrays only: a million entries cost 24 MB and no work for the collector.
 */
import { GrowableInt32 } from './growable.ts';
import { homeSlot } from './key-hash.ts';

const firstSlots = 1024;

export class IdentityTable {
  /** Lanes of number n at n - 1. */
  private readonly a = new GrowableInt32();
  private readonly b = new GrowableInt32();
  private slots = new Int32Array(firstSlots);

  get size(): number {
    return this.a.length;
  }

  laneA(number: number): number {
    return this.a.at(number - 1);
  }

  laneB(number: number): number {
    return this.b.at(number - 1);
  }

  /** The number with these lanes; a new one, equal to the new `size`, when there is none. Lane `a` must be well mixed. */
  numberOf(a: number, b: number): number {
    const at = this.slotOf(a, b);
    const number = this.slots[at]!;
    if (number !== 0) return number;
    this.a.push(a);
    this.b.push(b);
    this.slots[at] = this.size;
    if (this.size * 2 > this.slots.length) this.grow();
    return this.size;
  }

  /** The number with these lanes, or 0. */
  find(a: number, b: number): number {
    return this.slots[this.slotOf(a, b)]!;
  }

  /** Where the lanes are, or where they would go. */
  private slotOf(a: number, b: number): number {
    let at = homeSlot(a, this.slots.length);
    for (;;) {
      const number = this.slots[at]!;
      if (number === 0 || (this.laneA(number) === a && this.laneB(number) === b)) return at;
      at = at + 1 === this.slots.length ? 0 : at + 1;
    }
  }

  private grow(): void {
    const slots = new Int32Array(this.slots.length * 2);
    for (let number = 1; number <= this.size; number++) {
      let at = homeSlot(this.laneA(number), slots.length);
      while (slots[at] !== 0) at = at + 1 === slots.length ? 0 : at + 1;
      slots[at] = number;
    }
    this.slots = slots;
  }
}
