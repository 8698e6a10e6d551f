/** Numbers and bytes one behind the other, written and read back: what the sections of a block are made of. */

const bytesAtFirst = 4096;
/** LEB128: seven bits a byte. */
const groupBits = 7;
const groupSize = 2 ** groupBits;
/** 32 bits. */
const groupsMax = 5;
export const wordBytes = 4;

export class ByteColumn {
  length = 0;
  private buffer = Buffer.allocUnsafe(bytesAtFirst);

  get bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  byte(value: number): void {
    if (this.length === this.buffer.length) this.reserve(1);
    this.buffer[this.length++] = value;
  }

  /** From 0 to 2^32 - 1; small ones are short. */
  number(value: number): void {
    let rest = value;
    while (rest >= groupSize) {
      this.byte((rest & (groupSize - 1)) | groupSize);
      rest >>>= groupBits;
    }
    this.byte(rest);
  }

  word(value: number): void {
    this.reserve(wordBytes);
    this.length = this.buffer.writeInt32LE(value | 0, this.length);
  }

  add(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** The length in front, so that a reader can pass it over. */
  addColumn(column: ByteColumn): void {
    this.number(column.length);
    this.add(column.bytes);
  }

  clear(): void {
    this.length = 0;
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const wider = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + bytes));
    wider.set(this.bytes);
    this.buffer = wider;
  }
}

/** Reads what `ByteColumn` has written. Past the end it gives 0 and sets `failed`, for good. */
export class ColumnReader {
  failed = false;
  private readonly bytes: Buffer;
  private at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get remaining(): number {
    return this.bytes.length - this.at;
  }

  byte(): number {
    if (this.at < this.bytes.length) return this.bytes[this.at++]!;
    this.failed = true;
    return 0;
  }

  number(): number {
    const { bytes, at } = this;
    // Most numbers are short, and a match reads millions.
    if (at < bytes.length && bytes[at]! < groupSize) {
      this.at = at + 1;
      return bytes[at]!;
    }
    let value = this.byte() & (groupSize - 1);
    let weight = groupSize;
    for (let group = 1; group < groupsMax; group++) {
      const byte = this.byte();
      value += (byte & (groupSize - 1)) * weight;
      if (byte < groupSize) return value;
      weight *= groupSize;
    }
    this.failed = true;
    return 0;
  }

  /** A number that counts things of at least `bytesEach`, of which there cannot be more than there are bytes. */
  count(bytesEach: number): number {
    const value = this.number();
    if (value * bytesEach <= this.remaining) return value;
    this.failed = true;
    return 0;
  }

  word(): number {
    if (this.remaining < wordBytes) return this.fail();
    this.at += wordBytes;
    return this.bytes.readInt32LE(this.at - wordBytes);
  }

  take(length: number): Buffer {
    if (length < 0 || length > this.remaining) {
      this.fail();
      return Buffer.alloc(0);
    }
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** Copies the next bytes to the front of `target`, which has room for them; gives their number. Makes no object, unlike `take`. */
  copyTo(target: Uint8Array, length: number): number {
    const { bytes, at } = this;
    if (length > bytes.length - at) return this.fail();
    for (let index = 0; index < length; index++) target[index] = bytes[at + index]!;
    this.at = at + length;
    return length;
  }

  column(): ColumnReader {
    return new ColumnReader(this.take(this.number()));
  }

  private fail(): 0 {
    this.failed = true;
    this.at = this.bytes.length;
    return 0;
  }
}
