import { describe, expect, it } from 'vitest';
import { Reader } from '../../../../../firmware/sensor/bytes/reader.ts';
import { CryptoStream, cryptoBytesMax } from '../../../../../firmware/sensor/decode/quic/crypto-stream.ts';
import { randomBytes } from '../tls/hello-bytes.ts';

const whole = randomBytes(11, 3000);
const add = (stream: CryptoStream, start: number, end: number): boolean => stream.add(start, new Reader(whole, start, end));
const prefixOf = (stream: CryptoStream): Uint8Array => {
  const prefix = stream.prefix();
  return prefix.view(prefix.remaining);
};

describe('CryptoStream', () => {
  it('joins pieces that come backwards, and gives nothing before the first', () => {
    const stream = new CryptoStream();
    for (let start = 2900; start > 0; start -= 100) {
      expect(add(stream, start, start + 100)).toBe(true);
      if (start > 200) expect(prefixOf(stream)).toHaveLength(0);
    }
    add(stream, 0, 100);
    expect(prefixOf(stream)).toEqual(whole);
  });

  it('gives the same whatever the order, the overlap and the repetition', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const stream = new CryptoStream();
      const order = randomBytes(seed, 64);
      for (let index = 0; index < 64; index++) {
        const start = (order[index]! * 47) % 2900;
        add(stream, start, Math.min(3000, start + 1 + order[63 - index]!));
      }
      for (let start = 0; start < 3000; start += 250) add(stream, start, start + 250);
      expect(prefixOf(stream)).toEqual(whole);
    }
  });

  it('keeps the first copy of a byte', () => {
    const stream = new CryptoStream();
    stream.add(2, new Reader(Uint8Array.of(1, 1)));
    stream.add(0, new Reader(Uint8Array.of(2, 2, 2, 2, 2, 2)));
    expect([...prefixOf(stream)]).toEqual([2, 2, 1, 1, 2, 2]);
  });

  it('refuses what lies beyond its cap, and the gap that is one too many', () => {
    const stream = new CryptoStream();
    expect(stream.add(cryptoBytesMax - 1, new Reader(Uint8Array.of(1, 2)))).toBe(false);
    expect(stream.add(2 ** 61, new Reader(Uint8Array.of(1)))).toBe(false);
    const results = Array.from({ length: 100 }, (_, index) => add(stream, 2 * index + 10, 2 * index + 11));
    expect(results.filter((kept) => kept)).toHaveLength(64);
    expect(add(stream, 0, 3000)).toBe(true);
    expect(prefixOf(stream)).toEqual(whole);
  });

  it('takes an empty piece for nothing', () => {
    const stream = new CryptoStream();
    expect(add(stream, 500, 500)).toBe(true);
    expect(prefixOf(stream)).toHaveLength(0);
  });
});
