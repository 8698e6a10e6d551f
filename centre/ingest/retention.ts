/** What is older than the centre wants to keep goes from the store, a little at a time. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from '../store/store.ts';

const roundMs = 3_600_000;
/** Between two steps others shall get at the store. */
const betweenStepsMs = 200;
const dayMs = 86_400_000;

export interface RetentionParts {
  store: Store;
  keepDays: number;
  /** A clock that somebody set far ahead must not empty the store. */
  isClockTrusted: () => boolean;
  problem: (error: unknown) => void;
}

/** A round an hour, until `signal` is aborted. Never rejects. */
export async function keepRoom(parts: RetentionParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(roundMs, undefined, { signal }).catch(() => undefined);
    await makeRoom(parts, signal).catch(parts.problem);
  }
}

/** One round. Rejects where the store does. */
export async function makeRoom({ store, keepDays, isClockTrusted }: RetentionParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && isClockTrusted() && (await store.forget(Date.now() - keepDays * dayMs)) > 0) {
    await sleep(betweenStepsMs, undefined, { signal }).catch(() => undefined);
  }
}
