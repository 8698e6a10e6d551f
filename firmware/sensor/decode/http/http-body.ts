/** Finds where the body of an HTTP/1 message ends (RFC 9112 §6 and §7) without looking at what is in it. */
import { noBytes, Reader } from '../../bytes/reader.ts';

/** Size of a chunk in hexadecimal, extensions and line end; what servers send has under 20 bytes. */
const sizeLineBytesMax = 1024;
/** RFC 9112 §7.1.2: as large as a head may be. */
const trailerBytesMax = 16_384;
/** Eleven hexadecimal digits: 16 TiB. */
const chunkBytesMax = 2 ** 44;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

type Part = 'none' | 'length' | 'close' | 'chunk-size' | 'chunk-extension' | 'chunk-data' | 'chunk-end' | 'trailer' | 'broken';

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

export class HttpBody {
  /** Bytes that may be passed over unseen from here on; Infinity for a body that ends with the connection. */
  bytesLeft = 0;
  private part: Part = 'none';
  private size = 0;
  private digits = 0;
  private lineBytes = 0;
  private partBytes = 0;
  private readonly reader = new Reader(noBytes);

  get done(): boolean {
    return this.part === 'none';
  }

  /** Not what RFC 9112 §7.1 says: where the body ends is unknown. */
  get broken(): boolean {
    return this.part === 'broken';
  }

  beginNone(): void {
    this.begin('none', 0);
  }

  beginLength(bytes: number): void {
    this.begin(bytes === 0 ? 'none' : 'length', bytes);
  }

  beginUntilClose(): void {
    this.begin('close', Number.POSITIVE_INFINITY);
  }

  beginChunked(): void {
    this.begin('chunk-size', 0);
  }

  /** `count` bytes of the body went by unseen; at most `bytesLeft`. */
  skip(count: number): void {
    this.bytesLeft -= count;
    if (this.bytesLeft > 0) return;
    if (this.part === 'length') this.begin('none', 0);
    else if (this.part === 'chunk-data') this.begin('chunk-end', 0);
  }

  /** Takes bytes of the body; returns the index one past the last that belongs to it. */
  take(bytes: Uint8Array, start: number, end: number): number {
    let position = start;
    while (position < end && this.part !== 'none' && this.part !== 'broken') {
      if (this.bytesLeft > 0) {
        const count = Math.min(this.bytesLeft, end - position);
        this.skip(count);
        position += count;
      } else position = this.takeLines(bytes, position, end);
    }
    return position;
  }

  private begin(part: Part, bytesLeft: number): void {
    this.part = part;
    this.bytesLeft = bytesLeft;
    this.size = 0;
    this.digits = 0;
    this.lineBytes = 0;
    this.partBytes = 0;
  }

  private takeLines(bytes: Uint8Array, start: number, end: number): number {
    const reader = this.reader;
    reader.reset(bytes, start, end);
    while (reader.remaining > 0 && this.bytesLeft === 0 && this.part !== 'none' && this.part !== 'broken') this.takeByte(reader.u8());
    return reader.position;
  }

  private takeByte(byte: number): void {
    this.partBytes++;
    if (byte === lineFeed) this.endLine();
    else if (this.part === 'chunk-size') this.takeSize(byte);
    else if (this.part === 'chunk-end') {
      if (byte !== carriageReturn || this.partBytes > 1) this.begin('broken', 0);
    } else if (byte !== carriageReturn) this.lineBytes++;
    if (this.partBytes > (this.part === 'trailer' ? trailerBytesMax : sizeLineBytesMax)) this.begin('broken', 0);
  }

  private takeSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.size = this.size * 16 + digit;
      this.digits++;
      if (this.size >= chunkBytesMax) this.begin('broken', 0);
    } else if (this.digits === 0) this.begin('broken', 0);
    else this.part = 'chunk-extension';
  }

  private endLine(): void {
    const { part, size, digits, lineBytes } = this;
    if (part === 'chunk-end') this.begin('chunk-size', 0);
    else if (part === 'trailer') {
      if (lineBytes === 0) this.begin('none', 0);
      else this.lineBytes = 0;
    } else if (digits === 0) this.begin('broken', 0);
    else if (size === 0) this.begin('trailer', 0);
    else this.begin('chunk-data', size);
  }
}
