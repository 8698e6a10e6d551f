/** Says when a set must not take the place of another: so few indicators are a fault upstream far more often than the end of malware. */
import { type Indicators, indicatorTypes } from './indicator.ts';

/** Indicators of all types, allowances not counted. */
export function totalOf(set: Indicators): number {
  return indicatorTypes.reduce((sum, type) => sum + set.counts[type], 0);
}

/** Less than half as many as before. Nothing is shrunken beside nothing. */
export function isShrunken(count: number, before: number): boolean {
  return count * 2 < before;
}
