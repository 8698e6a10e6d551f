import { describe, expect, it } from 'vitest';
import { judgeIndicators } from '../../../../centre/ingest/notice/stale.ts';
import type { Health } from '../../../../firmware/contract/health.ts';
import { healthOf } from '../ingest-process.ts';
import { box, factsOf, limits } from './facts-sample.ts';

const days = (count: number) => count * 86_400;
const judged = (intelligence: Health['intelligence'], changes: Parameters<typeof factsOf>[0] = {}) => {
  const { intelligence: _usual, ...health } = healthOf(box);
  return judgeIndicators(factsOf({ row: { health: { ...health, ...(intelligence && { intelligence }) } }, ...changes }), limits);
};
const usual = { bundle: 'abc', indicators: 1000, ageSeconds: days(1) };

describe('the indicators of a box', () => {
  it('are fine for a week, and stale after it', () => {
    expect(judged(usual)).toBe('fine');
    expect(judged({ ...usual, ageSeconds: days(7) })).toBe('fine');
    expect(judged({ ...usual, ageSeconds: days(7) + 1 })).toMatchObject({
      severity: 2,
      advice: 'stale',
      reasons: [{ value: days(7) + 1, threshold: days(7) }],
    });
  });

  it('are graver where there are none, and told of where a release is not in use', () => {
    expect(judged({ ...usual, indicators: 0 })).toMatchObject({ severity: 3, advice: 'stale' });
    expect(judged({ ...usual, error: 'the canary was not found' })).toMatchObject({ reasons: [{ value: 'the canary was not found' }] });
  });

  it('are not judged by a health that is old, or before the sensor has read them', () => {
    expect(judged({ ...usual, indicators: 0 }, { healthAgeMs: days(1) * 1000 })).toBe('unknown');
    expect(judged(undefined)).toBe('unknown');
  });

  it('may be late for a while: a box that was just set up gets its first release soon', () => {
    expect(judged({ ...usual, indicators: 0 })).toMatchObject({ afterMs: 600_000 });
  });
});
