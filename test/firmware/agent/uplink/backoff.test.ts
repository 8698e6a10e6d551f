import { describe, expect, it } from 'vitest';
import { Backoff } from '../../../../firmware/agent/uplink/backoff.ts';

function take(backoff: Backoff, count: number): number[] {
  const waits = backoff[Symbol.iterator]();
  return Array.from({ length: count }, () => waits.next().value);
}

describe('the waits between attempts to connect', () => {
  it('have ceilings that double from 1 s to 5 min and stay there', () => {
    const almostOne = 1 - Number.EPSILON;
    const waits = take(new Backoff({}, () => almostOne), 12).map(Math.round);
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300].map((seconds) => seconds * 1_000));
  });

  it('are drawn evenly from nothing to the ceiling', () => {
    expect(take(new Backoff({}, () => 0), 5)).toEqual([0, 0, 0, 0, 0]);
    expect(take(new Backoff({}, () => 0.5), 4)).toEqual([500, 1_000, 2_000, 4_000]);
    for (const wait of take(new Backoff(), 1_000)) {
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThan(300_000);
    }
  });

  it('begin anew with each iteration', () => {
    const backoff = new Backoff({}, () => 0.5);
    take(backoff, 9);
    expect(take(backoff, 1)).toEqual([500]);
  });

  it('never pass a ceiling that lies below the first', () => {
    expect(take(new Backoff({ firstMs: 1_000, ceilingMs: 100 }, () => 0.5), 3)).toEqual([50, 50, 50]);
  });
});
