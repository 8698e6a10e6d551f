import { describe, expect, it } from 'vitest';
import { advance, type Gap, type KnownRange, type NumberRange, unionOf, without } from '../../../centre/store/number-ranges.ts';
import { randomOf } from './random.ts';

const known = (first: number, last = first, receivedMs = 0): KnownRange => ({ first, last, receivedMs });
const gap = (first: number, last = first, sinceMs = 0): Gap => ({ first, last, sinceMs });
const top = Number.MAX_SAFE_INTEGER;

function numbersOf(ranges: readonly NumberRange[]): number[] {
  return ranges.flatMap(({ first, last }) => Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index));
}

describe('ranges of numbers', () => {
  it('are one where they overlap or touch, with the earlier time', () => {
    expect(unionOf([known(5, 6, 9), known(1, 2, 8), known(3, 3, 7), known(6, 8, 10)])).toEqual([known(1, 3, 7), known(5, 8, 9)]);
  });

  it('that end before they begin count for nothing', () => {
    expect(unionOf([known(9, 3), known(2)])).toEqual([known(2)]);
  });

  it('leave a gap for what was passed over, known since the first number above it came', () => {
    expect(advance(2, [known(5, 5, 30), known(9, 9, 20)])).toEqual({ last: 9, gaps: [gap(3, 4, 20), gap(6, 8, 20)], late: [] });
    expect(advance(2, [known(5, 5, 10), known(9, 9, 20)]).gaps).toEqual([gap(3, 4, 10), gap(6, 8, 20)]);
  });

  it('make no gap below what was known before', () => {
    expect(advance(6, [known(2, 3), known(5, 8)])).toEqual({
      last: 8,
      gaps: [],
      late: [
        { first: 2, last: 3 },
        { first: 5, last: 6 },
      ],
    });
  });

  it('reach to the highest number there is', () => {
    expect(advance(0, unionOf([known(1), known(top)]))).toMatchObject({ last: top, gaps: [gap(2, top - 1)] });
    expect(without([gap(2, top)], [{ first: 7, last: top }])).toEqual([gap(2, 6)]);
    expect(without([gap(2, top)], [{ first: top, last: top }])).toEqual([gap(2, top - 1)]);
    expect(unionOf([known(3, top), known(top)])).toEqual([known(3, top)]);
  });

  it('cut one gap in many and close many at once', () => {
    expect(
      without(
        [gap(1, 10, 4)],
        [
          { first: 2, last: 3 },
          { first: 9, last: 12 },
        ],
      ),
    ).toEqual([gap(1, 1, 4), gap(4, 8, 4)]);
    expect(without([gap(1, 2), gap(4, 5), gap(7, 9)], [{ first: 2, last: 8 }])).toEqual([gap(1), gap(9)]);
  });

  it('agree with a list of single numbers', () => {
    for (let seed = 0; seed < 400; seed++) {
      const random = randomOf(seed);
      const size = 1 + random(60);
      const randomRange = () => {
        const first = 1 + random(size);
        return known(first, first + random(5) - 1, random(100));
      };
      let last = 0;
      let gaps: Gap[] = [];
      const missing = new Set<number>();
      for (let round = 0; round < 12; round++) {
        const union = unionOf(Array.from({ length: random(6) }, randomRange));
        const step = advance(last, union);
        gaps = [...without(gaps, step.late), ...step.gaps];
        const highest = Math.max(last, ...numbersOf(union));
        for (let number = last + 1; number <= highest; number++) missing.add(number);
        for (const number of numbersOf(union)) missing.delete(number);
        last = step.last;
        expect(last, `seed ${seed}`).toBe(highest);
        expect(numbersOf(gaps), `seed ${seed}`).toEqual([...missing]);
      }
    }
  });

  it('cost no more where a box claims quadrillions', () => {
    const ranges = Array.from({ length: 100_000 }, (_, index) => known(index * 1_000_000_000 + 1, index * 1_000_000_000 + 500_000_000));
    const start = performance.now();
    const step = advance(0, unionOf(ranges));
    const left = without([gap(1, top)], step.late.length > 0 ? step.late : ranges);
    expect(step.gaps).toHaveLength(99_999);
    expect(left).toHaveLength(100_000);
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});
