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

  /** The strings in use, in the order of their first use. */
  pack(uses: Iterable<number>): PackedStrings {
    const numbers = new Uint32Array(this.identities.size + 1);
    const order = new GrowableInt32();
    for (const number of uses) {
      if (number === 0 || numbers[number] !== 0) continue;
      order.push(number);
      numbers[number] = order.length;
    }
    const stringOffsets = new Uint32Array(order.length + 2);
    let length = 0;
    for (let index = 0; index < order.length; index++) {
      stringOffsets[index + 1] = length;
      length += this.ends.at(order.at(index) - 1) - this.start(order.at(index));
    }
    stringOffsets[order.length + 1] = length;
    const stringBytes = new Uint8Array(length);
    for (let index = 0; index < order.length; index++) {
      const number = order.at(index);
      this.bytes.copy(stringBytes, stringOffsets[index + 1]!, this.start(number), this.ends.at(number - 1));
    }
    return { stringOffsets, stringBytes, numbers };
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
