/**
 * Tells the service manager that the box is alive only while that is proven: the sensor reports, packets flow or the port is idle, outbox
 * and loops move. Where it is not, it says nothing, and is started again with the sensor. It holds back for what a new start can mend and
 * for nothing else: not for a cable, a full disk or a broker that is away.
 */
import type { SensorReport } from '../../contract/health.ts';
import { type InterfaceCount, MirrorFlow, type Silence } from './mirror-flow.ts';
import type { Pulse } from './pulse.ts';
import type { ServiceManager } from './service-manager.ts';

/** A sensor reports once a second, at overload too. */
const sensorSilentMsMax = 10_000;
/** Frames a minute that an interface may count and a capture not see, as pause frames are. */
const unseenFramesMax = 10;
/** An SD card may stall for many seconds; an outbox that answers nothing for longer hangs. */
const outboxSilentMsMax = 60_000;
/** Beyond what a loop promised. */
const overdueMsMax = 30_000;
/** What the sensor says is not ours to trust in length. */
const reasonLengthMax = 200;
/** Of an interface that can receive; `unknown` is what tunnels and virtual ones say (operstates.rst of Linux). */
const usableStates: readonly string[] = ['up', 'unknown'];

/** How often it looks where nobody waits. */
const lookMs = 10_000;
const tickMsMin = 50;
/** sd_watchdog_enabled(3) advises half of the interval; the rest is for a machine that is slow. */
const tickShare = 0.4;

export interface Measures {
  /** As the sensor itself last said; undefined while a new one has not reported yet. */
  capture: SensorReport['capture'] | undefined;
  sensorSilentMs: number;
  /** A new sensor is given time to read its lists. */
  isStarting: boolean;
  /** Of the mirror port; undefined while packets flow, or nothing can be said. */
  silence: Silence | undefined;
  /** A filter of the configuration, so that frames which nobody sees prove nothing. */
  isFiltered: boolean;
  /** Since the outbox was asked and has not answered; that the disk cannot be written is an answer. */
  outboxSilentMs: number;
  /** Loops, and by how much they are late. */
  overdueMs: Readonly<Record<string, number>>;
}

export const holdCodes = ['sensor-silent', 'capture-failed', 'blind', 'outbox-stuck', 'loop-stuck'] as const;
export interface Hold {
  code: (typeof holdCodes)[number];
  /** For people. */
  text: string;
}

/** Why the service manager may not be told that all is well; empty: it may. */
export function holds(measures: Measures): readonly Hold[] {
  return [sensorHold(measures), flowHold(measures), outboxHold(measures), ...loopHolds(measures)].filter((hold) => hold !== undefined);
}

function sensorHold({ capture, sensorSilentMs, isStarting }: Measures): Hold | undefined {
  if (capture?.state === 'ended' || isStarting) return undefined;
  if (sensorSilentMs > sensorSilentMsMax)
    return { code: 'sensor-silent', text: `the sensor has not answered for ${Math.floor(sensorSilentMs / 1_000)} s` };
  if (capture?.state === 'failed')
    return { code: 'capture-failed', text: `the capture failed: ${capture.error?.slice(0, reasonLengthMax) ?? 'no reason given'}` };
  return undefined;
}

function flowHold({ capture, silence, isFiltered }: Measures): Hold | undefined {
  // An interface that is down is waited for: a new start does not plug in the cable.
  if (capture?.state !== 'running' || silence === undefined) return undefined;
  const { seconds, received, operState } = silence;
  if (!usableStates.includes(operState))
    return {
      code: 'blind',
      text: `nothing was seen for ${seconds} s, and the interface is ${operState}, which the sensor does not notice`,
    };
  if (received > unseenFramesMax && !isFiltered)
    return { code: 'blind', text: `nothing was seen for ${seconds} s, while the interface received ${received} frames` };
  return undefined;
}

function outboxHold({ outboxSilentMs }: Measures): Hold | undefined {
  if (outboxSilentMs <= outboxSilentMsMax) return undefined;
  return { code: 'outbox-stuck', text: `the outbox has not answered for ${Math.floor(outboxSilentMs / 1_000)} s` };
}

function loopHolds({ overdueMs }: Measures): Hold[] {
  return Object.entries(overdueMs)
    .filter(([, lateMs]) => lateMs > overdueMsMax)
    .map(([name, lateMs]) => ({ code: 'loop-stuck', text: `the ${name} has not moved: ${Math.floor(lateMs / 1_000)} s late` }));
}

/** What of the sensor's link is asked. */
export interface WatchedSensor {
  readonly told: SensorReport['capture'] | undefined;
  readonly silentMs: number;
  report(): SensorReport;
}

export interface WatchdogParts {
  service: Pick<ServiceManager, 'notify' | 'watchdogMs'>;
  sensor: WatchedSensor;
  /** The kernel's count of the mirror port; undefined where there is none, as for a capture file. */
  interfaceCount: () => InterfaceCount | undefined;
  isFiltered: () => boolean;
  /** Resolves when the outbox answers, whatever it says. */
  askOutbox: () => Promise<unknown>;
  /** By name, as people read it. */
  pulses: Readonly<Record<string, Pulse>>;
  log: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
  lookMs?: number;
  /** Milliseconds of a clock that nobody sets. */
  monotonicMs?: () => number;
}

/** For health. */
export interface WatchdogState {
  /** The service manager waits for a sign of life. */
  isEnabled: boolean;
  /** When it last had one, ms since 1970. */
  notifiedMs: number | undefined;
  /** Why it is told nothing, or would be; empty: all is proven. */
  holds: readonly Hold[];
}

export class Watchdog {
  readonly #parts: WatchdogParts;
  readonly #monotonicMs: () => number;
  readonly #flow = new MirrorFlow();
  #timer: NodeJS.Timeout | undefined;
  #holds: readonly Hold[] = [];
  #notifiedMs: number | undefined;
  #isReady = false;
  #status = '';
  /** When the outbox was asked what it has not answered yet. */
  #askedMs: number | undefined;
  #sending: Promise<void> | undefined;

  constructor(parts: WatchdogParts) {
    this.#parts = parts;
    this.#monotonicMs = parts.monotonicMs ?? (() => performance.now());
  }

  get state(): WatchdogState {
    return { isEnabled: this.#parts.service.watchdogMs !== undefined, notifiedMs: this.#notifiedMs, holds: this.#holds };
  }

  /** Says that the service is ready, and from now on that it lives. */
  start(): void {
    if (this.#timer !== undefined) return;
    const { service, lookMs: tickMsMax = lookMs } = this.#parts;
    const tickMs = Math.min(tickMsMax, (service.watchdogMs ?? Number.POSITIVE_INFINITY) * tickShare);
    this.#timer = setInterval(() => this.#tick(), Math.max(tickMsMin, tickMs)).unref();
    this.#send({ status: 'starting' });
  }

  /** Says that the service ends on purpose. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#sending;
    await this.#parts.service.notify({ stopping: true, status: 'stopping' });
  }

  /** That this is called is the proof that the event loop moves. */
  #tick(): void {
    const found = holds(this.#measure());
    this.#askOutbox();
    const isSame = codesOf(found) === codesOf(this.#holds);
    this.#holds = found;
    if (!isSame) this.#tell(found);
    const status = found.length === 0 ? this.#parts.sensor.report().capture.state : `held back: ${codesOf(found)}`;
    const watchdog = found.length === 0 && this.state.isEnabled;
    if (watchdog || status !== this.#status || !this.#isReady) this.#send({ watchdog, status });
  }

  #tell(found: readonly Hold[]): void {
    if (found.length === 0) this.#parts.log.info({}, 'all is proven again: the service manager is told so');
    else this.#parts.log.warn({ holds: found }, 'the service manager is not told that all is well');
  }

  #measure(): Measures {
    const { sensor, interfaceCount, isFiltered, pulses } = this.#parts;
    const { told } = sensor;
    const nowMs = this.#monotonicMs();
    this.#flow.sample(told?.state === 'running' ? told.packets : undefined, interfaceCount(), nowMs);
    return {
      capture: told,
      sensorSilentMs: sensor.silentMs,
      isStarting: sensor.report().capture.state === 'starting',
      silence: this.#flow.silence,
      isFiltered: isFiltered(),
      outboxSilentMs: this.#askedMs === undefined ? 0 : nowMs - this.#askedMs,
      overdueMs: Object.fromEntries(Object.entries(pulses).map(([name, pulse]) => [name, pulse.overdueMs])),
    };
  }

  /**
   * An outbox that cannot write its disk answers so, and keeps its messages in memory: a new start would mend no disk, and lose them.
   */
  #askOutbox(): void {
    if (this.#askedMs !== undefined) return;
    this.#askedMs = this.#monotonicMs();
    const answered = () => {
      this.#askedMs = undefined;
    };
    this.#parts.askOutbox().then(answered, answered);
  }

  /** One at a time: a service manager that does not answer shall not be asked by a crowd. Says that we are ready until it has heard it. */
  #send({ watchdog = false, status }: { watchdog?: boolean; status: string }): void {
    if (this.#sending !== undefined) return;
    this.#sending = this.#parts.service
      .notify({ ready: !this.#isReady, watchdog, status })
      .then((isTold) => {
        if (!isTold) return;
        this.#isReady = true;
        this.#status = status;
        if (watchdog) this.#notifiedMs = Date.now();
      })
      .finally(() => {
        this.#sending = undefined;
      });
  }
}

const codesOf = (list: readonly Hold[]) => [...new Set(list.map(({ code }) => code))].join(', ');
