/** The whole pipeline with all that comes out of it kept, so that tests put frames in and look at flows, observations and alerts. */
import type { Alert } from '../../../../firmware/contract/alert.ts';
import type { Frame } from '../../../../firmware/sensor/capture/frame.ts';
import type { Indicators } from '../../../../firmware/sensor/intel/indicator.ts';
import type { Connection, FlowPhase, SensorEvent } from '../../../../firmware/sensor/observe/event.ts';
import { type Observation, observationsOf } from '../../../../firmware/sensor/observe/observation.ts';
import { Pipeline } from '../../../../firmware/sensor/pipeline.ts';
import { pipelineOptions } from '../../../../firmware/sensor/pipeline-options.ts';
import { setOf } from '../intel/lists.ts';

export const startMicros = Date.UTC(2026, 10, 23, 1, 0, 0) * 1000;
export const second = 1_000_000;

export interface FlowNote {
  phase: FlowPhase;
  tsMicros: number;
  connection: Connection;
}

/** Bytes with others around them, so that a reader that forgets where its frame begins or ends is found out. */
export function frameOf(bytes: Uint8Array, tsMicros = startMicros, linkType = 1, originalLength = bytes.length): Frame {
  const around = Buffer.alloc(bytes.length + 64, 0x45);
  around.set(bytes, 32);
  return { bytes: around, start: 32, end: 32 + bytes.length, originalLength, tsMicros, linkType };
}

export class Sensor {
  readonly alerts: Alert[] = [];
  readonly flows: FlowNote[] = [];
  readonly observations: Observation[] = [];
  readonly bugs: unknown[] = [];
  readonly pipeline: Pipeline;
  nowMicros = startMicros;

  /** `listens` false: as in the box, where nobody wants observations and flows are told of only where a detector follows them. */
  constructor(indicators: Indicators = setOf(), options: unknown = {}, listens = true) {
    this.pipeline = new Pipeline({
      options: pipelineOptions.parse(options),
      indicators,
      box: 'test',
      version: '0.0.0',
      onAlert: (alert) => this.alerts.push(structuredClone(alert)),
      onBug: (error) => this.bugs.push(error),
      ...(listens ? { onEvent: (event: SensorEvent) => this.note(event) } : {}),
    });
  }

  private note(event: SensorEvent): void {
    if (event.kind === 'flow') this.flows.push({ phase: event.phase, tsMicros: event.tsMicros, connection: { ...event.connection } });
    this.observations.push(...observationsOf(event));
  }

  /** Frames a millisecond apart. */
  send(...frames: readonly Uint8Array[]): this {
    for (const bytes of frames) {
      this.nowMicros += 1000;
      this.pipeline.frame(frameOf(bytes, this.nowMicros));
    }
    return this;
  }

  wait(seconds: number): this {
    this.nowMicros += seconds * second;
    return this;
  }

  finish(): this {
    this.pipeline.finish();
    return this;
  }

  of(kind: string): Observation[] {
    return this.observations.filter((observation) => observation.kind === kind);
  }

  phases(phase: FlowPhase): FlowNote[] {
    return this.flows.filter((note) => note.phase === phase);
  }

  /** The last revision of each alert, in the order in which they were opened. */
  get lastAlerts(): Alert[] {
    return [...new Map(this.alerts.map((alert) => [alert.id, alert])).values()];
  }
}
