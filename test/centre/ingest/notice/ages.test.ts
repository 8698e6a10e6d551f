import { describe, expect, it } from 'vitest';
import { Ages } from '../../../../centre/ingest/notice/ages.ts';

const wall = Date.UTC(2026, 0, 20);

/** A clock on the wall that was set at some moment, and one that nobody can set. */
function round(ages: Ages, atMs: number, wallSetMs = 0): void {
  ages.begin({ wallMs: wall + atMs + wallSetMs, monotonicMs: 1_000 + atMs });
}

describe('ages', () => {
  it('grow with the clock that nobody can set, whatever happens on the wall', () => {
    const ages = new Ages();
    round(ages, 0);
    expect(ages.of('box', wall - 5_000)).toBe(5_000);
    round(ages, 1_000, 86_400_000);
    expect(ages.of('box', wall - 5_000)).toBe(6_000);
    round(ages, 2_000, -86_400_000);
    expect(ages.of('box', wall - 5_000)).toBe(7_000);
  });

  it('of something new are no longer than the time since we last looked, even where the wall clock was set meanwhile', () => {
    const ages = new Ages();
    round(ages, 0);
    ages.of('box', wall - 5_000);
    round(ages, 5_000, 3_600_000);
    expect(ages.of('box', wall + 4_000)).toBe(5_000);
    expect(ages.of('other', wall)).toBe(5_000);
  });

  it('are never negative, and unknown where nothing happened', () => {
    const ages = new Ages();
    round(ages, 0);
    expect(ages.of('box', wall + 60_000)).toBe(0);
    expect(ages.of('box', undefined)).toBeUndefined();
    expect(ages.of('box', Number.NaN)).toBeUndefined();
  });
});
