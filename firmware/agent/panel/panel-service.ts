/** The panel of a running box: what it measures, shows and tells, and what a press of its button does. Wiring; the parts are beside it. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Reason } from '../../contract/alert.ts';
import type { Duty } from '../../contract/duty.ts';
import type { ClockState, Health, SensorReport } from '../../contract/health.ts';
import type { Language } from '../../contract/language.ts';
import type { OutboxWriter } from '../../outbox/outbox.ts';
import type { Receipts } from '../../outbox/receipts.ts';
import type { UplinkNow } from '../health/queue-state.ts';
import { AlertCounts } from './alert-counts.ts';
import type { DisplayLimits } from './display.ts';
import { helpAlert } from './help-call.ts';
import { openDriver } from './open-driver.ts';
import type { PanelOptions } from './options.ts';
import { Panel, type PanelManner } from './panel.ts';
import type { PanelDriver, PanelLog, Press } from './panel-driver.ts';
import { PanelLoop } from './panel-loop.ts';

/** Somebody who holds the button has time; a doctor that hangs shall not keep the call. */
const doctorTimeoutMs = 20_000;
/** Time to look at four lamps. */
const lampTestMs = 8_000;

export interface PanelServiceParts {
  options: PanelOptions;
  limits: DisplayLimits;
  /** When quiet hours do not count. */
  duty?: Duty;
  lang: Language;
  identity: { box: string; agency?: string; boot: string; version: string };
  measure: () => Promise<Health>;
  sensor: () => SensorReport;
  quietMs: () => number;
  uplink: () => UplinkNow;
  clock: () => ClockState | undefined;
  writer: Pick<OutboxWriter, 'append'>;
  receipts: Receipts;
  /** Faults and notes that the doctor finds; it takes some seconds. */
  doctor: () => Promise<readonly Reason[]>;
  /** Leaves a record for the centre that somebody is at the panel. */
  record: (event: 'acknowledged' | 'self-test') => void;
  /** Where `vonggac panel status` looks. */
  reportFile: string;
  log: PanelLog;
}

export class PanelService {
  #parts: PanelServiceParts;
  readonly #counts = new AlertCounts();
  #driver: PanelDriver | undefined;
  #panel: Panel | undefined;
  #loop: PanelLoop | undefined;
  #isReportFailing = false;
  #isHelpOnTheWay = false;

  constructor(parts: PanelServiceParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const { options, limits, duty, lang, log, measure, sensor, quietMs, uplink } = this.#parts;
    this.#driver = await openDriver(options, { onPress: (press) => this.#pressed(press), log, output: process.stdout, lang });
    this.#panel = new Panel({ driver: this.#driver, options, limits, duty });
    this.#loop = new PanelLoop({
      panel: this.#panel,
      counts: this.#counts,
      measure,
      sensor,
      quietMs,
      uplink,
      onJudged: () => this.#writeReport(),
      onProblem: (error) => log.warn({ reason: String(error) }, 'the box could not be measured for the panel'),
    });
    this.#loop.start();
  }

  /** The box stops on purpose: lamps that can show that do. */
  async stop(): Promise<void> {
    this.#loop?.stop();
    await this.#panel?.close(true);
    rmSync(this.#parts.reportFile, { force: true });
  }

  /** What the lamps are driven by stays; how bright and loud they are, and what READY promises, may change. */
  change(change: PanelManner & { agency: string | undefined }): void {
    const { agency, ...manner } = change;
    const { agency: _former, ...identity } = this.#parts.identity;
    this.#parts = { ...this.#parts, limits: manner.limits, identity: { ...identity, ...(agency === undefined ? {} : { agency }) } };
    this.#panel?.change(manner);
  }

  /** All lamps blink, so that somebody in the room sees which box is meant. */
  identify(seconds: number): void {
    this.#panel?.blinkAll(seconds * 1_000);
  }

  /** All lamps are lit for some seconds: one that stays dark is broken. */
  testLamps(): void {
    this.#panel?.lightAll(lampTestMs);
  }

  #pressed(press: Press): void {
    this.#parts.log.info({ press }, 'the button of the panel');
    if (press === 'acknowledge') {
      this.#counts.acknowledge(this.#parts.sensor());
      this.#parts.record('acknowledged');
    } else if (press === 'self-test') {
      this.#parts.record('self-test');
      void this.#examine();
    } else void this.#callForHelp();
  }

  /** What was found is in the log, and on the lamps as far as they can tell it. */
  async #examine(): Promise<readonly Reason[]> {
    const { doctor, log } = this.#parts;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<readonly Reason[]>((resolve) => {
      timer = setTimeout(() => resolve([{ measured: 'doctor: no answer within', value: `${doctorTimeoutMs / 1_000} s` }]), doctorTimeoutMs);
    });
    try {
      const findings = await Promise.race([doctor(), late]);
      log.info({ findings }, 'self-test');
      return findings;
    } catch (error) {
      return [{ measured: 'doctor: could not be run', value: error instanceof Error ? error.message : String(error) }];
    } finally {
      clearTimeout(timer);
    }
  }

  /** A second press while the first call is being made is the same call. */
  async #callForHelp(): Promise<void> {
    if (this.#isHelpOnTheWay) return;
    this.#isHelpOnTheWay = true;
    const { identity, clock, sensor, writer, receipts } = this.#parts;
    const findings = await this.#examine();
    const { capture, intelligence } = sensor();
    const alert = helpAlert({
      ...identity,
      clock: clock(),
      ...(intelligence === undefined ? {} : { intel: intelligence.bundle }),
      dropped: (capture.kernelDropped ?? 0) + (capture.interfaceDropped ?? 0),
      findings,
      nowMs: Date.now(),
    });
    receipts.expect(alert.id, () => this.#panel?.confirmHelp());
    writer.append({ kind: 'alert', id: alert.id, body: JSON.stringify(alert) });
    this.#isHelpOnTheWay = false;
  }

  #writeReport(): void {
    const { reportFile, log } = this.#parts;
    const report = this.#panel?.report;
    if (report === undefined) return;
    try {
      // Beside the socket, in memory; renamed, so that nobody reads half of it.
      writeFileSync(`${reportFile}.new`, JSON.stringify(report));
      renameSync(`${reportFile}.new`, reportFile);
      this.#isReportFailing = false;
    } catch (error) {
      if (!this.#isReportFailing) log.warn({ reason: String(error) }, 'what the panel shows could not be written down');
      this.#isReportFailing = true;
    }
  }
}
