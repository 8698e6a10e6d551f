import { describe, expect, it } from 'vitest';
import { Reader } from '../../../../../firmware/sensor/bytes/reader.ts';
import {
  readElement,
  readHex,
  readObjectIdentifier,
  readTagged,
  TAG_INTEGER,
  TAG_SEQUENCE,
} from '../../../../../firmware/sensor/decode/tls/der.ts';

const readerOf = (...bytes: number[]): Reader => new Reader(Uint8Array.from(bytes));

describe('readElement', () => {
  it('reads short and long lengths and leaves the reader behind the content', () => {
    const reader = readerOf(0x04, 2, 0xaa, 0xbb, 0x04, 0x81, 1, 0xcc, 0x04, 0x83, 0, 0, 1, 0xdd);
    expect([0, 1, 2].map(() => readHex(readElement(reader).content))).toEqual(['aabb', 'cc', 'dd']);
    expect(reader.remaining).toBe(0);
    expect(reader.failed).toBe(false);
  });

  it.each([
    ['indefinite', [0x30, 0x80, 0, 0]],
    ['of four octets', [0x30, 0x84, 0, 0, 0, 1, 7]],
    ['past the end', [0x30, 3, 1, 2]],
    ['cut', [0x30, 0x82, 1]],
    ['missing', [0x30]],
  ])('fails on a length that is %s', (_what, bytes) => {
    const reader = readerOf(...bytes);
    const { content } = readElement(reader);
    expect(reader.failed).toBe(true);
    expect(content.failed).toBe(true);
    expect(content.remaining).toBe(0);
  });
});

it('refuses an element of another tag, and all after it', () => {
  const reader = readerOf(TAG_INTEGER, 1, 5, TAG_SEQUENCE, 0);
  expect(readTagged(reader, TAG_SEQUENCE).failed).toBe(true);
  expect(reader.failed).toBe(true);
});

it.each([
  [[0x55, 4, 3], '2.5.4.3'],
  [[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1], '1.2.840.113549.1.9.1'],
  [[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25], '0.9.2342.19200300.100.1.25'],
  [[0x88, 0x37, 1], '2.999.1'],
  [[], undefined],
  [[0x55, 0x84], undefined],
  [[0x55, ...Array(20).fill(0xff), 1], undefined],
  [Array(200).fill(1), undefined],
])('reads the object identifier %j as %s', (bytes, text) => {
  expect(readObjectIdentifier(readerOf(...bytes))).toBe(text);
});
