/**
 * Domain names on the wire -> lower-case text without a final dot (`www.evil.example`; the root is `.`), made when it is asked for: a name is
 * checked as it is passed, and most are then only compared with what is known, for which their characters are enough.
 *
 * A byte outside printable ASCII becomes `\DDD` and a dot or backslash inside a label gets a backslash (RFC 4343 §2.1), so two names
 * that differ on the wire differ in text, but for case. It does not judge whether a name makes sense as a host name.
 */
import { noBytes, Reader } from '../../bytes/reader.ts';
import type { Anomaly } from '../anomaly.ts';

/** RFC 1035 §3.1: a name has at most 255 bytes, length bytes and the root's included. */
const nameBytesMax = 255;
/** RFC 1035 §4.1.4: the two high bits of a length byte mark a pointer; 01 and 10 are not in use. */
const pointerMark = 0xc0;
/** A name holds at most 127 labels; real encoders need one pointer, so this is generous. */
const pointersMax = 128;
/** RFC 1035 §4.1.1: no name lies within the header. */
const headerBytes = 12;

const dot = 0x2e;
const backslash = 0x5c;
const firstPrintable = 0x21;
const lastPrintable = 0x7e;
/** Longest text of a name: four characters for each byte is the most that `\DDD` needs. */
export const nameTextMax = nameBytesMax * 4;
const scratch = Buffer.alloc(nameTextMax);
/** Of the name that was last told to write its text; the same bytes as words, for whoever copies them. */
export const nameTextWords = new Int32Array(nameTextMax / 4);
export const nameText = Buffer.from(nameTextWords.buffer);

/** Lower case of each byte that stands for itself in text; 0 for those that need an escape. */
const plainCharacters = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte < firstPrintable || byte > lastPrintable || byte === dot || byte === backslash) return 0;
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
});

/** Writes one escaped byte at `length`; returns the new length. */
function writeEscaped(byte: number, out: Uint8Array, length: number): number {
  let at = length;
  out[at++] = backslash;
  if (byte === dot || byte === backslash) {
    out[at++] = byte;
    return at;
  }
  out[at++] = 0x30 + Math.floor(byte / 100);
  out[at++] = 0x30 + (Math.floor(byte / 10) % 10);
  out[at++] = 0x30 + (byte % 10);
  return at;
}

/** Writes a label of `size` bytes at `length`; returns the new length. A label that is cut fails the reader, and nothing is written. */
function writeLabel(source: Reader, size: number, out: Uint8Array, length: number): number {
  if (size > source.remaining) {
    source.skip(size);
    return length;
  }
  let at = length;
  // Ends: every turn takes a byte that stands for itself, or one that is escaped.
  for (let left = size; left > 0; ) {
    const plain = source.translate(left, plainCharacters, out, at);
    at += plain;
    left -= plain;
    if (left === 0) break;
    at = writeEscaped(source.u8(), out, at);
    left--;
  }
  return at;
}

/** Reads names of one message after another. Holds nothing between names but the last fault. */
export class NameReader {
  /** Why the last name was refused; undefined when it was read whole. */
  fault: Anomaly | undefined;
  /** Follows pointers, so that the caller's reader only ever moves forward. */
  private readonly pointed = new Reader(noBytes);

  /**
   * Reads the name at the reader's position and leaves the reader behind it. `messageStart` is the index that pointers count from.
   * A refused name gives `''` and sets `fault`.
   */
  read(reader: Reader, messageStart: number): string {
    const length = this.walk(reader, messageStart, scratch);
    return this.fault === undefined ? scratch.toString('latin1', 0, length) : '';
  }

  /** As `read`, but makes the text only when somebody asks for it. Of a refused name, which sets `fault`, there is none. */
  readLazily(reader: Reader, messageStart: number): DnsName {
    const start = reader.position;
    if (!this.skipPlain(reader)) this.walk(reader, messageStart, undefined);
    return new DnsName(reader.bytes, start, this.fault === undefined ? reader.position : start, messageStart);
  }

  /**
   * Writes the characters of the name to `out`, which has room for `nameTextMax`, and returns their number; without `out` the name is only
   * checked. Pointers must lead backwards, each further than the last: that rules out loops.
   */
  walk(reader: Reader, messageStart: number, out: Uint8Array | undefined): number {
    this.fault = undefined;
    let source = reader;
    let segmentStart = reader.position;
    let wireBytes = 1;
    let length = 0;
    let pointers = 0;
    // Ends: every turn either adds to `wireBytes` or to `pointers`, and both are capped.
    for (;;) {
      const size = source.u8();
      if (size === 0) break;
      if (size < 64) {
        wireBytes += size + 1;
        if (wireBytes > nameBytesMax) return this.refuse('dns.name-too-long');
        if (out === undefined) source.skip(size);
        else {
          if (length > 0) out[length++] = dot;
          length = writeLabel(source, size, out, length);
        }
        continue;
      }
      if (size < pointerMark) return this.refuse('dns.bad-name');
      const offset = ((size & 0x3f) << 8) | source.u8();
      if (source.failed) return this.refuse('dns.truncated');
      if (offset < headerBytes) return this.refuse('dns.bad-name');
      const target = messageStart + offset;
      if (target >= segmentStart || ++pointers > pointersMax) return this.refuse('dns.compression-loop');
      this.pointed.reset(reader.bytes, target, segmentStart);
      source = this.pointed;
      segmentStart = target;
    }
    if (source.failed) return this.refuse(source === reader ? 'dns.truncated' : 'dns.bad-name');
    if (length > 0 || out === undefined) return length;
    out[0] = dot;
    return 1;
  }

  /** Moves behind a name without pointers or fault, as nearly every question's is. False: it is another, and the reader stays before it. */
  private skipPlain(reader: Reader): boolean {
    let length = 0;
    // Ends: every turn adds to `length`.
    while (length < nameBytesMax) {
      const size = reader.peek(length);
      if (size < 0 || size >= 64) return false;
      length += size + 1;
      if (size > 0) continue;
      this.fault = undefined;
      reader.skip(length); // at most `nameBytesMax`: only the byte that ends the name was added since that was asked
      return true;
    }
    return false;
  }

  /** Moves behind a name without reading it: pointers are not followed. False when it is cut or malformed. */
  skip(reader: Reader): boolean {
    let wireBytes = 0;
    while (wireBytes < nameBytesMax) {
      const size = reader.u8();
      if (size === 0) return !reader.failed;
      if (size >= pointerMark) {
        reader.skip(1);
        return !reader.failed;
      }
      if (size >= 64) return false;
      reader.skip(size);
      wireBytes += size + 1;
    }
    return false;
  }

  private refuse(fault: Anomaly): 0 {
    this.fault = fault;
    return 0;
  }
}

/** A name where it lies in its message, whole and checked. Its text is made from the message's bytes, which must still be there when it is first asked for. */
export class DnsName {
  private readonly bytes: Uint8Array;
  private readonly start: number;
  private readonly end: number;
  private readonly messageStart: number;
  private made: string | undefined;

  constructor(bytes: Uint8Array, start: number, end: number, messageStart: number) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.messageStart = messageStart;
    this.made = undefined;
  }

  get text(): string {
    this.made ??= nameText.toString('latin1', 0, this.writeText());
    return this.made;
  }

  /** Writes the characters of the text to `nameText`; returns their number. Several listeners ask for the same name, one after the other. */
  writeText(): number {
    if (written === this) return writtenLength;
    own.reset(this.bytes, this.start, this.end);
    writtenLength = names.walk(own, this.messageStart, nameText);
    written = this;
    return writtenLength;
  }
}

/** Whose text is in `nameText`. */
let written: DnsName | undefined;
let writtenLength = 0;
const names = new NameReader();
const own = new Reader(noBytes);
