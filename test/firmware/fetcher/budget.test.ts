import { describe, expect, it } from 'vitest';
import { Budget } from '../../../firmware/fetcher/budget.ts';
import { SourceFault } from '../../../firmware/fetcher/source.ts';

describe('the budget of a download', () => {
  it('says how long to wait, so that the average stays below the most that is allowed', () => {
    let nowMs = 0;
    const budget = new Budget({ bytesPerSecondMax: 1000, nowMs: () => nowMs });
    expect(budget.spend(500)).toBe(500);
    nowMs += 500;
    expect(budget.spend(100)).toBe(100);
    nowMs += 2000;
    expect(budget.spend(100)).toBe(0);
  });

  it('gives a peer up that sends a byte now and then, but not before it had its chance', () => {
    let nowMs = 0;
    const budget = new Budget({ bytesPerSecondMax: 1e6, nowMs: () => nowMs, graceMs: 10_000, leastBytesPerSecond: 100 });
    for (; nowMs <= 10_000; nowMs += 1000) expect(budget.spend(1)).toBeLessThan(1);
    expect(() => budget.spend(1)).toThrow(SourceFault);
  });

  it('does not blame the peer for the time in which we did not read', () => {
    let nowMs = 0;
    const budget = new Budget({ bytesPerSecondMax: 50, nowMs: () => nowMs, graceMs: 1000, leastBytesPerSecond: 1000 });
    for (let turn = 0; turn < 100; turn++) nowMs += budget.spend(100);
    expect(nowMs).toBeCloseTo(200_000, -3);
  });
});
