/** The agent: outbox, health and what the sensor tells -> the centre. Wiring only. */
import { uptime } from 'node:os';
import type { BoxConfig } from '../config.ts';
import type { Reason } from '../contract/alert.ts';
import type { Presence } from '../contract/presence.ts';
import { DiskOutbox } from '../outbox/disk-outbox.ts';
import { JoinedOutbox } from '../outbox/joined-outbox.ts';
import { MemoryOutbox } from '../outbox/memory-outbox.ts';
import type { NewMessage } from '../outbox/outbox.ts';
import { Receipts } from '../outbox/receipts.ts';
import { WriterWatch } from '../outbox/writer-watch.ts';
import { ask, ClockWatch } from './health/clock.ts';
import { type HealthParts, HealthReporter } from './health/health-reporter.ts';
import { HealthSummary } from './health/health-summary.ts';
import { measureMachine } from './health/machine.ts';
import { MachineFiles } from './health/machine-files.ts';
import { readInterfaceCount } from './health/mirror-flow.ts';
import { Pulse } from './health/pulse.ts';
import { SensorLedger } from './health/sensor-ledger.ts';
import { ServiceManager } from './health/service-manager.ts';
import { measureStorage } from './health/storage.ts';
import { Watchdog } from './health/watchdog.ts';
import { measureSeconds } from './panel/panel-loop.ts';
import { panelReportFile } from './panel/panel-report.ts';
import { PanelService } from './panel/panel-service.ts';
import { SensorLink } from './sensor-link.ts';
import type { UplinkOptions } from './uplink/options.ts';
import { Uplink, type UplinkLog, type UplinkState } from './uplink/uplink.ts';

/** A health message that three intervals did not replace is out of date; the broker forgets it then. */
const healthExpiryIntervals = 3;
/** What waits in memory since the disk failed is offered to the disk so often. */
const memoryToDiskMs = 1_000;
const memoryToDiskMax = 500;
/** Reading temperature, disk and outbox takes seconds where a disk hangs. */
const healthTakesMs = 10_000;
const closeOutboxMs = 2_000;

export interface AgentParts {
  config: Pick<BoxConfig, 'box' | 'agency' | 'lang' | 'capture' | 'healthIntervalSeconds' | 'healthSummarySeconds' | 'panel'> & {
    outbox: BoxConfig['outbox'];
    uplink: UplinkOptions;
  };
  /** Where the outbox is, and the socket of the sensor. */
  folder: string;
  socket: string;
  /** Id of this boot of the machine. */
  boot: string;
  /** Version of this product. */
  version: string;
  /** Faults and notes of the doctor, for whoever calls for help. */
  doctor: () => Promise<readonly Reason[]>;
  log: UplinkLog;
}

export class Agent {
  readonly #parts: AgentParts;
  readonly #disk: DiskOutbox;
  readonly #memory: MemoryOutbox;
  readonly #outbox: Receipts;
  readonly #sensor: SensorLink;
  readonly #uplink: Uplink;
  readonly #ledger = new SensorLedger();
  readonly #clock: ClockWatch;
  readonly #health: HealthReporter;
  readonly #summary: HealthSummary;
  readonly #watchdog: Watchdog;
  readonly #panel: PanelService;
  readonly #healthPulse: Pulse;
  readonly #writerWatch: WriterWatch;
  #session = 0;
  #timers: NodeJS.Timeout[] = [];

  constructor(parts: AgentParts) {
    this.#parts = parts;
    const { config, folder, socket, boot, log } = parts;
    const { box, uplink } = config;
    const origin = { box, boot };
    const take = (messages: readonly NewMessage[]) => {
      this.#memory.take(messages);
      this.#tellHeld();
      this.#uplink.wake();
      return true;
    };
    this.#memory = new MemoryOutbox({ ...origin, options: config.outbox });
    this.#disk = new DiskOutbox({
      ...origin,
      folder,
      options: config.outbox,
      handOver: async (messages) => take(messages),
      onCommitted: () => this.#uplink.wake(),
    });
    this.#outbox = new Receipts(new JoinedOutbox([this.#disk, this.#memory]));
    this.#uplink = new Uplink({
      options: uplink,
      box,
      outbox: this.#outbox,
      presence: (state) => this.#presence(state),
      log,
      nextSession: () => this.#nextSession(),
      onConnected: () => void this.#sendHealth(),
    });
    this.#sensor = new SensorLink({
      path: socket,
      source: config.capture?.file ?? config.capture?.interface ?? 'none',
      log,
      onReport: (report) => this.#ledger.take(report),
      onAppended: () => this.#uplink.wake(),
      onHandOver: take,
    });
    this.#clock = new ClockWatch(ask, (state) => {
      if (state !== undefined) this.#sensor.tellClock(state);
    });
    this.#healthPulse = new Pulse(config.healthIntervalSeconds * 1_000 + healthTakesMs);
    this.#watchdog = this.#makeWatchdog();
    this.#health = new HealthReporter(this.#healthParts());
    this.#writerWatch = new WriterWatch(log);
    this.#panel = this.#makePanel();
    this.#summary = new HealthSummary({
      health: this.#healthParts(),
      outbox: this.#disk,
      seconds: config.healthSummarySeconds,
      onProblem: (error) => log.warn({ reason: String(error) }, 'a summary of health could not be made'),
    });
  }

  /** What is known of the link to the centre. */
  get link(): UplinkState {
    return this.#uplink.state;
  }

  /** Rejects, in words for people, where another agent runs or the socket cannot be made. */
  async start(): Promise<void> {
    await this.#sensor.open();
    this.#keepPresence({ online: true, event: 'started' });
    this.#clock.start();
    this.#uplink.start();
    this.#summary.start();
    this.#watchdog.start();
    await this.#panel.start();
    const { healthIntervalSeconds } = this.#parts.config;
    this.#timers = [
      setInterval(() => void this.#sendHealth(), healthIntervalSeconds * 1_000),
      setInterval(() => this.#tendOutbox(), memoryToDiskMs),
    ];
  }

  /** Resolves with true once the outbox is empty, with false where that took longer than `timeoutMs`. */
  drained(timeoutMs: number): Promise<boolean> {
    return this.#uplink.drained(timeoutMs);
  }

  /**
   * Says that it stops, gives what waits at most `drainMs` to arrive, and ends the connection. What then still waits stays on disk. Resolves
   * with false where something does.
   */
  async stop(drainMs: number): Promise<boolean> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#watchdog.stop();
    await this.#panel.stop();
    await this.#summary.stop();
    this.#keepPresence({ online: false, planned: true, event: 'stopped' });
    await this.#disk.flush(closeOutboxMs);
    const isDrained = this.link.connectedSinceMs !== undefined && (await this.drained(drainMs));
    await this.#sendHealth();
    await this.#uplink.stop();
    this.#clock.stop();
    this.#sensor.close();
    this.#memoryToDisk(Number.MAX_SAFE_INTEGER);
    await this.#disk.close(closeOutboxMs);
    return isDrained;
  }

  #healthParts(): HealthParts {
    const { config, folder, boot } = this.#parts;
    const { box, agency, healthIntervalSeconds } = config;
    const files = new MachineFiles();
    return {
      box,
      ...(agency === undefined ? {} : { agency }),
      boot,
      intervalSeconds: healthIntervalSeconds,
      sensor: () => this.#sensor.report(),
      ledger: this.#ledger,
      outbox: this.#outbox,
      writer: this.#disk,
      uplink: () => this.#uplink.state,
      clock: () => this.#clock.state,
      watchdog: () => this.#watchdog.state,
      machine: () => measureMachine(files),
      storage: () => measureStorage(folder, files),
    };
  }

  #makeWatchdog(): Watchdog {
    const { config, log } = this.#parts;
    const { interface: name, filter } = config.capture ?? {};
    return new Watchdog({
      service: new ServiceManager({ log }),
      sensor: this.#sensor,
      interfaceCount: () => (name === undefined ? undefined : readInterfaceCount(name)),
      isFiltered: filter !== undefined && filter !== '',
      askOutbox: () => this.#disk.measure(),
      pulses: { 'loop of health': this.#healthPulse, 'loop of the uplink': this.#uplink.pulse },
      log,
    });
  }

  #makePanel(): PanelService {
    const { config, socket, boot, version, doctor, log } = this.#parts;
    const { box, agency, lang, panel } = config;
    const { limits, ...options } = panel;
    const health = new HealthReporter({ ...this.#healthParts(), intervalSeconds: measureSeconds });
    return new PanelService({
      options,
      limits,
      lang,
      identity: { box, ...(agency === undefined ? {} : { agency }), boot, version },
      measure: () => health.report(),
      sensor: () => this.#sensor.report(),
      quietMs: () => this.#ledger.quietMs,
      uplink: () => this.#uplink.state,
      clock: () => this.#clock.state,
      writer: this.#disk,
      receipts: this.#outbox,
      doctor,
      record: (event) => this.#keepPresence({ online: true, event }),
      reportFile: panelReportFile(socket),
      log,
    });
  }

  /** Grows within a boot of the machine, also over restarts of this process: the time since the boot, in ms. */
  #nextSession(): number {
    this.#session = Math.max(this.#session + 1, Math.floor(uptime() * 1_000));
    return this.#session;
  }

  #presence(state: { online: boolean; planned?: boolean; session: number }): Presence {
    const { config, boot, version } = this.#parts;
    const { box, agency } = config;
    const bundle = this.#sensor.report().intelligence?.bundle;
    return {
      schema: 'presence/1',
      box,
      ...(agency === undefined ? {} : { agency }),
      boot,
      ...state,
      ts: new Date().toISOString(),
      versions: { firmware: version, node: process.versions.node, ...(bundle === undefined ? {} : { intel: bundle }) },
    };
  }

  /** For the history: what happened reaches the centre also where there was no link at the time. */
  #keepPresence(what: Pick<Presence, 'online' | 'planned' | 'event'>): void {
    const presence: Presence = { ...this.#presence({ online: what.online, session: Math.max(1, this.#session) }), ...what };
    this.#disk.append({ kind: 'presence', body: JSON.stringify(presence) });
  }

  async #sendHealth(): Promise<void> {
    const { config, log } = this.#parts;
    try {
      const health = await this.#health.report();
      this.#uplink.publishHealth(JSON.stringify(health), config.healthIntervalSeconds * healthExpiryIntervals);
      this.#healthPulse.beat(config.healthIntervalSeconds * 1_000 + healthTakesMs);
    } catch (error) {
      log.warn({ reason: error instanceof Error ? error.message : String(error) }, 'health could not be measured');
    }
  }

  #tendOutbox(): void {
    this.#writerWatch.look(this.#disk.writerState);
    this.#memoryToDisk();
    this.#tellHeld();
  }

  /** So that the sensor can say what died with this process. */
  #tellHeld(): void {
    void this.#memory.measure().then(({ depth }) => this.#sensor.tellHeld(depth));
  }

  /** The disk works again: what nobody has read yet is safer there. */
  #memoryToDisk(max = memoryToDiskMax): void {
    if (this.#memory.isEmpty || this.#disk.writerState.mode !== 'disk') return;
    for (const message of this.#memory.takeAll(max)) this.#disk.append(message);
  }
}
