import { describe, expect, it } from 'vitest';
import { BufferBudget, StreamJoiner } from '../../../../firmware/sensor/observe/stream-joiner.ts';
import { Random } from '../../../fuzz/random.ts';

const gapMark = '|';
const content = Buffer.from(Array.from({ length: 100 }, (_, index) => 0x30 + (index % 75)));
const whole = content.toString('latin1');

class Stream {
  text = '';
  readonly budget: BufferBudget;
  readonly joiner: StreamJoiner;
  readonly first: number;
  usesBuffer = false;

  constructor(first = 1000, budget = new BufferBudget(1 << 20), begin = true) {
    this.first = first;
    this.budget = budget;
    this.joiner = new StreamJoiner(
      {
        push: (bytes, start, end) => {
          this.text += Buffer.from(bytes.subarray(start, end)).toString('latin1');
        },
        gap: () => {
          this.text += gapMark;
        },
      },
      budget,
    );
    if (begin) this.joiner.begin((first - 1) | 0);
  }

  /** The bytes from `from` to `to` of a stream that begins at the first sequence number; others of the packet lie around them. */
  add(from: number, to: number, bytes: Uint8Array = content.subarray(from, to), wireLength = to - from): this {
    const around = this.usesBuffer ? Buffer.alloc(bytes.length + 8) : new Uint8Array(bytes.length + 8);
    around.set(bytes, 4);
    this.joiner.add((this.first + from) | 0, around, 4, 4 + bytes.length, wireLength);
    around.fill(0x21); // the capture's memory is used again
    return this;
  }
}

function* permutations<T>(items: readonly T[]): Generator<T[]> {
  if (items.length < 2) yield [...items];
  else
    for (const [index, item] of items.entries())
      for (const rest of permutations([...items.slice(0, index), ...items.slice(index + 1)])) yield [item, ...rest];
}

const cuts = [
  [0, 13],
  [13, 40],
  [40, 41],
  [41, 80],
  [80, 100],
] as const;

describe('StreamJoiner', () => {
  it('gives the bytes once and in order at every size of segments', () => {
    for (let size = 1; size <= 100; size++) {
      const stream = new Stream();
      for (let at = 0; at < 100; at += size) stream.add(at, Math.min(100, at + size));
      expect(stream.text).toBe(whole);
    }
  });

  it('gives the bytes once and in order for every order of five segments', () => {
    for (const order of permutations(cuts)) {
      const stream = new Stream();
      for (const [from, to] of order) stream.add(from, to);
      expect(stream.text).toBe(whole);
      expect(stream.budget.usedBytes).toBe(0);
    }
  });

  it('gives the bytes once and in order for every order of five segments across the end of the sequence numbers', () => {
    for (const first of [0xffff_ffff, 0xffff_fff0, 0xffff_ffc0, 0x7fff_fff0]) {
      for (const order of permutations(cuts)) {
        const stream = new Stream(first | 0);
        for (const [from, to] of order) stream.add(from, to);
        expect(stream.text).toBe(whole);
      }
    }
  });

  it('gives each byte once when segments overlap and are sent again, in every order', () => {
    const overlapping = [
      [0, 30],
      [10, 50],
      [45, 70],
      [0, 70],
      [70, 100],
    ] as const;
    for (const order of permutations(overlapping)) {
      const stream = new Stream();
      for (const [from, to] of order) stream.add(from, to);
      expect(stream.text).toBe(whole);
    }
  });

  it.each([false, true])('keeps its own copy of what comes early (from a Buffer, as the live capture gives it: %s)', (usesBuffer) => {
    const stream = new Stream();
    stream.usesBuffer = usesBuffer;
    expect(stream.add(20, 60).add(60, 100).add(0, 20).text).toBe(whole);
  });

  it('uses a segment that is sent again with more in it, also while it waits for an earlier one', () => {
    const stream = new Stream().add(20, 30).add(20, 60).add(0, 20).add(60, 100);
    expect(stream.text).toBe(whole);
  });

  it('counts the bytes that came first where an overlap differs', () => {
    const evil = Buffer.alloc(40, 'X');
    const stream = new Stream().add(0, 20).add(10, 50, evil);
    expect(stream.text).toBe(whole.slice(0, 20) + 'X'.repeat(30));
    const early = new Stream().add(20, 40).add(20, 60, evil).add(0, 20);
    expect(early.text.slice(0, 40)).toBe(whole.slice(0, 40));
  });

  it('begins with the first segment where no SYN was seen', () => {
    expect(new Stream(1000, undefined, false).add(50, 60).add(60, 70).text).toBe(whole.slice(50, 70));
  });

  it('takes a hole for a gap once the other side has acknowledged what lies behind it and some more packets came', () => {
    const stream = new Stream().add(0, 10).add(20, 30);
    for (let number = 0; number < 8; number++) stream.joiner.acknowledged(1030);
    expect(stream.text).toBe(whole.slice(0, 10));
    stream.joiner.acknowledged(1030);
    expect(stream.text).toBe(`${whole.slice(0, 10)}${gapMark}${whole.slice(20, 30)}`);
    expect(stream.add(30, 40).add(10, 20).text).toBe(`${whole.slice(0, 10)}${gapMark}${whole.slice(20, 40)}`);
  });

  it('waits, however many packets come, while the other side has not acknowledged what is missing', () => {
    const stream = new Stream().add(0, 10).add(20, 30);
    for (let number = 0; number < 100; number++) stream.joiner.acknowledged(1010);
    expect(stream.add(10, 20).text).toBe(whole.slice(0, 30));
  });

  it('gives what is left, with gaps, when nothing more will come', () => {
    const stream = new Stream().add(0, 10).add(20, 30).add(50, 60);
    stream.joiner.finish();
    expect(stream.text).toBe(`${whole.slice(0, 10)}${gapMark}${whole.slice(20, 30)}${gapMark}${whole.slice(50, 60)}`);
    expect(stream.budget.usedBytes).toBe(0);
  });

  it('tells a gap where the snapshot length cut a segment, and goes on behind it', () => {
    const stream = new Stream().add(0, 10, content.subarray(0, 6), 10).add(10, 20);
    expect(stream.text).toBe(`${whole.slice(0, 6)}${gapMark}${whole.slice(10, 20)}`);
    const early = new Stream().add(10, 20, content.subarray(10, 15), 10).add(20, 30).add(0, 10);
    expect(early.text).toBe(`${whole.slice(0, 15)}${gapMark}${whole.slice(20, 30)}`);
  });

  it('keeps no more than its share for one stream, and goes on behind the hole instead', () => {
    const stream = new Stream();
    const bytes = Buffer.alloc(1400, 'x');
    for (let number = 1; number <= 200; number++) stream.add(number * 1400, (number + 1) * 1400, bytes);
    expect(stream.budget.usedBytes).toBeLessThanOrEqual(65_536 + 1400);
    expect(stream.text.startsWith(gapMark)).toBe(true);
    expect(stream.text.length).toBeGreaterThan(150 * 1400);
  });

  it('keeps no more than the budget of all streams together, counts what it could not keep, and gives everything back', () => {
    const budget = new BufferBudget(10_000);
    const streams = Array.from({ length: 50 }, () => new Stream(1000, budget));
    for (const stream of streams) stream.add(20, 1020, Buffer.alloc(1000, 'x'));
    expect(budget.usedBytes).toBe(10_000);
    expect(budget.refused).toBe(40);
    for (const stream of streams) stream.joiner.discard();
    expect(budget.usedBytes).toBe(0);
  });

  it('ignores a segment that is absurdly far ahead', () => {
    const stream = new Stream().add(0, 10).add(500_000_000, 500_000_010, Buffer.alloc(10, 'x')).add(10, 20);
    stream.joiner.finish();
    expect(stream.text).toBe(whole.slice(0, 20));
  });

  it('gives each byte once and in order for any mixture of segments that covers all', () => {
    const random = new Random(6);
    for (let round = 0; round < 3000; round++) {
      const stream = new Stream(random.i32());
      const list: [number, number][] = [];
      for (let at = 0; at < 100; ) {
        const size = random.between(1, 30);
        list.push([at, Math.min(100, at + size)]);
        at += size;
      }
      for (let extra = random.below(6); extra > 0; extra--) {
        const from = random.below(99);
        list.push([from, random.between(from + 1, 100)]);
      }
      for (let at = list.length - 1; at > 0; at--) {
        const other = random.below(at + 1);
        [list[at], list[other]] = [list[other]!, list[at]!];
      }
      for (const [from, to] of list) stream.add(from, to);
      if (stream.text !== whole || stream.budget.usedBytes !== 0) expect.fail(`${JSON.stringify(list)}: ${stream.text}`);
    }
  });
});
