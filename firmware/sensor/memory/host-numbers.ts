/** Machines, each with a number in the order in which they came. Bounded by what a column of 16 bits can name; beyond it there is none. */
import { isIPv4 } from '../bytes/address.ts';
import { hostMask, type SeenHost } from './sighting.ts';

/** Of those that came last: asking a map is most of the work on a new row. */
const recentCount = 1024;
const recentShift = 22;
const multiplier = 0x9e3779b1;

export class HostNumbers {
  all: SeenHost[] = [];
  private readonly byKey = new Map<number | string, number>();
  /** Most are asked for again and again, and by the same object. */
  private readonly byObject = new Map<SeenHost, number>();
  private readonly recentWords = new Int32Array(recentCount);
  /** The number + 1. */
  private readonly recentNumbers = new Int32Array(recentCount);

  /** `known`: what else is known of it; another hardware address is another machine. -1: there are too many. */
  numberOf(a: number, b: number, c: number, d: number, known: SeenHost | undefined): number {
    if (known?.mac !== undefined) return this.byObject.get(known) ?? this.numberOfKnown(a, b, c, d, known);
    if (!isIPv4(a, b, c)) return this.slowNumberOf(`${a},${b},${c},${d},`, a, b, c, d, known);
    if (known !== undefined) return this.slowNumberOf(d, a, b, c, d, known);
    const place = Math.imul(d, multiplier) >>> recentShift;
    if (this.recentNumbers[place] !== 0 && this.recentWords[place] === d) return this.recentNumbers[place]! - 1;
    const number = this.slowNumberOf(d, a, b, c, d, undefined);
    this.recentWords[place] = d;
    this.recentNumbers[place] = number + 1;
    return number;
  }

  private numberOfKnown(a: number, b: number, c: number, d: number, known: SeenHost): number {
    const number = this.slowNumberOf(`${a},${b},${c},${d},${known.mac}`, a, b, c, d, known);
    // A machine is another object whenever something new was told of it.
    if (this.byObject.size > hostMask) this.byObject.clear();
    if (number >= 0) this.byObject.set(known, number);
    return number;
  }

  private slowNumberOf(key: number | string, a: number, b: number, c: number, d: number, known: SeenHost | undefined): number {
    const number = this.byKey.get(key);
    if (number !== undefined) {
      if (known?.name !== undefined) this.all[number] = known;
      return number;
    }
    if (this.all.length > hostMask) return -1;
    this.byKey.set(key, this.all.length);
    return this.all.push(known ?? { words: [a, b, c, d] }) - 1;
  }

  clear(): void {
    this.all = [];
    this.byKey.clear();
    this.byObject.clear();
    this.recentNumbers.fill(0);
  }
}
