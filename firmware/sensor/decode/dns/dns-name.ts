/**
 * Domain names on the wire -> lower-case text without a final dot (`www.evil.example`; the root is `.`).
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
/** Four characters for each byte is the most that `\DDD` needs. */
const scratch = Buffer.alloc(nameBytesMax * 4);

/** Lower case of each byte that stands for itself in text; 0 for those that need an escape. */
const plainCharacters = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte < firstPrintable || byte > lastPrintable || byte === dot || byte === backslash) return 0;
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
});

/** Writes one escaped byte at `length`; returns the new length. */
function writeEscaped(byte: number, length: number): number {
  let at = length;
  scratch[at++] = backslash;
  if (byte === dot || byte === backslash) {
    scratch[at++] = byte;
    return at;
  }
  scratch[at++] = 0x30 + Math.floor(byte / 100);
  scratch[at++] = 0x30 + (Math.floor(byte / 10) % 10);
  scratch[at++] = 0x30 + (byte % 10);
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
   * A refused name gives `''` and sets `fault`. Pointers must lead backwards, each further than the last: that rules out loops.
   */
  read(reader: Reader, messageStart: number): string {
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
        if (length > 0) scratch[length++] = dot;
        length = this.copyLabel(source, size, length);
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
    return length === 0 ? '.' : scratch.toString('latin1', 0, length);
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

  private refuse(fault: Anomaly): '' {
    this.fault = fault;
    return '';
  }

  private copyLabel(source: Reader, size: number, length: number): number {
    if (size > source.remaining) {
      source.skip(size);
      return length;
    }
    let at = length;
    // Ends: every turn takes a byte that stands for itself, or one that is escaped.
    for (let left = size; left > 0; ) {
      const plain = source.translate(left, plainCharacters, scratch, at);
      at += plain;
      left -= plain;
      if (left === 0) break;
      at = writeEscaped(source.u8(), at);
      left--;
    }
    return at;
  }
}
