/** box.outbox: the box cannot keep its messages safely, or does not get rid of them. Facts of one box -> a verdict; pure. */
import { centreMeasures as measures } from '../../../firmware/contract/centre-alert-words.ts';
import type { BoxFacts, Verdict } from './facts.ts';
import type { Limits } from './limits.ts';
import { silentAfterMs } from './silent.ts';

export function judgeOutbox({ row, healthAgeMs, presenceAgeMs = 0, listeningMs }: BoxFacts, limits: Limits): Verdict {
  const { health, presence } = row;
  if (health === undefined || healthAgeMs === undefined || healthAgeMs > silentAfterMs(row, limits)) return 'unknown';
  const { mode, error, begunAnew = 0, oldestAgeSeconds = 0, depth } = health.outbox;
  if (mode === 'memory') {
    const why = error === undefined ? [] : [{ measured: measures.outboxError.name, value: error.slice(0, 200) }];
    const reasons = [{ measured: measures.outboxMode.name, value: mode }, ...why];
    return { severity: 3, advice: 'outboxMemory', reasons, afterMs: limits.outboxSeconds * 1_000 };
  }
  if (begunAnew > 0) {
    const reasons = [{ measured: measures.begunAnew.name, value: begunAnew, threshold: 0 }];
    return { severity: 3, advice: 'outboxDamaged', reasons, mark: String(begunAnew) };
  }
  // After an outage the oldest is old by right; it must have had time to go.
  const couldSendMs = presence?.online === false ? 0 : Math.min(presenceAgeMs, listeningMs);
  if (oldestAgeSeconds <= limits.waitingSeconds || couldSendMs <= limits.waitingSeconds * 1_000) return 'fine';
  const reasons = [
    { measured: measures.oldest.name, value: oldestAgeSeconds, threshold: limits.waitingSeconds },
    { measured: measures.waiting.name, value: depth },
  ];
  return { severity: 2, advice: 'outboxWaiting', reasons };
}
