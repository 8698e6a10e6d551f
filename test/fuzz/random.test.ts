import { expect, it } from 'vitest';
import { Random } from './random.ts';

it('repeats itself from the same seed', () => {
  const [one, other] = [new Random(9), new Random(9)];
  for (let number = 0; number < 100; number++) expect(one.i32()).toBe(other.i32());
});

it('stays within its limits and reaches both ends', () => {
  const random = new Random(1);
  const seen = new Set<number>();
  for (let number = 0; number < 2000; number++) seen.add(random.between(3, 9));
  expect([...seen].sort((a, b) => a - b)).toEqual([3, 4, 5, 6, 7, 8, 9]);
});

it('is even enough that each of 16 values comes about as often', () => {
  const random = new Random(2);
  const counts = new Array<number>(16).fill(0);
  for (let number = 0; number < 160_000; number++) counts[random.below(16)]!++;
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});
