/** box.stale: the box watches for what was known long ago, for nothing, or could not take up what it has. Facts of one box -> a verdict; pure. */
import { centreMeasures as measures } from '../../../firmware/contract/centre-alert-words.ts';
import type { BoxFacts, Verdict } from './facts.ts';
import type { Limits } from './limits.ts';
import { silentAfterMs } from './silent.ts';

export function judgeIndicators({ row, healthAgeMs }: BoxFacts, limits: Limits): Verdict {
  const { health } = row;
  if (health === undefined || healthAgeMs === undefined || healthAgeMs > silentAfterMs(row, limits)) return 'unknown';
  const { intelligence, capture } = health;
  // A sensor that still reads its lists has none yet.
  if (capture.state === 'starting' || intelligence === undefined) return 'unknown';
  const afterMs = limits.staleGraceSeconds * 1_000;
  const { indicators, ageSeconds = 0, error } = intelligence;
  if (error !== undefined)
    return { severity: 2, advice: 'stale', reasons: [{ measured: measures.indicatorsRefused.name, value: error.slice(0, 200) }], afterMs };
  if (indicators === 0) return { severity: 3, advice: 'stale', reasons: [{ measured: measures.indicators.name, value: 0 }], afterMs };
  if (ageSeconds <= limits.staleSeconds) return 'fine';
  const reasons = [{ measured: measures.indicatorsAge.name, value: ageSeconds, threshold: limits.staleSeconds }];
  return { severity: 2, advice: 'stale', reasons, afterMs };
}
