/**
 * Numbers that cost much to find (where the hashes of a certificate stand), by a seeded 64-bit hash of what they belong to, so that those met a
 * moment ago are not found anew. A newer one takes the place of an older one. The seed is drawn at start: nobody can aim at a key.
 */
import { randomInt } from 'node:crypto';

const multiplierA = 0x9e3779b1;
const multiplierB = 0x85ebca6b;
/** Both halves of the key, and the number + 1, side by side: one line of the processor's cache. */
const shift = 2;

export class ValueCache {
  private readonly words: Int32Array;
  private readonly mask: number;
  private readonly seedA = randomInt(2 ** 32) | 0;
  private readonly seedB = randomInt(2 ** 32) | 0;
  private keyA = 0;
  private keyB = 0;

  /** `entries`: a power of two. */
  constructor(entries: number) {
    this.words = new Int32Array(entries << shift);
    this.mask = entries - 1;
  }

  /** The key is what is mixed in from here on. */
  begin(): void {
    this.keyA = this.seedA;
    this.keyB = this.seedB;
  }

  mix(value: number): void {
    const a = Math.imul(this.keyA ^ value, multiplierA);
    const b = Math.imul(this.keyB ^ value, multiplierB);
    this.keyA = (a << 13) | (a >>> 19);
    this.keyB = (b << 17) | (b >>> 15);
  }

  /** -1 where there is none. */
  find(): number {
    const { words } = this;
    const at = this.place();
    return words[at] === this.keyA && words[at + 1] === this.keyB ? words[at + 2]! - 1 : -1;
  }

  /** `value` is not negative. */
  put(value: number): void {
    const { words } = this;
    const at = this.place();
    words[at] = this.keyA;
    words[at + 1] = this.keyB;
    words[at + 2] = value + 1;
  }

  clear(): void {
    this.words.fill(0);
  }

  private place(): number {
    const mixed = Math.imul(this.keyA ^ (this.keyA >>> 16), 0x7feb352d);
    return ((mixed ^ (mixed >>> 15)) & this.mask) << shift;
  }
}
