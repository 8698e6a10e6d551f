/**
 * One life of the sensor: source, pipeline and outbox for as long as the process lives, and what the centre changes meanwhile. What can be taken up
 * between two frames is; for the rest it ends in order and asks for a new process. Wiring of the stages; judges no traffic.
 */
import type { Logger } from 'pino';
import { readBoot } from '../boot.ts';
import { exitRestart, tellState } from '../command/child-state.ts';
import { outboxFolder } from '../config.ts';
import type { Alert } from '../contract/alert.ts';
import type { SensorReport } from '../contract/health.ts';
import { DiskOutbox } from '../outbox/disk-outbox.ts';
import { lossRecord } from '../outbox/loss-record.ts';
import { WriterWatch } from '../outbox/writer-watch.ts';
import { version } from '../version.ts';
import type { AgentChannel } from './agent-channel.ts';
import { openConfiguredSource, type SensorSource } from './capture/configured-source.ts';
import { filterFault } from './capture/filter-check.ts';
import { CaptureError, type Frame } from './capture/frame.ts';
import { isSupportedLinkType } from './decode/link.ts';
import type { Indicators } from './intel/indicator.ts';
import type { Intelligence } from './intelligence.ts';
import type { Memory } from './memory/memory.ts';
import { Pipeline } from './pipeline.ts';
import { reportOf } from './report.ts';
import { memoryFor, searchPast } from './seen.ts';
import { bounded, needsNewProcess, readSensorConfig, type SensorConfig } from './sensor-config.ts';
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
const closeMemoryMs = 2_000;

export interface SensorParts {
  start: SensorConfig;
  /** Of the configuration file, to be read anew. */
  path: string | undefined;
  intelligence: Intelligence;
  channel: AgentChannel;
  log: Logger;
}

export class Sensor {
  private readonly parts: SensorParts;
  private readonly outbox: DiskOutbox;
  private readonly writerWatch: WriterWatch;
  private readonly boot = readBoot();
  private readonly timers = new TimerLateness();
  private running: SensorConfig;
  /** Why the settings in the state folder are not those that run. */
  private settingsError: string | undefined;
  /** Of what was seen; undefined: switched off, or its folder cannot be had. */
  private readonly memory: Memory | undefined;
  private source: SensorSource;
  private pipeline: Pipeline;
  private framesSinceLook = 0;
  private reportedMs = 0;
  private isStopped = false;
  private isRestartWanted = false;

  constructor(parts: SensorParts) {
    const { start, channel, log } = parts;
    this.parts = parts;
    this.running = start;
    this.settingsError = start.settings.error;
    const { config } = start;
    this.outbox = new DiskOutbox({
      folder: outboxFolder(config),
      box: config.box,
      boot: this.boot,
      options: config.outbox,
      handOver: (messages) => channel.handOver(messages),
      onCommitted: () => channel.appended(),
    });
    this.writerWatch = new WriterWatch(log);
    this.memory = memoryFor(config, channel, log);
    this.source = openConfiguredSource(config.capture, { isSupportedLinkType });
    this.pipeline = this.newPipeline();
  }

  private newPipeline(): Pipeline {
    const { intelligence, log } = this.parts;
    const { config } = this.running;
    const { box, agency } = config;
    return new Pipeline({
      options: config,
      indicators: intelligence.current,
      box,
      ...(agency === undefined ? {} : { agency }),
      boot: this.boot,
      version,
      onAlert: (alert) => this.tell(this.memory?.pass(alert) ?? alert),
      ...(this.memory && { recorder: this.memory.recorder.bind(this.memory) }),
      onBug: (error) => log.error({ err: error }, 'caught a fault of our own'),
      dropped: () => {
        const { kernelDropped = 0, interfaceDropped = 0 } = this.source.counters();
        return kernelDropped + interfaceDropped;
      },
    });
  }

  /** Resolves with the exit status when everything was handed over. Rejects where a person has to mend something: a wrong filter, an unreadable file. */
  async run(): Promise<number> {
    const { intelligence, log } = this.parts;
    const { settings } = this.running;
    log.info({ source: this.source.name, indicators: intelligence.total, bundle: intelligence.current.bundle, settings }, 'sensor starts');
    const timer = setInterval(() => this.onTimer(), reportIntervalMs);
    searchPast(this.memory, this.pipeline, log);
    try {
      const exitCode = await this.capture();
      clearInterval(timer);
      await this.end();
      return exitCode;
    } catch (error) {
      // Threads and the link would keep a process alive that has nothing to do.
      await Promise.all([this.memory?.close(closeMemoryMs), this.outbox.close(closeOutboxMs), this.parts.channel.close()]);
      throw error;
    } finally {
      clearInterval(timer);
    }
  }

  private async capture(): Promise<number> {
    const { log } = this.parts;
    for (;;) {
      const { source } = this;
      source.onStatus((status) => {
        log.info(status, 'capture');
        this.report();
      });
      try {
        await source.run((frame) => this.take(frame));
        return this.isRestartWanted && !this.isStopped ? exitRestart : 0;
      } catch (error) {
        if (source.wasRunning) {
          log.error({ err: error }, 'the capture broke; a new process can capture again');
          return exitTryAgain;
        }
        if (!(error instanceof CaptureError) || !this.fallBack(error.message)) throw error;
      }
    }
  }

  /** The settings of the centre do not let the capture begin: goes on with the file of the box. False: there are none, or it is the file's own fault. */
  private fallBack(reason: string): boolean {
    const { path, intelligence, log } = this.parts;
    if (this.running.settings.hash === undefined) return false;
    const ofFilter = filterFault(this.running.config.capture);
    this.running = readSensorConfig(path, ofFilter === undefined ? reason : `capture.filter: ${ofFilter}`);
    this.settingsError = this.running.settings.error;
    log.error({ reason }, 'the settings of the centre cannot be used; the file of the box stands alone');
    this.source = openConfiguredSource(this.running.config.capture, { isSupportedLinkType });
    // No frame was seen yet, so the one before knows nothing.
    this.pipeline = this.newPipeline();
    intelligence.give(this.running.config, this.running.givenSource);
    if (this.isStopped || this.isRestartWanted) this.source.stop();
    return true;
  }

  /** Ends `run` in order. Harmless twice. */
  stop(): void {
    this.isStopped = true;
    this.source.stop();
  }

  /** Ends `run` in order, for a new process to begin. */
  restart(): void {
    this.isRestartWanted = true;
    this.source.stop();
  }

  /** Other indicators, between two frames. */
  load(indicators: Indicators): void {
    const previous = this.pipeline.indicators;
    this.pipeline.load(indicators);
    searchPast(this.memory, this.pipeline, this.parts.log, previous);
  }

  /** Reads settings and release anew, with `files` also the lists; what is in use stays until the new is whole, and where that cannot be used. */
  reload({ files = false } = {}): void {
    const { intelligence } = this.parts;
    const next = this.takeUpSettings();
    if (next !== undefined) void intelligence.want(next.release, next.releaseError);
    if (files) void intelligence.readFilesAnew();
    this.report();
  }

  /** What stands in the files now; undefined where they cannot be read. */
  private takeUpSettings(): SensorConfig | undefined {
    const { path, log } = this.parts;
    const before = this.settingsError;
    let next: SensorConfig | undefined;
    try {
      next = readSensorConfig(path);
      this.settingsError = next.settings.error ?? this.takeUp(next);
    } catch (error) {
      this.settingsError = bounded(error instanceof Error ? error.message : String(error));
    }
    if (this.settingsError !== undefined && this.settingsError !== before)
      log.error({ reason: this.settingsError }, 'other settings cannot be used; those in force stay');
    return next;
  }

  /** Takes another configuration up, or asks for a new process; gives the reason where neither can be. */
  private takeUp(next: SensorConfig): string | undefined {
    const { intelligence, log } = this.parts;
    const { config, settings, givenSource } = next;
    if (needsNewProcess(this.running.config, config)) {
      const fault = filterFault(config.capture);
      if (fault !== undefined) return bounded(`capture.filter: ${fault}`);
      log.info({ settings }, 'ends to begin anew with other settings');
      this.restart();
      return undefined;
    }
    this.pipeline.configure(config);
    intelligence.give(config, givenSource);
    if (settings.hash !== this.running.settings.hash) log.info({ settings }, 'other settings are in force');
    this.running = next;
    return undefined;
  }

  /** What was handed over while the disk failed was in the memory of an agent that is no more. */
  lostWithAgent(count: number): void {
    const nowMs = Date.now();
    const tally = { kind: 'alert', reason: 'memory', count, ranges: [], firstMs: nowMs, lastMs: nowMs } as const;
    this.parts.log.warn({ count }, 'messages were lost with the agent that held them in memory');
    this.outbox.append({ kind: 'loss', body: lossRecord({ ...tally, ranges: [] }, { box: this.running.config.box, boot: this.boot }) });
  }

  private async end(): Promise<void> {
    const { channel, log } = this.parts;
    this.pipeline.finish();
    for (const warning of this.source.warnings) log.warn(warning);
    this.report();
    log.info({ report: this.totals() }, 'sensor ends');
    await this.memory?.close(closeMemoryMs);
    if (!(await this.outbox.close(closeOutboxMs))) log.warn({ outbox: this.outbox.writerState }, 'ended before the disk had everything');
    // The agent hears of the end when the outbox has all.
    this.report();
    await channel.close();
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

  /** Tells the agent how things stand. */
  report(): void {
    this.reportedMs = performance.now();
    const totals = this.totals();
    tellState(totals.capture.state);
    this.parts.channel.report(totals);
    this.writerWatch.look(this.outbox.writerState);
  }

  private totals(): SensorReport {
    const { pipeline, source, timers, outbox, settingsError } = this;
    const { error: _atStart, ...inForce } = this.running.settings;
    const settings = { ...inForce, ...(settingsError === undefined ? {} : { error: settingsError }) };
    const seen = this.memory?.state;
    return reportOf({ pipeline, source, intelligence: this.parts.intelligence, settings, timers, outbox, ...(seen && { seen }) });
  }

  private tell(alert: Alert): void {
    const { channel, log } = this.parts;
    const { clock } = channel;
    this.outbox.append({ kind: 'alert', id: alert.id, body: JSON.stringify(clock === undefined ? alert : { ...alert, clock }) });
    const { id, rev, kind, stage, severity, host, remote } = alert;
    log.info({ id, rev, kind, stage, severity, host: host.ip, remote: remote.ip ?? remote.name }, 'alert');
  }
}
