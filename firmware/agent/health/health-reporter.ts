/**
 * Totals of the sensor, state of outbox, uplink, clock and watchdog, measures of the machine -> one health/1 message for each interval.
 * Keeps only what the differences need. Judges nothing: that is for the lamps and the centre.
 */
import type { ClockState, Health, SensorReport } from '../../contract/health.ts';
import type { OutboxMeasure, OutboxReader, OutboxWriter } from '../../outbox/outbox.ts';
import { grownBetween, intervalBetween } from './interval.ts';
import { type Answer, LatestAnswer } from './latest-answer.ts';
import type { MachineMeasure } from './machine.ts';
import { LossWatch, outboxOf, type UplinkNow, uplinkOf } from './queue-state.ts';
import type { SensorLedger, SensorTotals } from './sensor-ledger.ts';
import type { StorageMeasure } from './storage.ts';
import type { WatchdogState } from './watchdog.ts';

/** Health says what it can in time: a disk that hangs is among the things that it has to tell. */
const answerTimeoutMs = 2_000;

export interface HealthParts {
  box: string;
  agency?: string;
  boot: string;
  /** How often `report` is called. */
  intervalSeconds: number;
  /** What the sensor says now; where it says nothing any more, that. */
  sensor: () => SensorReport;
  /** Given every report of the sensor as it comes. */
  ledger: Pick<SensorLedger, 'totals' | 'quietMs'>;
  outbox: Pick<OutboxReader, 'measure'>;
  /** The agent's own end of the outbox. */
  writer?: Pick<OutboxWriter, 'writerState'>;
  uplink: () => UplinkNow;
  clock?: () => ClockState | undefined;
  watchdog?: () => WatchdogState;
  machine?: () => Promise<MachineMeasure>;
  storage?: () => Promise<StorageMeasure>;
  /** Milliseconds since 1970; milliseconds of a clock that nobody sets; microseconds of CPU time of the process. */
  now?: () => number;
  monotonicMs?: () => number;
  cpuMicros?: () => number;
}

interface Reading {
  atMs: number;
  totals: SensorTotals;
  cpuMicros: number;
  ticks: MachineMeasure['ticks'];
}

export class HealthReporter {
  readonly #parts: HealthParts;
  readonly #now: () => number;
  readonly #monotonicMs: () => number;
  readonly #cpuMicros: () => number;
  readonly #startMs: number;
  readonly #outbox: LatestAnswer<OutboxMeasure>;
  readonly #machine: LatestAnswer<MachineMeasure>;
  readonly #storage: LatestAnswer<StorageMeasure>;
  readonly #losses = new LossWatch();
  #last: Reading;

  constructor(parts: HealthParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
    this.#monotonicMs = parts.monotonicMs ?? (() => performance.now());
    this.#cpuMicros = parts.cpuMicros ?? processCpuMicros;
    this.#outbox = new LatestAnswer(() => parts.outbox.measure(), this.#monotonicMs);
    this.#machine = new LatestAnswer(parts.machine ?? (async () => ({})), this.#monotonicMs);
    this.#storage = new LatestAnswer(parts.storage ?? (() => Promise.reject(new Error('none was given'))), this.#monotonicMs);
    this.#startMs = this.#monotonicMs();
    this.#last = this.#read(undefined);
  }

  /** The health since the last call; the interval ends with this one. Takes some seconds where outbox or disk hang, and never rejects for it. */
  async report(): Promise<Health> {
    const [outbox, ...measures] = await Promise.all([
      this.#outbox.within(answerTimeoutMs),
      this.#machine.within(answerTimeoutMs),
      this.#storage.within(answerTimeoutMs),
    ]);
    const [machine, storage] = [freshOf(measures[0]), freshOf(measures[1])];
    const before = this.#last;
    const now = this.#read(machine?.ticks);
    const report = this.#parts.sensor();
    const health: Health = {
      ...this.#identity(now),
      interval: intervalBetween(before.totals, now.totals, now.atMs - before.atMs),
      quietSeconds: Math.floor(this.#parts.ledger.quietMs / 1_000),
      ...report,
      outbox: this.#outboxOf(outbox, report.outboxWriter, now.atMs),
      uplink: uplinkOf(this.#parts.uplink()),
      ...this.#keepers(),
      cpu: cpuOf(before, now, machine?.load),
      memory: { processBytes: process.memoryUsage.rss(), ...machine?.memory },
      ...machineOf(machine),
      ...(storage === undefined ? {} : { disk: storage }),
    };
    // Not before: of a health that could not be written the next one tells too.
    this.#last = now;
    return health;
  }

  #identity(now: Reading) {
    const { box, agency, boot, intervalSeconds, uplink } = this.#parts;
    const { connections, session = connections } = uplink();
    return {
      schema: 'health/1' as const,
      box,
      ...(agency === undefined ? {} : { agency }),
      boot,
      ...(session > 0 ? { session } : {}),
      ts: new Date(this.#now()).toISOString(),
      uptimeSeconds: Math.floor((now.atMs - this.#startMs) / 1_000),
      intervalSeconds,
    };
  }

  #outboxOf(answer: Answer<OutboxMeasure> | undefined, sensor: SensorReport['outboxWriter'], atMs: number): Health['outbox'] {
    const agent = this.#parts.writer?.writerState;
    this.#losses.look({ dropped: answer?.value.dropped, agent: agent?.lost, sensor: sensor?.lost }, atMs);
    const lossAgeSeconds = this.#losses.ageSeconds(atMs);
    const writers = [agent, sensor].filter((state) => state !== undefined);
    return {
      ...outboxOf(answer ?? { value: undefined, ageMs: Math.max(1, atMs - this.#startMs) }, writers, this.#now()),
      ...(lossAgeSeconds === undefined ? {} : { lossAgeSeconds }),
    };
  }

  /** Clock and watchdog. */
  #keepers(): Pick<Health, 'clock' | 'watchdog'> {
    const clock = this.#parts.clock?.();
    const watchdog = this.#parts.watchdog?.();
    return { ...(clock === undefined ? {} : { clock }), ...(watchdog === undefined ? {} : { watchdog: watchdogOf(watchdog) }) };
  }

  #read(ticks: MachineMeasure['ticks']): Reading {
    return { atMs: this.#monotonicMs(), totals: this.#parts.ledger.totals(), cpuMicros: this.#cpuMicros(), ticks };
  }
}

/** An old temperature tells nothing. */
function freshOf<Value>(answer: Answer<Value> | undefined): Value | undefined {
  return answer?.ageMs === 0 ? answer.value : undefined;
}

function cpuOf(before: Reading, now: Reading, load: number | undefined): NonNullable<Health['cpu']> {
  const elapsedMs = Math.max(now.atMs - before.atMs, 1);
  const { cpuSeconds } = grownBetween(before.totals, now.totals);
  const all = (now.ticks?.all ?? 0) - (before.ticks?.all ?? Number.POSITIVE_INFINITY);
  const busy = (now.ticks?.busy ?? 0) - (before.ticks?.busy ?? 0);
  return {
    share: rounded((now.cpuMicros - before.cpuMicros) / 1_000 / elapsedMs),
    ...(cpuSeconds === undefined ? {} : { sensorShare: rounded((cpuSeconds * 1_000) / elapsedMs) }),
    // iowait of proc(5) may go back, and busy with it beyond all.
    ...(all > 0 ? { machineShare: rounded(Math.min(1, Math.max(0, busy / all))) } : {}),
    ...(load === undefined ? {} : { load: rounded(load) }),
  };
}

function machineOf(machine: MachineMeasure | undefined): Partial<Health> {
  const { temperatureCelsius, power, uptimeSeconds } = machine ?? {};
  return {
    ...(temperatureCelsius === undefined ? {} : { temperatureCelsius }),
    ...power,
    ...(uptimeSeconds === undefined ? {} : { machineUptimeSeconds: uptimeSeconds }),
  };
}

function watchdogOf({ notifiedMs, holds }: WatchdogState): NonNullable<Health['watchdog']> {
  return {
    ...(notifiedMs === undefined ? {} : { notified: new Date(notifiedMs).toISOString() }),
    ...(holds.length === 0 ? {} : { heldBack: holds.map(({ code }) => code) }),
  };
}

function processCpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
