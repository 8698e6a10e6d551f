/**
 * Turns a value into the 64-bit key it has in the compiled table: two 32-bit lanes, seeded. Builder and lookups share these steps.
 * Not cryptographic: the table is fixed once built, so nobody can flood it, and the seed comes from the lists' content, so that
 * nobody who lacks them can make a name that collides with an allowance.
 *
 * A lane takes one unit (a character code or a 32-bit word) at a time: xor, odd multiplication, rotation. The rotation matters:
 * without it the low bits of the state depend on the low bits of the characters only. Every prefix of the units has a usable
 * state, so one pass over a name gives the keys of all its parents.
 */

/** Kept apart in the key, so that a name in two lists of different kind has two keys. */
export const keyTags = {
  domain: 1,
  domainExact: 2,
  url: 3,
  ja3: 4,
  ja4: 5,
  'cert-sha1': 6,
  'cert-sha256': 7,
  'user-agent': 8,
  'address-port': 9,
  domainGate: 10,
  addressGate: 11,
  urlGate: 12,
} as const;

/** Odd, without a short cycle together with the rotation; 2^32 and 2^31.5 divided by the golden ratio. */
const multiplierA = 0x9e3779b1;
const multiplierB = 0x6fdb9d37;

export function stepA(state: number, unit: number): number {
  const product = Math.imul(state ^ unit, multiplierA);
  return (product << 13) | (product >>> 19);
}

export function stepB(state: number, unit: number): number {
  const product = Math.imul(state ^ unit, multiplierB);
  return (product << 17) | (product >>> 15);
}

/** First lane of the key; decides the slot, hence the full mixing (a bijection with low bias, C. Wellons' search). */
export function finishA(state: number, tag: number): number {
  let mixed = state ^ Math.imul(tag, 0x3c6ef372);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return mixed ^ (mixed >>> 16);
}

/** Second lane; only compared, so no mixing. */
export function finishB(state: number, tag: number): number {
  return (state ^ Math.imul(tag, 0x1b873593)) | 0;
}

/** Slot of a first lane in a table of `slots`. Grows with the signed lane, so a table in order of slots is in order of keys. */
export function homeSlot(laneA: number, slots: number): number {
  return Math.floor(((laneA + 0x80000000) * slots) / 0x100000000);
}

/** Bit of a first lane in a gate of `bits`. */
export const gateBit = homeSlot;

/** Both lanes of a running hash; reused, so hashing makes no garbage. */
export class KeyState {
  a = 0;
  b = 0;

  reset(seedA: number, seedB: number): this {
    this.a = seedA;
    this.b = seedB;
    return this;
  }

  unit(unit: number): this {
    this.a = stepA(this.a, unit);
    this.b = stepB(this.b, unit);
    return this;
  }

  /** From the right end to `start`: names share their endings. */
  backward(text: string, start: number, end: number): this {
    let { a, b } = this;
    for (let at = end - 1; at >= start; at--) {
      const unit = text.charCodeAt(at);
      a = stepA(a, unit);
      b = stepB(b, unit);
    }
    this.a = a;
    this.b = b;
    return this;
  }

  forward(text: string, start: number, end: number): this {
    let { a, b } = this;
    for (let at = start; at < end; at++) {
      const unit = text.charCodeAt(at);
      a = stepA(a, unit);
      b = stepB(b, unit);
    }
    this.a = a;
    this.b = b;
    return this;
  }
}
