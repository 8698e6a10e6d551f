import { describe, expect, it } from 'vitest';
import { ClockOffsets } from '../../../../centre/ingest/notice/clock-offset.ts';

describe('the offset of a clock', () => {
  const heard = (...delaysMs: number[]) => {
    const offsets = new ClockOffsets();
    for (const [index, delayMs] of delaysMs.entries()) offsets.heard('hx-01', index * 30_000, index * 30_000 + delayMs);
    return offsets;
  };

  it('is taken from the message that travelled fastest, so that a slow line is no wrong clock', () => {
    expect(heard(9_000, 40, 12_000).aheadMs('hx-01', 3)).toBe(-40);
  });

  it('is not told before enough messages agree', () => {
    expect(heard(9_000, 9_000).aheadMs('hx-01', 3)).toBeUndefined();
    expect(heard(9_000, 9_000, 9_000).aheadMs('hx-01', 3)).toBe(-9_000);
  });

  it('follows a clock that was set right: what was said before does not count for ever', () => {
    expect(heard(-60_000, -60_000, 5, 5, 5).aheadMs('hx-01', 3)).toBe(-5);
  });

  it('is forgotten where our own clock was set', () => {
    const offsets = heard(1, 1, 1);
    offsets.forget();
    expect(offsets.aheadMs('hx-01', 1)).toBeUndefined();
  });

  it('is not moved by a time that is none', () => {
    const offsets = heard(1);
    offsets.heard('hx-01', Number.NaN, 0);
    expect(offsets.aheadMs('hx-01', 1)).toBe(-1);
    expect(offsets.aheadMs('hx-01', 2)).toBeUndefined();
  });
});
