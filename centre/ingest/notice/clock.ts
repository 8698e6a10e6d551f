/** box.clock: the clock of a box is off, or nothing sets it. Facts of one box, or of all, -> a verdict; pure. */
import { centreMeasures as measures } from '../../../firmware/contract/centre-alert-words.ts';
import type { BoxFacts, Verdict } from './facts.ts';
import type { Limits } from './limits.ts';
import { silentAfterMs } from './silent.ts';

/** An alert is taken back only where the clock is well within the limit again. */
const backShare = 0.8;
/** Fewer boxes than this say nothing about our own clock. */
const boxesAlikeMin = 3;

export function judgeClock(facts: BoxFacts, limits: Limits): Verdict {
  const { row, clockAheadMs, healthAgeMs } = facts;
  const limitMs = limits.clockSeconds * 1_000;
  if (clockAheadMs !== undefined && Math.abs(clockAheadMs) > limitMs) {
    const value = Math.round(clockAheadMs / 100) / 10;
    return { severity: 2, advice: 'clockOff', reasons: [{ measured: measures.clockAhead.name, value, threshold: limits.clockSeconds }] };
  }
  const isHealthFresh = healthAgeMs !== undefined && healthAgeMs <= silentAfterMs(row, limits);
  if (isHealthFresh && row.health?.clock?.synced === false) {
    const { unsyncedSeconds } = limits;
    const reasons = [{ measured: measures.unsynced.name, value: unsyncedSeconds, threshold: unsyncedSeconds }];
    return { severity: 1, advice: 'clockUnsynced', reasons, afterMs: unsyncedSeconds * 1_000 };
  }
  if (clockAheadMs === undefined || Math.abs(clockAheadMs) > limitMs * backShare) return 'unknown';
  return 'fine';
}

/** Where most boxes are off alike, it is our own clock. Told of once, not once for each box. */
export function judgeOurClock(aheadMs: readonly number[], { clockSeconds }: Limits): Verdict {
  if (aheadMs.length < boxesAlikeMin) return 'fine';
  const medianMs = medianOf(aheadMs);
  const limitMs = clockSeconds * 1_000;
  const alike = aheadMs.filter((ms) => Math.abs(ms - medianMs) < limitMs);
  if (Math.abs(medianMs) <= limitMs || alike.length * 2 <= aheadMs.length || alike.length < boxesAlikeMin) return 'fine';
  return {
    severity: 3,
    advice: 'clockOurs',
    reasons: [
      { measured: measures.clockAhead.name, value: Math.round(medianMs / 100) / 10, threshold: clockSeconds },
      { measured: measures.boxesAlike.name, value: alike.length },
    ],
  };
}

/** Some box has told the time, and most agree with ours. */
export function isOurClockRight(aheadMs: readonly number[], { clockSeconds }: Limits): boolean {
  return aheadMs.length > 0 && Math.abs(medianOf(aheadMs)) <= clockSeconds * 1_000;
}

function medianOf(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[numbers.length >> 1] ?? 0;
}
