/**
 * A seed becomes an endless, repeatable stream of numbers. Not for keys: it is predictable by design, so that a fault found once is
 * found again.
 */

/** xoshiro128** 1.1 (Blackman and Vigna, https://prng.di.unimi.it/), its state filled from the seed by splitmix32. */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  constructor(seed: number) {
    let state = seed | 0;
    const next = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      return mixed ^ (mixed >>> 15);
    };
    this.a = next();
    this.b = next();
    this.c = next();
    this.d = next() | 1; // all four zero is the one state that never moves
  }

  /** 32 uniform bits as a signed integer. */
  i32(): number {
    const product = Math.imul(this.b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const shifted = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= shifted;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result | 0;
  }

  u32(): number {
    return this.i32() >>> 0;
  }

  /** An integer from 0 up to, not including, `limit` (at most 2^32). */
  below(limit: number): number {
    return Math.floor((this.i32() >>> 0) * 2.3283064365386963e-10 * limit);
  }

  /** An integer from `low` to `high`, both possible. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** A number from 0 up to, not including, 1. */
  unit(): number {
    return (this.i32() >>> 0) * 2.3283064365386963e-10;
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new RangeError('pick from nothing');
    return choice;
  }

  bytes(length: number): Buffer {
    const made = Buffer.allocUnsafe(length);
    let at = 0;
    for (; at + 4 <= length; at += 4) made.writeInt32LE(this.i32(), at);
    for (; at < length; at++) made[at] = this.i32() >>> 24;
    return made;
  }
}
