/** The sensor process: frames from the mirror port (or a file) through the pipeline, alerts into the outbox, counters to the agent. Wiring only. */
import { type Logger, pino } from 'pino';
import { readBoot, socketPath } from '../boot.ts';
import { onStop, tellState } from '../command/child-state.ts';
import { UserError } from '../command/user-error.ts';
import { type BoxConfig, outboxFolder, readConfig } from '../config.ts';
import type { Alert } from '../contract/alert.ts';
import type { SensorReport } from '../contract/health.ts';
import { DiskOutbox } from '../outbox/disk-outbox.ts';
import { lossRecord } from '../outbox/loss-record.ts';
import { WriterWatch } from '../outbox/writer-watch.ts';
import { version } from '../version.ts';
import { AgentChannel } from './agent-channel.ts';
import { openConfiguredSource, type SensorSource } from './capture/configured-source.ts';
import type { Frame } from './capture/frame.ts';
import { isSupportedLinkType } from './decode/link.ts';
import { IndicatorFiles } from './intel/indicator-files.ts';
import { Pipeline } from './pipeline.ts';
import { reportOf } from './report.ts';
import { TimerLateness } from './timer-lateness.ts';

const reportIntervalMs = 1_000;
/** At overload the event loop gets no turn (the capture library hands on frames until the ring is empty), so the clock is looked at here. */
const framesBetweenLooks = 4_096;
/** Without frames the pipeline's time follows the clock at this distance: a frame that still waits in the kernel must not come from the past. */
const advanceLagMs = 1_000;
/** EX_TEMPFAIL of sysexits.h: what broke is healed by a new process. Neither 0 nor 2, after which nobody starts us again. */
const exitTryAgain = 75;
/** What was found last gets so long to reach the disk. */
const closeOutboxMs = 3_000;
/** Enough to see what is wrong with a list. */
const shownRefusalsMax = 5;

export interface SensorCommandOptions {
  config?: string;
}

export async function runSensor(options: SensorCommandOptions): Promise<void> {
  const config = readConfig(options.config);
  if (config.capture === undefined) throw new UserError('the configuration has no "capture": give capture.interface (or capture.file)');
  const log = pino({ base: { process: 'sensor' } });
  const source = openConfiguredSource(config.capture, { isSupportedLinkType });
  onStop(() => source.stop());
  // Listened for from the start: a signal that nobody listens for would end the process while it reads its lists.
  let sensor: Sensor | undefined;
  process.on('SIGHUP', () => sensor?.reload());
  const channel = new AgentChannel({
    path: socketPath(config),
    onChange: (text) => log.info({}, text),
    onLost: (count) => sensor?.lostWithAgent(count),
  });
  // The agent hears at once that there is a sensor again, which then takes its time to read the lists.
  channel.start();
  sensor = new Sensor({ config, source, intelligence: await IndicatorFiles.open(config.intel, config.allow), channel, log });
  const exitCode = await sensor.run();
  // A capture session on a silent interface would hold the process until its next frame.
  process.exit(exitCode);
}

interface SensorParts {
  config: BoxConfig;
  source: SensorSource;
  intelligence: IndicatorFiles;
  channel: AgentChannel;
  log: Logger;
}

class Sensor {
  private readonly channel: AgentChannel;
  private readonly outbox: DiskOutbox;
  private readonly writerWatch: WriterWatch;
  private readonly boot = readBoot();
  private readonly box: string;
  private readonly source: SensorSource;
  private readonly intelligence: IndicatorFiles;
  private readonly log: Logger;
  private readonly pipeline: Pipeline;
  private readonly timers = new TimerLateness();
  private framesSinceLook = 0;
  private reportedMs = 0;
  private isReloading = false;
  private isReloadWanted = false;

  constructor({ config, source, intelligence, channel, log }: SensorParts) {
    const { box, agency } = config;
    this.box = box;
    this.channel = channel;
    this.outbox = new DiskOutbox({
      folder: outboxFolder(config),
      box,
      boot: this.boot,
      options: config.outbox,
      handOver: (messages) => this.channel.handOver(messages),
      onCommitted: () => this.channel.appended(),
    });
    this.source = source;
    this.intelligence = intelligence;
    this.log = log;
    this.writerWatch = new WriterWatch(log);
    this.pipeline = new Pipeline({
      options: config,
      indicators: intelligence.current,
      box,
      ...(agency === undefined ? {} : { agency }),
      boot: this.boot,
      version,
      onAlert: (alert) => this.tell(alert),
      onBug: (error) => log.error({ err: error }, 'caught a fault of our own'),
      dropped: () => {
        const { kernelDropped = 0, interfaceDropped = 0 } = source.counters();
        return kernelDropped + interfaceDropped;
      },
    });
  }

  /** Resolves with the exit status when everything was handed over. Rejects where a person has to mend something: a wrong filter, an unreadable file. */
  async run(): Promise<number> {
    const { source, log } = this;
    log.info({ source: source.name, indicators: this.intelligence.total, bundle: this.intelligence.current.bundle }, 'sensor starts');
    this.logRefusals();
    source.onStatus((status) => {
      log.info(status, 'capture');
      this.report();
    });
    const timer = setInterval(() => this.onTimer(), reportIntervalMs);
    let exitCode = 0;
    try {
      await source.run((frame) => this.take(frame));
    } catch (error) {
      if (!source.wasRunning) throw error;
      log.error({ err: error }, 'the capture broke; a new process can capture again');
      exitCode = exitTryAgain;
    } finally {
      clearInterval(timer);
    }
    await this.end();
    return exitCode;
  }

  /** What was handed over while the disk failed was in the memory of an agent that is no more. */
  lostWithAgent(count: number): void {
    const nowMs = Date.now();
    const tally = { kind: 'alert', reason: 'memory', count, ranges: [], firstMs: nowMs, lastMs: nowMs } as const;
    this.log.warn({ count }, 'messages were lost with the agent that held them in memory');
    this.outbox.append({ kind: 'loss', body: lossRecord({ ...tally, ranges: [] }, { box: this.box, boot: this.boot }) });
  }

  /** Reads the lists anew; the set in use stays until the new one is whole. Asked for while it reads, it reads once more. */
  reload(): void {
    this.isReloadWanted = true;
    if (this.isReloading) return;
    this.isReloading = true;
    this.isReloadWanted = false;
    this.intelligence
      .reload()
      .then(
        (indicators) => {
          this.pipeline.load(indicators);
          this.log.info({ bundle: indicators.bundle, indicators: this.intelligence.total }, 'intelligence loaded');
        },
        (error: unknown) => this.log.error({ reason: String(error) }, 'intelligence could not be loaded; the last set stays in use'),
      )
      .finally(() => {
        this.logRefusals();
        this.isReloading = false;
        if (this.isReloadWanted) this.reload();
      });
  }

  private logRefusals(): void {
    const { refused, refusals } = this.intelligence;
    if (refused > 0) this.log.warn({ refused, first: refusals.slice(0, shownRefusalsMax) }, 'values of the indicator lists were refused');
  }

  private async end(): Promise<void> {
    const { pipeline, source, log } = this;
    pipeline.finish();
    for (const warning of source.warnings) log.warn(warning);
    this.report();
    log.info({ report: this.totals() }, 'sensor ends');
    if (!(await this.outbox.close(closeOutboxMs))) log.warn({ outbox: this.outbox.writerState }, 'ended before the disk had everything');
    // The agent hears of the end when the outbox has all.
    this.report();
    await this.channel.close();
  }

  private take(frame: Frame): void {
    this.pipeline.frame(frame);
    if (++this.framesSinceLook < framesBetweenLooks) return;
    this.framesSinceLook = 0;
    if (performance.now() - this.reportedMs >= reportIntervalMs) this.report();
  }

  private onTimer(): void {
    if (this.source.isLive) this.pipeline.advance((Date.now() - advanceLagMs) * 1000);
    this.report();
  }

  private report(): void {
    this.reportedMs = performance.now();
    const totals = this.totals();
    tellState(totals.capture.state);
    this.channel.report(totals);
    this.writerWatch.look(this.outbox.writerState);
  }

  private totals(): SensorReport {
    const { pipeline, source, intelligence, timers, outbox } = this;
    return reportOf({ pipeline, source, intelligence, timers, outbox });
  }

  private tell(alert: Alert): void {
    const { clock } = this.channel;
    this.outbox.append({ kind: 'alert', id: alert.id, body: JSON.stringify(clock === undefined ? alert : { ...alert, clock }) });
    const { id, rev, kind, stage, severity, host, remote } = alert;
    this.log.info({ id, rev, kind, stage, severity, host: host.ip, remote: remote.ip ?? remote.name }, 'alert');
  }
}
