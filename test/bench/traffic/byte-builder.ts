/** Fields become the bytes of one message, network byte order, with lengths filled in afterwards. For tests: it is not fast. */
export class ByteBuilder {
  private bytes = Buffer.alloc(512);
  length = 0;

  u8(value: number): this {
    this.grow(1);
    this.bytes[this.length++] = value;
    return this;
  }

  u16(value: number): this {
    return this.u8(value >>> 8).u8(value);
  }

  u24(value: number): this {
    return this.u8(value >>> 16).u16(value);
  }

  u32(value: number): this {
    return this.u16(value >>> 16).u16(value);
  }

  raw(bytes: Uint8Array): this {
    this.grow(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }

  text(text: string): this {
    return this.raw(Buffer.from(text, 'latin1'));
  }

  /** What `write` appends, behind its own length in `lengthBytes` (1 to 3) bytes. */
  sized(lengthBytes: 1 | 2 | 3, write: (into: this) => void): this {
    const at = this.length;
    for (let left = lengthBytes; left > 0; left--) this.u8(0);
    write(this);
    this.bytes.writeUIntBE(this.length - at - lengthBytes, at, lengthBytes);
    return this;
  }

  /** A copy of what was built. */
  build(): Buffer {
    return Buffer.from(this.bytes.subarray(0, this.length));
  }

  private grow(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = Buffer.alloc(Math.max(this.bytes.length * 2, this.length + more));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}
