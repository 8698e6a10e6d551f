/**
 * Shows whether a release can be lived with: the sensor takes it up, and then does not raise more alerts than one house can have. Watches the reports of
 * the sensor; what follows from it is for the keeper.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SensorReport } from '../../contract/health.ts';
import type { Release } from '../../contract/intelligence-message.ts';
import type { KeeperLimits } from './keeper-limits.ts';

export interface WatchedSensor {
  report(): SensorReport;
  readonly isConnected: boolean;
}

/** Ends the work on a release for good; told to the centre by its code. */
export class Refusal extends Error {
  readonly state: 'failed' | 'rolled_back';
  readonly code: string;

  constructor(state: Refusal['state'], code: string, reason: string) {
    super(reason);
    this.state = state;
    this.code = code;
  }
}

/** Resolves once the sensor matches with the release. Rejects with a `Refusal` where it does not, and when `signal` is aborted. */
export async function untilTakenUp(
  sensor: WatchedSensor,
  release: Release,
  { heardMs, takeUpMs, pollMs }: KeeperLimits,
  signal: AbortSignal,
): Promise<void> {
  let sinceMs = performance.now();
  for (;;) {
    const { intelligence } = sensor.report();
    // A sensor that is away may take its time; that is judged elsewhere.
    if (!sensor.isConnected) sinceMs = performance.now();
    else if (intelligence?.release === release.version) return;
    const waitedMs = performance.now() - sinceMs;
    if (intelligence?.error !== undefined && waitedMs > heardMs) throw new Refusal('failed', 'refused-by-sensor', intelligence.error);
    if (waitedMs > takeUpMs) throw new Refusal('failed', 'not-taken-up', 'the sensor did not take the release up in time');
    await sleep(pollMs, undefined, { signal });
  }
}

/** Alerts since the start of the sensor. */
export function openedBy(sensor: WatchedSensor): number {
  return sensor.report().alerts?.opened ?? 0;
}

/**
 * Resolves once the time of trial is over. Rejects with a `Refusal` where too many alerts were opened since `opened`, and when `signal` is aborted.
 */
export async function untilCalm(
  sensor: WatchedSensor,
  opened: number,
  { trialMs, pollMs, stormAlertsMax }: KeeperLimits,
  signal: AbortSignal,
): Promise<void> {
  const endMs = performance.now() + trialMs;
  let last = opened;
  let counted = 0;
  while (performance.now() < endMs) {
    await sleep(Math.min(pollMs * 5, trialMs), undefined, { signal });
    const now = openedBy(sensor);
    // A sensor that was started again counts from 0.
    counted += now >= last ? now - last : now;
    last = now;
    if (counted > stormAlertsMax) throw new Refusal('rolled_back', 'storm', `${counted} alerts since this release came into use`);
  }
}
