/**
 * Bounds-checked reading of bytes from the wire. The only place of the sensor that indexes raw bytes of a frame.
 *
 * A short read returns 0, sets `failed` for good and jumps to the end, so a decoder checks once per record instead of once
 * per byte, and no `Error` is made for a packet that an attacker chose. It does not interpret what it reads.
 */
/** What a reader stands on before it is given something. One for all: an array is not cheap to make. */
export const noBytes = new Uint8Array(0);

export class Reader {
  bytes: Uint8Array;
  /** Index in `bytes` of the next byte to read. */
  position: number;
  /** Index in `bytes` one past the last byte that may be read. */
  end: number;
  /** Set by the first read past `end`, and never cleared but by `reset`. */
  failed: boolean;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.end = end < bytes.length ? end : bytes.length;
    this.failed = false;
  }

  /** Points this reader at other bytes. `end` beyond the array is cut to it. */
  reset(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.position = start;
    this.end = end < bytes.length ? end : bytes.length;
    this.failed = false;
  }

  /** Bytes left; 0 after a failure. */
  get remaining(): number {
    return this.end - this.position;
  }

  private fail(): 0 {
    this.failed = true;
    this.position = this.end;
    return 0;
  }

  u8(): number {
    const at = this.position;
    if (at >= this.end) return this.fail();
    this.position = at + 1;
    return this.bytes[at]!;
  }

  /** Big-endian, as every `uN` here: network byte order. */
  u16(): number {
    const at = this.position;
    if (at + 2 > this.end) return this.fail();
    this.position = at + 2;
    const bytes = this.bytes;
    return (bytes[at]! << 8) | bytes[at + 1]!;
  }

  u24(): number {
    const at = this.position;
    if (at + 3 > this.end) return this.fail();
    this.position = at + 3;
    const bytes = this.bytes;
    return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
  }

  /** Unsigned 32 bits. */
  u32(): number {
    return this.i32() >>> 0;
  }

  /** The same 32 bits as a signed integer, which V8 keeps unboxed: for addresses and sequence numbers. */
  i32(): number {
    const at = this.position;
    if (at + 4 > this.end) return this.fail();
    this.position = at + 4;
    const bytes = this.bytes;
    return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }

  /** The byte `ahead` of the position without moving; -1 when it is not there (no failure). */
  peek(ahead = 0): number {
    const at = this.position + ahead;
    return at >= 0 && at < this.end ? this.bytes[at]! : -1;
  }

  /** Two bytes at `ahead` of the position without moving; -1 when they are not there (no failure). */
  peek16(ahead = 0): number {
    const at = this.position + ahead;
    return at >= 0 && at + 2 <= this.end ? (this.bytes[at]! << 8) | this.bytes[at + 1]! : -1;
  }

  skip(length: number): void {
    if (length < 0 || this.position + length > this.end) this.fail();
    else this.position += length;
  }

  /** A reader over the next `length` bytes only, which this one skips. A child cannot read its neighbour. */
  window(length: number): Reader {
    const at = this.position;
    this.skip(length);
    return this.failed ? new Reader(this.bytes, this.end, this.end) : new Reader(this.bytes, at, at + length);
  }

  /** A view (not a copy: it lives as long as the frame) of the next `length` bytes; empty on failure. */
  view(length: number): Uint8Array {
    const at = this.position;
    this.skip(length);
    return this.failed ? this.bytes.subarray(0, 0) : this.bytes.subarray(at, at + length);
  }

  /**
   * Writes the next `length` bytes, each through `table`, to `out` from `at` on, and skips them. Returns how many were written: fewer than
   * `length` where the table has a 0 for a byte, at which the reader then stands. Fails, with 0, when they are not all there.
   */
  translate(length: number, table: Uint8Array, out: Uint8Array, at: number): number {
    const { bytes, position } = this;
    if (position + length > this.end) return this.fail();
    let count = 0;
    while (count < length) {
      const translated = table[bytes[position + count]!]!;
      if (translated === 0) break;
      out[at + count] = translated;
      count++;
    }
    this.position = position + count;
    return count;
  }
}

/**
 * Fields at fixed places of a header whose whole length was asked for once with `has`: one machine load each, and no state to move.
 * For the few headers that every packet has; everything of variable length goes through `Reader`.
 */
export class FixedFields {
  private bytes: Uint8Array = noBytes;
  private view = new DataView(this.bytes.buffer);
  private start = 0;
  /** Bytes from the start that may be read. */
  length = 0;

  reset(bytes: Uint8Array, start: number, end: number): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.start = start;
    this.length = (end < bytes.length ? end : bytes.length) - start;
  }

  /** Offsets count from the start. Asking beyond `length` is a bug of the caller. */
  u8(offset: number): number {
    return this.view.getUint8(this.start + offset);
  }

  u16(offset: number): number {
    return this.view.getUint16(this.start + offset);
  }

  i32(offset: number): number {
    return this.view.getInt32(this.start + offset);
  }
}
