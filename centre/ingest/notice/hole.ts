/**
 * box.hole: numbers that were passed over and will not come any more, or ought to have come by now; or a whole outbox that gave way to a new
 * one, and nobody knows what its end held. Facts of one box -> a verdict; pure.
 */
import { centreMeasures as measures } from '../../../firmware/contract/centre-alert-words.ts';
import type { BoxRow, NewOutbox } from '../../store/store.ts';
import type { BoxFacts, Trouble, Verdict } from './facts.ts';
import type { Limits } from './limits.ts';
import { inSeconds, silentAfterMs } from './silent.ts';

/** Ranges named in an alert; there may be many more. */
const rangesShownMax = 5;

export function judgeHoles(facts: BoxFacts, limits: Limits): Verdict {
  const missing = judgeMissing(facts, limits);
  const begun = judgeNewOutboxes(facts, limits);
  if (begun === undefined) return missing;
  if (typeof missing === 'string') return begun;
  return { ...missing, reasons: [...missing.reasons, ...begun.reasons], mark: `${missing.mark} ${begun.mark}` };
}

/** Whether the box kept its messages in memory when it began this outbox: it does so anew with every start, and leaves none behind. */
export function isInMemory({ sinceMs }: NewOutbox, row: BoxRow | undefined, limits: Limits): boolean {
  if (row?.healthMs === undefined || row.health?.outbox.mode !== 'memory') return false;
  return Math.abs(row.healthMs - sinceMs) <= Math.max(silentAfterMs(row, limits), limits.holeSeconds * 1_000);
}

function judgeMissing({ row, holes, healthAgeMs }: BoxFacts, { holeSeconds, holeSecondsMax }: Limits): Verdict {
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

function judgeNewOutboxes({ newOutboxes, healthAgeMs }: BoxFacts, { holeSeconds }: Limits): Trouble | undefined {
  // A health that is newer than the outbox has told by now whether it is one in memory; a record that explains it has had time to come.
  const told = newOutboxes.filter(({ ageMs }) => ageMs > holeSeconds * 1_000 && healthAgeMs !== undefined && healthAgeMs < ageMs);
  if (told.length === 0) return undefined;
  const names = told.map(({ outbox }) => outbox).join(', ');
  return { severity: 2, advice: 'newOutbox', mark: names, reasons: [{ measured: measures.newOutbox.name, value: names }] };
}
