/**
 * Reports of the sensor, which hold totals since its start -> totals since the start of the agent, which only ever grow. A sensor that was
 * started again begins at 0 and loses nothing that it had reported before. Takes no intervals: that is `interval.ts`.
 */
import type { SensorReport } from '../../contract/health.ts';

/** Where each total stands in a report. Whoever adds one here has its differences right, whatever restarts. */
const counters = {
  packets: ({ capture }) => capture.packets,
  bytes: ({ capture }) => capture.bytes,
  kernelDropped: ({ capture }) => capture.kernelDropped,
  interfaceDropped: ({ capture }) => capture.interfaceDropped,
  caughtBugs: ({ decode }) => decode?.caughtBugs,
  trafficBytes: ({ traffic }) => traffic?.bytes,
  tlsBytes: ({ traffic }) => traffic?.tlsBytes,
  quicBytes: ({ traffic }) => traffic?.quicBytes,
  dnsBytes: ({ traffic }) => traffic?.dnsBytes,
  encryptedDnsBytes: ({ traffic }) => traffic?.encryptedDnsBytes,
  flows: ({ traffic }) => traffic?.flows,
  tcpFlows: ({ traffic }) => traffic?.tcpFlows,
  oneWayFlows: ({ traffic }) => traffic?.oneWayFlows,
  flowsRefused: ({ flows }) => flows?.refused,
  streamsRefused: ({ streams }) => streams?.refused,
  hostsRefused: ({ hosts }) => hosts?.refused,
  alerts: ({ alerts }) => alerts?.opened,
  alertsRefused: ({ alerts }) => alerts?.refused,
  evidence: ({ evidence }) => evidence?.count,
  evidenceBytes: ({ evidence }) => evidence?.bytes,
  cpuSeconds: ({ sensorProcess }) => sensorProcess?.cpuSeconds,
} satisfies Record<string, (report: SensorReport) => number | undefined>;
export type CounterName = keyof typeof counters;
export const counterNames = Object.keys(counters) as CounterName[];

/** The sensor's list has some 40 names and is closed. It parses hostile bytes, so its word is not taken for that. */
const anomaliesMax = 200;
/** The sensor reports once a second, at overload too. One that says nothing for longer is not known to see anything. */
const reportLateMs = 5_000;
/** Two processes that were started together do not read their clocks at the same moment. */
const startSlackMs = 1_000;

export interface SensorTotals {
  /** Absent: the last report did not say. */
  counts: Partial<Record<CounterName, number>>;
  anomalies: ReadonlyMap<string, number>;
  /** Time without a capture that ran and a sensor that reported. */
  blindMs: number;
}

export class SensorLedger {
  readonly #monotonicMs: () => number;
  readonly #startMs: number;
  readonly #sums = new Map<CounterName, number>();
  readonly #last = new Map<CounterName, number>();
  readonly #anomalySums = new Map<string, number>();
  #lastAnomalies: ReadonlyMap<string, number> = new Map();
  #report: SensorReport | undefined;
  #takenMs: number;
  #packetMs: number;
  #blindMs = 0;

  /** `monotonicMs`: a clock that nobody sets. */
  constructor(monotonicMs: () => number = () => performance.now()) {
    this.#monotonicMs = monotonicMs;
    this.#startMs = this.#takenMs = this.#packetMs = monotonicMs();
  }

  /** How long ago a packet was last heard of; at first, since the start. */
  get quietMs(): number {
    return this.#monotonicMs() - this.#packetMs;
  }

  /** To be called with each report as it comes, for also their rhythm is a proof of sight. */
  take(report: SensorReport): void {
    const nowMs = this.#monotonicMs();
    const isOtherRun = this.#isOtherRun(report);
    // What ended the run before, and when, nobody knows.
    this.#blindMs += isOtherRun ? nowMs - this.#takenMs : this.#blindSince(nowMs);
    this.#takenMs = nowMs;
    if (isOtherRun) this.#begin(report, nowMs);
    for (const name of counterNames) {
      const value = counters[name](report);
      if (value !== undefined) this.#grow(name, value, nowMs);
    }
    this.#growAnomalies(anomaliesOf(report) ?? this.#lastAnomalies);
    this.#report = report;
  }

  totals(): SensorTotals {
    const report = this.#report;
    const known = counterNames.filter((name) => report !== undefined && counters[name](report) !== undefined);
    return {
      counts: Object.fromEntries(known.map((name) => [name, this.#sums.get(name) ?? 0])),
      anomalies: new Map(this.#anomalySums),
      blindMs: this.#blindMs + this.#blindSince(this.#monotonicMs()),
    };
  }

  #blindSince(nowMs: number): number {
    const elapsedMs = nowMs - this.#takenMs;
    return this.#report?.capture.state === 'running' ? Math.max(0, elapsedMs - reportLateMs) : elapsedMs;
  }

  #isOtherRun({ capture, sensorProcess }: SensorReport): boolean {
    const before = this.#report;
    return sensorProcess?.run !== before?.sensorProcess?.run || capture.packets < (before?.capture.packets ?? 0);
  }

  /** Another run of the sensor counts from 0. Of one that is older than this agent, the agent before told: only what comes from now on counts. */
  #begin(report: SensorReport, nowMs: number): void {
    const uptimeMs = (report.sensorProcess?.uptimeSeconds ?? 0) * 1_000;
    const isOlder = uptimeMs > nowMs - this.#startMs + startSlackMs;
    this.#last.clear();
    this.#lastAnomalies = (isOlder ? anomaliesOf(report) : undefined) ?? new Map();
    if (!isOlder) return;
    for (const name of counterNames) {
      const value = counters[name](report);
      if (value !== undefined) this.#last.set(name, value);
    }
  }

  #grow(name: CounterName, value: number, nowMs: number): void {
    const grown = grownBy(this.#last.get(name) ?? 0, value);
    this.#sums.set(name, (this.#sums.get(name) ?? 0) + grown);
    this.#last.set(name, value);
    if (name === 'packets' && grown > 0) this.#packetMs = nowMs;
  }

  #growAnomalies(anomalies: ReadonlyMap<string, number>): void {
    for (const [name, value] of anomalies) {
      const sum = this.#anomalySums.get(name);
      if (sum === undefined && this.#anomalySums.size >= anomaliesMax) continue;
      this.#anomalySums.set(name, (sum ?? 0) + grownBy(this.#lastAnomalies.get(name) ?? 0, value));
    }
    this.#lastAnomalies = anomalies;
  }
}

function anomaliesOf({ decode }: SensorReport): ReadonlyMap<string, number> | undefined {
  return decode === undefined ? undefined : new Map(Object.entries(decode.anomalies).slice(0, anomaliesMax));
}

/** A total that went back was begun anew: what it counts now is all new. */
function grownBy(before: number, now: number): number {
  return now >= before ? now - before : now;
}
