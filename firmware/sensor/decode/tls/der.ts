/**
 * Reads the tag-length-value elements of DER (ITU-T X.690) within a bounds-checked reader. It knows tags and lengths, and the
 * few primitive values that a certificate's names and dates need; it does not know certificates.
 */

import { Reader } from '../../bytes/reader.ts';

/** X.690 §8.1.2 and X.680 §8: identifier octets as they stand on the wire. */
export const TAG_INTEGER = 0x02;
export const TAG_OBJECT_IDENTIFIER = 0x06;
export const TAG_UTC_TIME = 0x17;
export const TAG_GENERALIZED_TIME = 0x18;
export const TAG_SEQUENCE = 0x30;
export const TAG_SET = 0x31;
/** `[0]`, constructed. */
export const TAG_CONTEXT_0 = 0xa0;

/** X.690 §8.1.3.5: the first octet of a long length says how many octets follow. */
const LONG_LENGTH_FLAG = 0x80;
/** A certificate is at most 2^24 - 1 bytes long (RFC 5246 §7.4.2). */
const lengthOctetsMax = 3;
const arcsMax = 32;
/** An arc beyond 2^49 is no arc that anybody registered. */
const arcMax = 2 ** 49;

export interface Element {
  tag: number;
  /** Sees the content octets only. */
  content: Reader;
}

/** The next element, whose bytes `reader` skips. A cut or indefinite length fails `reader` and gives an empty, failed content. */
export function readElement(reader: Reader): Element {
  const tag = reader.u8();
  let length = reader.u8();
  if ((length & LONG_LENGTH_FLAG) !== 0) {
    const octets = length & ~LONG_LENGTH_FLAG;
    length = octets === 0 || octets > lengthOctetsMax ? -1 : 0;
    for (let octet = 0; length >= 0 && octet < octets; octet++) length = (length << 8) | reader.u8();
  }
  if (length < 0 || length > reader.remaining) reader.skip(reader.remaining + 1);
  if (reader.failed) return { tag, content: failedReader(reader) };
  return { tag, content: reader.window(length) };
}

/** The content of the next element, which must have `tag`; else `reader` is failed. */
export function readTagged(reader: Reader, tag: number): Reader {
  const element = readElement(reader);
  if (element.tag !== tag && !reader.failed) reader.skip(reader.remaining + 1);
  return reader.failed ? failedReader(reader) : element.content;
}

/** All that is left, as lower-case hex. */
export function readHex(content: Reader): string {
  const view = content.view(content.remaining);
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('hex');
}

/** Dotted form, `2.5.4.3` (X.690 §8.19); `undefined` for what is none. */
export function readObjectIdentifier(content: Reader): string | undefined {
  const arcs: number[] = [];
  while (content.remaining > 0) {
    const arc = readArc(content);
    if (arc === undefined || arcs.length >= arcsMax) return undefined;
    if (arcs.length > 0) arcs.push(arc);
    // X.690 §8.19.4: the first two arcs share a number, and only below the root 2 may the second exceed 39.
    else arcs.push(Math.min(Math.floor(arc / 40), 2), arc - 40 * Math.min(Math.floor(arc / 40), 2));
  }
  return arcs.length === 0 ? undefined : arcs.join('.');
}

function readArc(content: Reader): number | undefined {
  let arc = 0;
  while (content.remaining > 0 && arc < arcMax) {
    const octet = content.u8();
    arc = arc * 128 + (octet & 0x7f);
    if ((octet & 0x80) === 0) return arc;
  }
  return undefined;
}

function failedReader(near: Reader): Reader {
  const reader = new Reader(near.bytes, near.end, near.end);
  reader.skip(1);
  return reader;
}
