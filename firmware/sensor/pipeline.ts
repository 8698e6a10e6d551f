/**
 * Frames in, alerts out: wires decode, observe, detect and alert together. The live sensor and a replay call this and nothing else, so
 * they agree. Synchronous, takes its time from the frames, does no I/O, never reads the clock.
 */
import type { Alert } from '../contract/alert.ts';
import { AlertEngine } from './alert/alert-engine.ts';
import { type AlertRules, rulesOf } from './alert/rules.ts';
import type { Frame } from './capture/frame.ts';
import { AnomalyCounter } from './decode/anomaly.ts';
import { FrameDecoder } from './decode/frame-decoder.ts';
import type { Detector } from './detect/detector.ts';
import { createDetectors } from './detect/detectors.ts';
import type { FindingSink } from './detect/finding.ts';
import type { Indicators } from './intel/indicator.ts';
import type { EventKind, EventSink, SensorEvent } from './observe/event.ts';
import { Observer } from './observe/observer.ts';
import type { PipelineOptions } from './pipeline-options.ts';

/** What a running pipeline takes up without losing what it knows. */
export type ChangeableOptions = Pick<PipelineOptions, 'detectors' | 'alerts'> & Partial<AlertRules> & { agency?: string | undefined };

export interface PipelineSetup {
  options: PipelineOptions & Partial<AlertRules>;
  indicators: Indicators;
  box: string;
  agency?: string;
  boot?: string;
  version: string;
  onAlert(alert: Alert): void;
  /** One more that hears of events, whatever the options: it finds nothing by itself. */
  recorder?: (home: Observer['home'], hosts: Observer['hosts']) => Detector;
  /** Told every event, for `observe`. */
  onEvent?: EventSink;
  /** Frames lost by kernel and interface so far. */
  dropped?(): number;
  /** Told of a fault of our own, the first few times. */
  onBug?(error: unknown): void;
}

/** Detectors hear of the passing of time so often, in frame time. */
const tickIntervalMicros = 1_000_000;
/** Frames of several interfaces come a little out of order. Further back, the clock was set, or the next capture is an earlier one: time begins anew. */
const setBackMicros = 10_000_000;
const bugsToldMax = 10;

export class Pipeline {
  readonly anomalies = new AnomalyCounter();
  readonly observer: Observer;
  readonly alerts: AlertEngine;
  readonly decoder: FrameDecoder;
  private detectors: Detector[];
  private listeners: Record<EventKind, Detector[]>;
  private flowListeners: Detector[];
  indicators: Indicators;
  private readonly setup: PipelineSetup;
  private readonly recorder: Detector | undefined;
  /** For findings that are no detector's: of the past. */
  readonly raise: FindingSink;
  private tickedMicros = 0;
  /** Frames and bytes, as doubles from the start: a field that grows out of V8's small integers makes it throw away all code that met the object. */
  private readonly totals = new Float64Array(2);
  /** Exceptions caught: faults of our own. Must stay 0. */
  bugs = 0;

  constructor(setup: PipelineSetup) {
    this.setup = setup;
    const { options } = setup;
    this.observer = new Observer(options, this.dispatch.bind(this), this.anomalies, setup.onEvent !== undefined);
    this.decoder = new FrameDecoder(this.observer, this.anomalies);
    this.alerts = new AlertEngine(options.alerts, this.alertContext(), setup.onAlert, rulesOf(options));
    this.raise = this.alerts.raise.bind(this.alerts);
    this.indicators = setup.indicators;
    this.recorder = setup.recorder?.(this.observer.home, this.observer.hosts);
    this.detectors = this.withRecorder(createDetectors(options.detectors, setup.indicators, this.observer.home));
    this.listeners = listenersOf(this.detectors);
    this.flowListeners = this.listeners.flow;
  }

  private withRecorder(detectors: Detector[]): Detector[] {
    return this.recorder === undefined ? detectors : [...detectors, this.recorder];
  }

  private alertContext() {
    const { box, agency, boot, version, dropped } = this.setup;
    const { hosts } = this.observer;
    return {
      box,
      version,
      describeHost: hosts.describe.bind(hosts),
      dropped: dropped ?? (() => 0),
      ...(agency === undefined ? {} : { agency }),
      ...(boot === undefined ? {} : { boot }),
    };
  }

  get frames(): number {
    return this.totals[0]!;
  }

  /** On the wire. */
  get bytes(): number {
    return this.totals[1]!;
  }

  /** The frame's bytes are read during the call only. Never throws. */
  frame(frame: Frame): void {
    const { totals } = this;
    totals[0]!++;
    totals[1]! += frame.originalLength;
    try {
      const sinceTick = frame.tsMicros - this.tickedMicros;
      if (sinceTick >= tickIntervalMicros || sinceTick < -setBackMicros) this.tick(frame.tsMicros);
      this.decoder.decode(frame);
    } catch (error) {
      this.caught(error);
    }
  }

  /** Time passes without frames too: a live source calls this with the time that a frame arriving now would carry. */
  advance(nowMicros: number): void {
    try {
      if (nowMicros - this.tickedMicros >= tickIntervalMicros) this.tick(nowMicros);
    } catch (error) {
      this.caught(error);
    }
  }

  /** The capture is over: ends the flows and tells of alerts what was not told yet. */
  finish(): void {
    try {
      this.observer.finish();
      this.alerts.finish();
    } catch (error) {
      this.caught(error);
    }
  }

  /** Takes another set of indicators between two frames. */
  load(indicators: Indicators): void {
    this.indicators = indicators;
    for (const detector of this.detectors) detector.load(indicators);
  }

  /** Takes other options between two frames; flows, streams, hosts and open alerts stay. */
  configure(options: ChangeableOptions): void {
    this.alerts.configure(options.alerts, rulesOf(options), options.agency);
    this.detectors = this.withRecorder(createDetectors(options.detectors, this.indicators, this.observer.home, this.detectors));
    this.listeners = listenersOf(this.detectors);
    this.flowListeners = this.listeners.flow;
  }

  private tick(nowMicros: number): void {
    this.tickedMicros = nowMicros;
    this.observer.sweep(nowMicros);
    for (const detector of this.detectors) detector.tick(nowMicros, this.raise);
    this.alerts.tick(nowMicros);
  }

  private dispatch(event: SensorEvent): void {
    // Flows are most of the events, and a look-up by a name that changes is slow.
    const detectors = event.kind === 'flow' ? this.flowListeners : this.listeners[event.kind];
    for (let index = 0; index < detectors.length; index++) detectors[index]!.observe(event, this.raise);
    this.setup.onEvent?.(event);
  }

  private caught(error: unknown): void {
    this.bugs++;
    if (this.bugs <= bugsToldMax) this.setup.onBug?.(error);
  }
}

function listenersOf(detectors: readonly Detector[]): Record<EventKind, Detector[]> {
  const wanting = (kind: EventKind) => detectors.filter((detector) => detector.wants.includes(kind));
  return {
    flow: wanting('flow'),
    dns: wanting('dns'),
    'tls-client': wanting('tls-client'),
    'tls-server': wanting('tls-server'),
    'tls-certificate': wanting('tls-certificate'),
    quic: wanting('quic'),
    'http-request': wanting('http-request'),
    'http-response': wanting('http-response'),
    dhcp: wanting('dhcp'),
    anomaly: wanting('anomaly'),
  };
}
