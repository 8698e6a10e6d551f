import { describe, expect, it } from 'vitest';
import { Reader } from '../../../../firmware/sensor/bytes/reader.ts';

const bytes = Uint8Array.from({ length: 16 }, (_, index) => 0xf0 + index);

describe('Reader', () => {
  it('reads network byte order, unsigned but for i32', () => {
    const reader = new Reader(bytes);
    expect([reader.u8(), reader.u16(), reader.u24(), reader.u32(), reader.i32()]).toEqual([
      0xf0,
      0xf1f2,
      0xf3f4f5,
      0xf6f7f8f9,
      0xfafbfcfd | 0,
    ]);
    expect(reader.remaining).toBe(2);
    expect(reader.failed).toBe(false);
  });

  it.each([
    ['u8', 0],
    ['u16', 1],
    ['u24', 2],
    ['u32', 3],
    ['i32', 3],
  ] as const)('gives 0 for %s with %i bytes left, and fails for good', (method, left) => {
    const reader = new Reader(bytes, 4, 4 + left);
    expect(reader[method]()).toBe(0);
    expect(reader.failed).toBe(true);
    expect(reader.remaining).toBe(0);
    expect([reader.u8(), reader.u16(), reader.view(0).length, reader.failed]).toEqual([0, 0, 0, true]);
  });

  it('reads no byte at or behind its end, even where the array goes on', () => {
    const reader = new Reader(bytes, 2, 5);
    expect([reader.u16(), reader.u16()]).toEqual([0xf2f3, 0]);
    expect(reader.failed).toBe(true);
  });

  it('cuts an end beyond the array', () => {
    expect(new Reader(bytes, 14, 400).remaining).toBe(2);
    const reader = new Reader(bytes);
    reader.reset(bytes, 15, 1 << 30);
    expect(reader.remaining).toBe(1);
  });

  it('fails when asked to skip back or beyond the end, and not when asked to skip to it', () => {
    for (const [length, failed] of [
      [16, false],
      [17, true],
      [-1, true],
      [0x7fffffff, true],
    ] as const) {
      const reader = new Reader(bytes);
      reader.skip(length);
      expect(reader.failed).toBe(failed);
      expect(reader.remaining).toBe(0);
    }
  });

  it('peeks without moving or failing, and sees nothing beyond the end', () => {
    const reader = new Reader(bytes, 2, 5);
    expect([reader.peek(), reader.peek(2), reader.peek(3), reader.peek16(1), reader.peek16(2)]).toEqual([0xf2, 0xf4, -1, 0xf3f4, -1]);
    expect(reader.peek(-3)).toBe(-1);
    expect([reader.position, reader.failed]).toEqual([2, false]);
  });

  it('gives a window that cannot read its neighbour, and goes on behind it', () => {
    const reader = new Reader(bytes);
    const window = reader.window(3);
    expect([window.u16(), window.u16()]).toEqual([0xf0f1, 0]);
    expect(window.failed).toBe(true);
    expect([reader.failed, reader.u8()]).toEqual([false, 0xf3]);
  });

  it('gives an empty window and an empty view for more than there is, and has failed itself', () => {
    const outer = new Reader(bytes, 0, 4);
    expect(outer.window(5).remaining).toBe(0);
    expect(outer.failed).toBe(true);
    const other = new Reader(bytes, 0, 4);
    expect(other.view(5).length).toBe(0);
    expect(other.failed).toBe(true);
  });

  it('gives views of the very bytes, not copies', () => {
    const own = Uint8Array.from(bytes);
    const view = new Reader(own).view(4);
    own[1] = 7;
    expect([...view]).toEqual([0xf0, 7, 0xf2, 0xf3]);
  });

  it('starts anew after reset, failure forgotten', () => {
    const reader = new Reader(bytes, 0, 0);
    reader.u8();
    reader.reset(bytes, 3, 6);
    expect([reader.failed, reader.u24()]).toEqual([false, 0xf3f4f5]);
  });
});
