/** box.blind: it lives, and does not see the traffic, or does not prove that it does. Facts of one box -> a verdict; pure. */
import { centreMeasures as measures } from '../../../firmware/contract/centre-alert-words.ts';
import type { BoxFacts, Verdict } from './facts.ts';
import type { Limits } from './limits.ts';
import { inSeconds, silentAfterMs } from './silent.ts';

/** A sensor that is not up by then will not come up by itself. */
const startSecondsMax = 60;

export function judgeSight(facts: BoxFacts, limits: Limits): Verdict {
  const { row, seenAgeMs, healthAgeMs, listeningMs } = facts;
  const { health, presence } = row;
  const afterMs = silentAfterMs(row, limits);
  // A box that is silent or stopped is told of as that.
  if (presence?.online === false || seenAgeMs === undefined || seenAgeMs > afterMs) return 'unknown';
  if (health === undefined || healthAgeMs === undefined || healthAgeMs > afterMs) {
    const ageMs = Math.min(healthAgeMs ?? listeningMs, listeningMs);
    if (ageMs <= afterMs) return 'unknown';
    const reasons = [{ measured: measures.noHealth.name, value: inSeconds(ageMs), threshold: inSeconds(afterMs) }];
    return { severity: 3, advice: 'noHealth', reasons };
  }
  const { capture, quietSeconds, uptimeSeconds } = health;
  const isDown =
    capture.state === 'failed' || capture.state === 'waiting' || (capture.state === 'starting' && uptimeSeconds > startSecondsMax);
  if (isDown) {
    const why = capture.error === undefined ? [] : [{ measured: measures.captureError.name, value: capture.error.slice(0, 200) }];
    const reasons = [{ measured: measures.captureState.name, value: capture.state }, ...why];
    return { severity: 3, advice: 'capture', reasons, afterMs: limits.blindSeconds * 1_000 };
  }
  if (quietSeconds <= limits.quietSeconds) return 'fine';
  const reasons = [{ measured: measures.quiet.name, value: quietSeconds, threshold: limits.quietSeconds }];
  return { severity: 3, advice: 'quiet', reasons };
}
