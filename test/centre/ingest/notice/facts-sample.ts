/** A box about which all is well, as the judges see it. */
import type { BoxFacts, Verdict } from '../../../../centre/ingest/notice/facts.ts';
import { type Limits, limitsSchema } from '../../../../centre/ingest/notice/limits.ts';
import type { BoxRow } from '../../../../centre/store/store.ts';
import { healthOf, presenceOf } from '../ingest-process.ts';

export const limits: Limits = limitsSchema.parse({});
export const box = 'hx-lang-son';

export function factsOf({ row, ...changes }: Partial<Omit<BoxFacts, 'row'>> & { row?: Partial<BoxRow> } = {}): BoxFacts {
  return {
    row: { box, seenMs: 1_000, openAlerts: 0, presence: presenceOf(box), health: healthOf(box), ...row },
    seenAgeMs: 1_000,
    presenceAgeMs: 86_400_000,
    healthAgeMs: 1_000,
    listeningMs: 86_400_000,
    holes: [],
    newOutboxes: [],
    clockAheadMs: 10,
    ...changes,
  };
}

/** What is wrong, in short: the advice; or that nothing is, or that nobody knows. */
export function inShort(verdict: Verdict): string {
  return typeof verdict === 'string' ? verdict : verdict.advice;
}
