/**
 * Running totals of the sensor, state of outbox and uplink, measures of the machine -> one health/1 message for each interval.
 * Keeps only what the differences need. Judges nothing: that is for the lamps and the centre.
 */
import { availableParallelism, freemem, loadavg, totalmem } from 'node:os';
import type { Health, SensorReport } from '../../contract/health.ts';
import type { Outbox } from '../../outbox/outbox.ts';
import type { UplinkState } from '../uplink/uplink.ts';

/** An outbox that also knows its size and age says so. */
export type MeasuredOutbox = Pick<Outbox, 'depth' | 'dropped'> & { readonly bytes?: number; readonly oldestMs?: number | undefined };

export interface HealthParts {
  box: string;
  agency?: string;
  boot: string;
  intervalSeconds: number;
  outbox: MeasuredOutbox;
  uplink: () => UplinkState;
  sensor: () => SensorReport;
  /** Milliseconds since 1970; milliseconds of a clock that nobody sets; microseconds of CPU time of the process. */
  now?: () => number;
  monotonicMs?: () => number;
  cpuMicros?: () => number;
}

interface Totals {
  atMs: number;
  packets: number;
  bytes: number;
  dropped: number | undefined;
  cpuMicros: number;
}

export class HealthReporter {
  readonly #parts: HealthParts;
  readonly #now: () => number;
  readonly #monotonicMs: () => number;
  readonly #cpuMicros: () => number;
  readonly #startMs: number;
  #last: Totals;
  #lastPacketMs: number;

  constructor(parts: HealthParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
    this.#monotonicMs = parts.monotonicMs ?? (() => performance.now());
    this.#cpuMicros = parts.cpuMicros ?? processCpuMicros;
    this.#startMs = this.#monotonicMs();
    this.#last = { atMs: this.#startMs, packets: 0, bytes: 0, dropped: 0, cpuMicros: this.#cpuMicros() };
    this.#lastPacketMs = this.#startMs;
  }

  /** The health since the last call; the interval ends now. */
  report(): Health {
    const { box, agency, boot, intervalSeconds } = this.#parts;
    const sensor = this.#parts.sensor();
    const uplink = this.#parts.uplink();
    const before = this.#last;
    const now: Totals = {
      atMs: this.#monotonicMs(),
      packets: sensor.capture.packets,
      bytes: sensor.capture.bytes,
      dropped: droppedOf(sensor),
      cpuMicros: this.#cpuMicros(),
    };
    this.#last = now;
    if (now.packets !== before.packets) this.#lastPacketMs = now.atMs;
    const elapsedMs = Math.max(now.atMs - before.atMs, 1);
    return {
      schema: 'health/1',
      box,
      ...(agency === undefined ? {} : { agency }),
      boot,
      ...(uplink.connections > 0 ? { session: uplink.connections } : {}),
      ts: new Date(this.#now()).toISOString(),
      uptimeSeconds: Math.floor((now.atMs - this.#startMs) / 1_000),
      intervalSeconds,
      interval: intervalOf(before, now, elapsedMs),
      quietSeconds: Math.floor((now.atMs - this.#lastPacketMs) / 1_000),
      ...sensor,
      outbox: this.#outbox(),
      uplink: uplinkOf(uplink),
      cpu: {
        share: round((now.cpuMicros - before.cpuMicros) / 1_000 / elapsedMs),
        load: round((loadavg()[0] ?? 0) / availableParallelism()),
      },
      memory: { processBytes: process.memoryUsage.rss(), availableBytes: freemem(), totalBytes: totalmem() },
    };
  }

  #outbox(): Health['outbox'] {
    const { depth, dropped, bytes, oldestMs } = this.#parts.outbox;
    return {
      depth,
      dropped,
      ...(bytes === undefined ? {} : { bytes }),
      ...(oldestMs === undefined ? {} : { oldestAgeSeconds: Math.max(0, Math.floor((this.#now() - oldestMs) / 1_000)) }),
    };
  }
}

function intervalOf(before: Totals, now: Totals, elapsedMs: number): Health['interval'] {
  // Totals that went back mean that the sensor began anew: what it counts now is all of this interval.
  const since = (from: number, to: number) => (to >= from ? to - from : to);
  const packets = since(before.packets, now.packets);
  const interval = { seconds: round(elapsedMs / 1_000), packets, bytes: since(before.bytes, now.bytes) };
  if (now.dropped === undefined) return interval;
  const dropped = since(before.dropped ?? 0, now.dropped);
  return { ...interval, dropped, dropShare: dropped === 0 ? 0 : dropped / (packets + dropped) };
}

function droppedOf({ capture }: SensorReport): number | undefined {
  if (capture.kernelDropped === undefined && capture.interfaceDropped === undefined) return undefined;
  return (capture.kernelDropped ?? 0) + (capture.interfaceDropped ?? 0);
}

function uplinkOf(state: UplinkState): Health['uplink'] {
  const { connectedSinceMs, lastHeardMs, lastAcknowledgedMs, lastError, connections, refused } = state;
  return {
    connections,
    refused,
    ...(connectedSinceMs === undefined ? {} : { connectedSince: new Date(connectedSinceMs).toISOString() }),
    ...(lastHeardMs === undefined ? {} : { lastHeard: new Date(lastHeardMs).toISOString() }),
    ...(lastAcknowledgedMs === undefined ? {} : { lastAcknowledged: new Date(lastAcknowledgedMs).toISOString() }),
    ...(lastError === undefined ? {} : { lastError }),
  };
}

function processCpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
