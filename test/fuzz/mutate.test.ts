import { describe, expect, it } from 'vitest';
import { Corpus } from './corpus.ts';
import { Mutator } from './mutate.ts';

function digests(seed: number, count: number): string[] {
  const corpus = new Corpus(seed);
  const mutator = new Mutator(seed, () => corpus.next());
  return Array.from({ length: count }, () => {
    const frame = mutator.next();
    return `${frame.tsMicros} ${frame.linkType} ${frame.originalLength} ${Buffer.from(frame.bytes.subarray(frame.start, frame.end)).toString('latin1')}`;
  });
}

describe('Mutator', () => {
  it('gives the same frames for the same seed, and others for another', () => {
    expect(digests(1, 300)).toEqual(digests(1, 300));
    expect(digests(2, 300)).not.toEqual(digests(1, 300));
  });

  it('gives frames that lie within their buffer and never claim less than was captured', () => {
    const corpus = new Corpus(3);
    const mutator = new Mutator(3, () => corpus.next());
    for (let number = 0; number < 50_000; number++) {
      const { bytes, start, end, originalLength, tsMicros } = mutator.next();
      if (start < 0 || end < start || end > bytes.length || originalLength < end - start || !Number.isSafeInteger(tsMicros)) {
        expect.fail(`frame ${number}: ${start} ${end} ${originalLength} ${tsMicros}`);
      }
    }
  });

  it('damages most frames and leaves some whole, so that state is built and then hit', () => {
    const corpus = new Corpus(4);
    let whole = new Set<string>();
    const mutator = new Mutator(4, () => {
      const frames = corpus.next();
      whole = new Set(frames.map((frame) => frame.bytes.toString('latin1')));
      return frames;
    });
    let untouched = 0;
    for (let number = 0; number < 4000; number++) {
      const frame = mutator.next();
      if (whole.has(Buffer.from(frame.bytes.subarray(frame.start, frame.end)).toString('latin1'))) untouched++;
    }
    expect(untouched / 4000).toBeGreaterThan(0.2);
    expect(untouched / 4000).toBeLessThan(0.5);
  });
});

describe('Corpus', () => {
  it('brings every list again with other client addresses, so that its conversations are new', () => {
    const corpus = new Corpus(5);
    const first = corpus.next().map((frame) => Buffer.from(frame.bytes));
    for (let left = 23; left > 0; left--) corpus.next();
    const again = corpus.next();
    expect(again.length).toBe(first.length);
    const moved = again.filter((frame, index) => !frame.bytes.equals(first[index]!)).length;
    expect(moved / first.length).toBeGreaterThan(0.9);
  });
});
