/** Collects the texts of a set's records while it is built, each once, as UTF-8 bytes; a million references are no million objects. */
import { GrowableInt32 } from './growable.ts';
import { IdentityTable } from './identity-table.ts';
import { finishA, finishB, KeyState } from './key-hash.ts';

/** Longer texts are cut: a family or a reference is for a person to read. */
const textLengthMax = 512;
/** UTF-8 bytes of one UTF-16 unit, at most. */
const bytesOfUnit = 3;

export interface PackedStrings {
  /** Where each string begins, in the order of their new numbers; the last is the end. String 0 is the empty one. */
  stringOffsets: Uint32Array;
  stringBytes: Uint8Array;
  /** New number of each old one. */
  numbers: Uint32Array;
}

export class StringTable {
  private readonly identities = new IdentityTable();
  private readonly state = new KeyState();
  private bytes = Buffer.allocUnsafe(1 << 16);
  private used = 0;
  /** End of string n at n - 1. */
  private readonly ends = new GrowableInt32();

  /** Number of the text; 0 for an empty or absent one. */
  numberOf(text: string | undefined): number {
    if (text === undefined || text === '') return 0;
    const length = Math.min(text.length, textLengthMax);
    const { a, b } = this.state.reset(length, length).backward(text, 0, length);
    const number = this.identities.numberOf(finishA(a, 0), finishB(b, 0));
    if (number > this.ends.length) this.store(text, length);
    return number;
  }

  textOf(number: number): string {
    return number === 0 ? '' : this.bytes.toString('utf8', this.start(number), this.ends.at(number - 1));
  }

  /** A number that depends on the text alone, where `numberOf` depends on the order of coming. */
  laneA(number: number): number {
    return number === 0 ? 0 : this.identities.laneA(number);
  }

  laneB(number: number): number {
    return number === 0 ? 0 : this.identities.laneB(number);
  }

  /** The strings with a 1 in `used`, in an order that depends on their content only. */
  pack(used: Uint8Array): PackedStrings {
    const order = new Uint32Array(this.identities.size).map((_, index) => index + 1).filter((number) => used[number] === 1);
    order.sort((one, other) => this.laneA(one) - this.laneA(other) || this.laneB(one) - this.laneB(other));
    const stringOffsets = new Uint32Array(order.length + 2);
    const numbers = new Uint32Array(this.identities.size + 1);
    let length = 0;
    for (const [index, number] of order.entries()) {
      numbers[number] = index + 1;
      stringOffsets[index + 1] = length;
      length += this.ends.at(number - 1) - this.start(number);
    }
    stringOffsets[order.length + 1] = length;
    const stringBytes = new Uint8Array(length);
    for (const [index, number] of order.entries()) {
      this.bytes.copy(stringBytes, stringOffsets[index + 1]!, this.start(number), this.ends.at(number - 1));
    }
    return { stringOffsets, stringBytes, numbers };
  }

  get size(): number {
    return this.identities.size;
  }

  private start(number: number): number {
    return number === 1 ? 0 : this.ends.at(number - 2);
  }

  private store(text: string, length: number): void {
    if (this.used + length * bytesOfUnit > this.bytes.length) {
      const larger = Buffer.allocUnsafe(this.bytes.length * 2);
      this.bytes.copy(larger, 0, 0, this.used);
      this.bytes = larger;
    }
    this.used += this.bytes.write(text.slice(0, length), this.used, 'utf8');
    this.ends.push(this.used);
  }
}
