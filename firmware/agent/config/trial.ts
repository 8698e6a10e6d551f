/**
 * Whether new settings stand their trial: the sensor takes them up, goes on seeing packets and opens no flood of alerts, and the link to the centre
 * stands. Looks at samples in the order of time and gives a verdict; does nothing itself.
 */
import type { SensorReport } from '../../contract/health.ts';
import type { Baseline } from './accepted-order.ts';

/** What is looked at, at one moment. */
export interface Sample {
  /** Of a clock that nobody sets. */
  atMs: number;
  isSensorConnected: boolean;
  isLinked: boolean;
  report: Pick<SensorReport, 'capture' | 'alerts' | 'settings' | 'supervision'>;
}

export interface TrialLimits {
  /** How long a change is watched from the moment that the sensor has taken it up. */
  trialMs: number;
  /** How long a sensor may take to start with new settings; with a large list on a small machine that is most of a minute. */
  takeUpMs: number;
  /** How long a link that is away when the trial ends is waited for: a broker that is restarted must not turn back 250 boxes. */
  linkGraceMs: number;
  /** The same for a sensor that is just being started again. */
  sensorGraceMs: number;
}

export const trialLimitsDefault: TrialLimits = { trialMs: 60_000, takeUpMs: 90_000, linkGraceMs: 300_000, sensorGraceMs: 15_000 };

export type Verdict =
  /** Not taken up yet, or taken up and watched. */
  | { kind: 'waiting' | 'watching' | 'stood' }
  /** The sensor will not have it. */
  | { kind: 'refused'; reason: string }
  | { kind: 'failed'; reason: string };

/** One restart may be what the new settings ask for, another one chance. */
const restartsMax = 2;
/** Alerts in a trial that are never too many. */
const alertsFloor = 200;
const alertsFactor = 20;
/** Silence proves something only where so many packets were to be expected: with fewer, chance may bring none. */
const packetsExpectedMin = 20;
/** At another port of the box there is always something, be it what the box itself says: a mirror port has a fair share of what there was. */
const otherPortShareMin = 0.05;
const otherPortPacketsMin = 200;
/** A fault that the sensor told of before counts only when it is still told so long after the change: reading long lists takes that time. */
const staleErrorMs = 30_000;

export class Trial {
  readonly #hash: string;
  readonly #baseline: Baseline;
  readonly #limits: TrialLimits;
  readonly #start: Sample;
  #takenUpMs: number | undefined;
  readonly #restarts: number;
  readonly #isOtherPort: boolean;
  #packets = new Growth();
  #alerts = new Growth();
  /** Of the packet counter, when the second half of the trial began. */
  #packetsAtHalf: number | undefined;

  /** `start`: how things were just before the change was told to the sensor. `isOtherPort`: frames come from elsewhere from then on. */
  constructor(hash: string, baseline: Baseline, limits: TrialLimits, start: Sample, isOtherPort = false) {
    this.#hash = hash;
    this.#baseline = baseline;
    this.#limits = limits;
    this.#start = start;
    this.#isOtherPort = isOtherPort;
    this.#restarts = start.report.supervision?.restarts ?? 0;
    this.#count(start);
  }

  look(sample: Sample): Verdict {
    this.#count(sample);
    const refusal = this.#refusal(sample);
    if (refusal !== undefined) return { kind: 'refused', reason: refusal };
    const restarts = (sample.report.supervision?.restarts ?? 0) - this.#restarts;
    if (restarts > restartsMax) return failed(`the sensor died ${restarts} times`);
    if (this.#takenUpMs === undefined) {
      if (!this.#isTakenUp(sample)) return this.#whileWaiting(sample);
      this.#takenUpMs = sample.atMs;
    }
    return this.#whileWatching(sample, sample.atMs - this.#takenUpMs);
  }

  #count({ report }: Sample): void {
    this.#packets.take(report.capture.packets);
    this.#alerts.take(report.alerts?.opened);
  }

  /** Where no sensor was there before, none is waited for: it reads the settings when it comes. */
  #isTakenUp({ isSensorConnected, report }: Sample): boolean {
    if (!isSensorConnected) return !this.#baseline.isSensorConnected;
    return report.settings?.hash === this.#hash && report.settings.error === undefined;
  }

  #refusal({ atMs, isSensorConnected, report }: Sample): string | undefined {
    const error = report.settings?.error;
    // Of a sensor that starts, the last word is that of the one before it.
    if (error === undefined || !isSensorConnected || report.capture.state === 'starting') return undefined;
    const isStale = error === this.#start.report.settings?.error && atMs - this.#start.atMs < staleErrorMs;
    return isStale ? undefined : error;
  }

  #whileWaiting({ atMs }: Sample): Verdict {
    const { takeUpMs } = this.#limits;
    if (atMs - this.#start.atMs < takeUpMs) return { kind: 'waiting' };
    return failed(`the sensor did not take it up within ${seconds(takeUpMs)} s`);
  }

  #whileWatching(sample: Sample, elapsedMs: number): Verdict {
    const { trialMs } = this.#limits;
    const alertsMax = Math.max(alertsFloor, (alertsFactor * (this.#baseline.alertsPerSecond ?? 0) * elapsedMs) / 1_000);
    if (this.#alerts.grown > alertsMax) return failed(`${this.#alerts.grown} alerts in ${seconds(elapsedMs)} s`);
    if (elapsedMs >= trialMs / 2) this.#packetsAtHalf ??= this.#packets.grown;
    return elapsedMs < trialMs ? { kind: 'watching' } : this.#atEnd(sample, elapsedMs);
  }

  #atEnd({ isLinked, isSensorConnected, report }: Sample, elapsedMs: number): Verdict {
    const { trialMs, linkGraceMs, sensorGraceMs } = this.#limits;
    const { isCapturing, packetsPerSecond = 0 } = this.#baseline;
    const { state, error } = report.capture;
    // A capture file that was played to its end is no fault.
    if (isCapturing && (!isSensorConnected || (state !== 'running' && state !== 'ended'))) {
      if (elapsedMs < trialMs + sensorGraceMs) return { kind: 'watching' };
      return failed(`the sensor captures nothing: ${error ?? state}`);
    }
    const blindness = state === 'running' ? this.#blindness(packetsPerSecond) : undefined;
    if (blindness !== undefined) return failed(blindness);
    if (this.#baseline.isLinked && !isLinked) {
      if (elapsedMs < trialMs + linkGraceMs) return { kind: 'watching' };
      return failed(`the link to the centre was lost and did not come back within ${seconds(elapsedMs)} s`);
    }
    return { kind: 'stood' };
  }

  /** What of the packets before is missed in the second half of the trial. */
  #blindness(packetsPerSecond: number): string | undefined {
    const halfMs = this.#limits.trialMs / 2;
    const expected = (packetsPerSecond * halfMs) / 1_000;
    const seen = this.#packets.grown - (this.#packetsAtHalf ?? 0);
    const before = `before, there were ${packetsPerSecond.toFixed(1)} a second`;
    if (expected >= packetsExpectedMin && seen === 0) return `no packet was seen for ${seconds(halfMs)} s; ${before}`;
    if (this.#isOtherPort && expected >= otherPortPacketsMin && seen < expected * otherPortShareMin)
      return `at this port ${seen} packets were seen in ${seconds(halfMs)} s; ${before}: is it the mirror port?`;
    return undefined;
  }
}

/** A total that begins at 0 again when the sensor does. */
class Growth {
  grown = 0;
  #last: number | undefined;

  take(total: number | undefined): void {
    if (total === undefined) return;
    if (this.#last !== undefined) this.grown += total >= this.#last ? total - this.#last : total;
    this.#last = total;
  }
}

function failed(reason: string): Verdict {
  return { kind: 'failed', reason };
}

function seconds(ms: number): number {
  return Math.round(ms / 1_000);
}
