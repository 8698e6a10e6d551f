/** box.hole: numbers that were passed over and will not come any more, or ought to have come by now. Facts of one box -> a verdict; pure. */
import { centreMeasures as measures } from '../../../firmware/contract/centre-alert-words.ts';
import type { BoxFacts, Verdict } from './facts.ts';
import type { Limits } from './limits.ts';
import { inSeconds } from './silent.ts';

/** Ranges named in an alert; there may be many more. */
const rangesShownMax = 5;

export function judgeHoles({ row, holes, healthAgeMs }: BoxFacts, { holeSeconds, holeSecondsMax }: Limits): Verdict {
  if (holes.length === 0) return 'fine';
  const { health } = row;
  // Only a health that was written after the hole was seen tells that the box has nothing left which could fill it.
  const isEmpty = health?.outbox.depth === 0 && (health.outbox.waiting ?? 0) === 0 && health.outbox.unansweredSeconds === undefined;
  const isOverdue = (ageMs: number) =>
    ageMs > holeSecondsMax * 1_000 || (ageMs > holeSeconds * 1_000 && isEmpty && healthAgeMs !== undefined && healthAgeMs < ageMs);
  const overdue = holes.filter(({ ageMs }) => isOverdue(ageMs));
  if (overdue.length === 0) return 'unknown';
  const missing = overdue.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const shown = overdue.slice(0, rangesShownMax).map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
  const numbers = shown.join(', ') + (overdue.length > rangesShownMax ? ' …' : '');
  const oldestMs = Math.max(...overdue.map(({ ageMs }) => ageMs));
  return {
    severity: 3,
    advice: 'hole',
    mark: `${missing} ${numbers}`,
    reasons: [
      { measured: measures.missing.name, value: missing },
      { measured: measures.missingNumbers.name, value: numbers },
      { measured: measures.missingFor.name, value: inSeconds(oldestMs), threshold: isEmpty ? holeSeconds : holeSecondsMax },
      ...(isEmpty ? [{ measured: measures.waiting.name, value: 0 }] : []),
    ],
  };
}
