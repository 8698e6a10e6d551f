/** The sensor process: frames from the mirror port (or a file) through the pipeline, alerts and counters to whoever started it. Wiring only. */
import { randomUUID } from 'node:crypto';
import { type Logger, pino } from 'pino';
import { UserError } from '../command/user-error.ts';
import { type BoxConfig, readConfig } from '../config.ts';
import type { Alert } from '../contract/alert.ts';
import { version } from '../version.ts';
import { openConfiguredSource, type SensorSource } from './capture/configured-source.ts';
import type { Frame } from './capture/frame.ts';
import { isSupportedLinkType } from './decode/link.ts';
import { IndicatorFiles } from './intel/indicator-files.ts';
import { Pipeline } from './pipeline.ts';
import { ParentChannel } from './parent-channel.ts';
import { reportOf } from './report.ts';

const reportIntervalMs = 1_000;
/** At overload the event loop gets no turn (the capture library hands on frames until the ring is empty), so the clock is looked at here. */
const framesBetweenLooks = 4_096;

export interface SensorCommandOptions {
  config?: string;
}

export async function runSensor(options: SensorCommandOptions): Promise<void> {
  const config = readConfig(options.config);
  if (config.capture === undefined) throw new UserError('the configuration has no "capture": give capture.interface (or capture.file)');
  const log = pino({ base: { process: 'sensor' } });
  const source = openConfiguredSource(config.capture, { isSupportedLinkType });
  const intelligence = await IndicatorFiles.open(config.intel);
  const sensor = new Sensor(config, source, intelligence, log);
  process.once('SIGTERM', () => source.stop()).once('SIGINT', () => source.stop());
  process.on('SIGHUP', () => sensor.reload());
  await sensor.run();
}

class Sensor {
  private readonly channel = new ParentChannel();
  private readonly source: SensorSource;
  private readonly intelligence: IndicatorFiles;
  private readonly log: Logger;
  private readonly pipeline: Pipeline;
  private framesSinceLook = 0;
  private reportedMs = 0;

  constructor(config: BoxConfig, source: SensorSource, intelligence: IndicatorFiles, log: Logger) {
    this.source = source;
    this.intelligence = intelligence;
    this.log = log;
    const { box, agency } = config;
    this.pipeline = new Pipeline({
      options: config,
      indicators: intelligence.current,
      box,
      ...(agency === undefined ? {} : { agency }),
      boot: randomUUID(),
      version,
      onAlert: (alert) => this.tell(alert),
      onBug: (error) => log.error({ err: error }, 'caught a fault of our own'),
      dropped: () => {
        const { kernelDropped = 0, interfaceDropped = 0 } = source.counters();
        return kernelDropped + interfaceDropped;
      },
    });
  }

  async run(): Promise<void> {
    const { source, log, pipeline } = this;
    log.info({ source: source.name, indicators: this.intelligence.total, bundle: this.intelligence.current.bundle }, 'sensor starts');
    source.onStatus((status) => log.info(status, 'capture'));
    const timer = setInterval(() => this.onTimer(), reportIntervalMs);
    try {
      await source.run((frame) => this.take(frame));
    } finally {
      clearInterval(timer);
    }
    pipeline.finish();
    for (const warning of source.warnings) log.warn(warning);
    this.report();
    log.info({ packets: pipeline.frames, alerts: pipeline.alerts.opened }, 'sensor ends');
    await this.channel.close();
  }

  /** Reads the lists anew; the set in use stays until the new one is whole. */
  reload(): void {
    this.intelligence.reload().then(
      (indicators) => {
        this.pipeline.load(indicators);
        this.log.info({ bundle: indicators.bundle, indicators: this.intelligence.total }, 'intelligence loaded');
      },
      (error: unknown) => this.log.error({ reason: String(error) }, 'intelligence could not be loaded; the last set stays in use'),
    );
  }

  private take(frame: Frame): void {
    this.pipeline.frame(frame);
    if (++this.framesSinceLook < framesBetweenLooks) return;
    this.framesSinceLook = 0;
    if (Date.now() - this.reportedMs >= reportIntervalMs) this.report();
  }

  private onTimer(): void {
    if (this.source.isLive) this.pipeline.advance(Date.now() * 1000);
    this.report();
  }

  private report(): void {
    this.reportedMs = Date.now();
    this.channel.send({ type: 'report', report: reportOf(this.pipeline, this.source, this.intelligence) });
  }

  private tell(alert: Alert): void {
    if (this.channel.isOpen) this.channel.send({ type: 'alert', alert });
    else this.log.info({ alert }, 'alert');
  }
}
