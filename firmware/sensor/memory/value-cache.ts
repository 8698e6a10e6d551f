/**
 * Values that cost much to make (the hashes of a certificate), by a seeded 64-bit hash of what they are made of, so that those met a
 * moment ago are not made again. A newer one takes the place of an older one. The seed is drawn at start: nobody can aim at a key.
 */
import { randomInt } from 'node:crypto';

const multiplierA = 0x9e3779b1;
const multiplierB = 0x85ebca6b;

export class ValueCache<Value> {
  private readonly keysA: Int32Array;
  private readonly keysB: Int32Array;
  private readonly values: (Value | undefined)[];
  private readonly mask: number;
  private readonly seedA = randomInt(2 ** 32) | 0;
  private readonly seedB = randomInt(2 ** 32) | 0;
  private keyA = 0;
  private keyB = 0;

  /** `entries`: a power of two. */
  constructor(entries: number) {
    this.keysA = new Int32Array(entries);
    this.keysB = new Int32Array(entries);
    this.values = new Array<undefined>(entries).fill(undefined);
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

  find(): Value | undefined {
    const at = this.place();
    return this.keysA[at] === this.keyA && this.keysB[at] === this.keyB ? this.values[at] : undefined;
  }

  put(value: Value): void {
    const at = this.place();
    this.keysA[at] = this.keyA;
    this.keysB[at] = this.keyB;
    this.values[at] = value;
  }

  clear(): void {
    this.values.fill(undefined);
  }

  private place(): number {
    const mixed = Math.imul(this.keyA ^ (this.keyA >>> 16), 0x7feb352d);
    return (mixed ^ (mixed >>> 15)) & this.mask;
  }
}
