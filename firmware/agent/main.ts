/** The agent: outbox, health and what the sensor tells -> the centre. Wiring only. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BoxConfig } from '../config.ts';
import type { Reason } from '../contract/alert.ts';
import { DiskOutbox } from '../outbox/disk-outbox.ts';
import { JoinedOutbox } from '../outbox/joined-outbox.ts';
import { MemoryOutbox } from '../outbox/memory-outbox.ts';
import type { NewMessage } from '../outbox/outbox.ts';
import { Receipts } from '../outbox/receipts.ts';
import { BoxPresence } from './box-presence.ts';
import type { Direction } from './direction.ts';
import { ask, ClockWatch } from './health/clock.ts';
import type { HealthParts } from './health/health-reporter.ts';
import { HealthRoutine } from './health/health-routine.ts';
import { measureMachine } from './health/machine.ts';
import { MachineFiles } from './health/machine-files.ts';
import { readInterfaceCount } from './health/mirror-flow.ts';
import { SensorLedger } from './health/sensor-ledger.ts';
import { ServiceManager } from './health/service-manager.ts';
import { measureStorage } from './health/storage.ts';
import { Watchdog } from './health/watchdog.ts';
import { Ledger } from './ledger/ledger.ts';
import { sentMessageOf } from './ledger/sent-message.ts';
import { MemoryToDisk } from './memory-to-disk.ts';
import { measureSeconds } from './panel/panel-loop.ts';
import { panelReportFile } from './panel/panel-report.ts';
import { PanelService } from './panel/panel-service.ts';
import { SensorLink } from './sensor-link.ts';
import type { UplinkOptions } from './uplink/options.ts';
import { Uplink, type UplinkLog } from './uplink/uplink.ts';
import type { UplinkState } from './uplink/uplink-state.ts';

const closeOutboxMs = 2_000;

type AgentConfig = Pick<
  BoxConfig,
  'box' | 'agency' | 'lang' | 'capture' | 'healthIntervalSeconds' | 'healthSummarySeconds' | 'panel' | 'duty'
> & { outbox: BoxConfig['outbox']; uplink: UplinkOptions };

/** What the settings of the centre may change in a running agent. */
export type AgentSettings = Omit<AgentConfig, 'box' | 'outbox' | 'uplink'>;

export interface AgentParts {
  config: AgentConfig;
  /** Where the outbox is, the record for the agency, and the socket of the sensor. */
  folder: string;
  ledgerFolder: string;
  socket: string;
  /** Id of this boot of the machine. */
  boot: string;
  /** Of this product. */
  version: string;
  /** Faults and notes, for whoever calls for help. */
  doctor: () => Promise<readonly Reason[]>;
  /** What obeys the director, made of this agent's parts; undefined: nobody whom this box obeys. */
  direction?: (agent: DirectedAgent) => Direction;
  log: UplinkLog;
}

/** What a direction needs of the agent. */
export interface DirectedAgent {
  readonly uplink: Uplink;
  readonly sensor: SensorLink;
  readonly ledger: Ledger;
  clock(): { nowMs: number; synced: boolean | undefined };
  /** Takes other settings up; never throws. */
  change(settings: AgentSettings): void;
  identify(seconds: number): void;
  testLamps(): void;
}

export class Agent {
  readonly #parts: AgentParts;
  #config: AgentConfig;
  readonly #ledger: Ledger;
  readonly #direction: Direction | undefined;
  readonly #disk: DiskOutbox;
  readonly #memory: MemoryOutbox;
  readonly #outbox: Receipts;
  readonly #sensor: SensorLink;
  readonly #uplink: Uplink;
  readonly #totals = new SensorLedger();
  readonly #clock: ClockWatch;
  readonly #health: HealthRoutine;
  readonly #watchdog: Watchdog;
  readonly #panel: PanelService;
  readonly #presence: BoxPresence;
  readonly #memoryToDisk: MemoryToDisk;

  constructor(parts: AgentParts) {
    this.#parts = parts;
    const { config, folder, ledgerFolder, boot, version, log } = parts;
    const { box } = config;
    this.#config = config;
    this.#ledger = new Ledger({ folder: ledgerFolder, onProblem: (reason) => log.warn({ reason }, 'trouble with the ledger') });
    const origin = { box, boot };
    const take = (messages: readonly NewMessage[]) => {
      this.#memory.take(messages);
      this.#memoryToDisk.tellHeld();
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
    this.#presence = new BoxPresence({
      box,
      agency: () => this.#config.agency,
      boot,
      version,
      bundle: () => this.#sensor.report().intelligence?.bundle,
      outbox: this.#disk,
    });
    this.#outbox = new Receipts(new JoinedOutbox([this.#disk, this.#memory]));
    this.#uplink = this.#makeUplink();
    this.#sensor = this.#makeSensorLink(take);
    this.#clock = new ClockWatch(ask, (state) => {
      if (state !== undefined) this.#sensor.tellClock(state);
    });
    this.#health = new HealthRoutine({
      measures: this.#measures(),
      manner: config,
      publish: (body, expirySeconds) => this.#uplink.publishHealth(body, expirySeconds),
      outbox: this.#disk,
      log,
    });
    this.#watchdog = this.#makeWatchdog();
    this.#memoryToDisk = new MemoryToDisk({
      disk: this.#disk,
      memory: this.#memory,
      tellHeld: (count) => this.#sensor.tellHeld(count),
      log,
    });
    this.#panel = this.#makePanel();
    this.#direction = parts.direction?.(this.#directed());
  }

  #makeUplink(): Uplink {
    const { config, log } = this.#parts;
    const { box, uplink } = config;
    return new Uplink({
      options: uplink,
      box,
      outbox: this.#outbox,
      presence: (state) => this.#presence.message(state),
      log,
      nextSession: () => this.#presence.nextSession(),
      onConnected: () => this.#connected(),
      onSent: (publication) => this.#ledger.sent(sentMessageOf(publication)),
    });
  }

  #makeSensorLink(onHandOver: (messages: readonly NewMessage[]) => boolean): SensorLink {
    const { config, socket, log } = this.#parts;
    return new SensorLink({
      path: socket,
      source: config.capture?.file ?? config.capture?.interface ?? 'none',
      log,
      onReport: (report) => this.#totals.take(report),
      onAppended: () => this.#uplink.wake(),
      onHandOver,
    });
  }

  /** What is known of the link to the centre. */
  get link(): UplinkState {
    return this.#uplink.state;
  }

  /** Rejects, in words for people, where another agent runs or the socket cannot be made. */
  async start(): Promise<void> {
    await this.#sensor.open();
    this.#ledger.start();
    this.#presence.keep({ online: true, event: 'started' });
    this.#clock.start();
    this.#direction?.start();
    this.#uplink.start();
    this.#health.start();
    this.#watchdog.start();
    await this.#panel.start();
    this.#memoryToDisk.start();
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
    await this.#watchdog.stop();
    await this.#direction?.stop();
    await this.#panel.stop();
    await this.#health.stop();
    this.#presence.keep({ online: false, planned: true, event: 'stopped' });
    await this.#disk.flush(closeOutboxMs);
    const isDrained = this.link.connectedSinceMs !== undefined && (await this.drained(drainMs));
    await this.#health.send();
    await this.#uplink.stop();
    this.#clock.stop();
    this.#sensor.close();
    this.#memoryToDisk.stop();
    await this.#disk.close(closeOutboxMs);
    await Promise.race([this.#ledger.stop(), sleep(closeOutboxMs, undefined, { ref: false })]);
    return isDrained;
  }

  #directed(): DirectedAgent {
    return {
      uplink: this.#uplink,
      sensor: this.#sensor,
      ledger: this.#ledger,
      clock: () => ({ nowMs: Date.now(), synced: this.#clock.state?.synced }),
      change: (settings) => this.#change(settings),
      identify: (seconds) => this.#panel.identify(seconds),
      testLamps: () => this.#panel.testLamps(),
    };
  }

  #change(settings: AgentSettings): void {
    this.#config = { ...this.#config, ...settings };
    const { agency, panel, duty } = this.#config;
    this.#panel.change({ options: panel, limits: panel.limits, duty, agency });
    this.#health.change(this.#config);
  }

  #connected(): void {
    this.#ledger.record({ kind: 'connection', broker: this.#parts.config.uplink.url, since: new Date().toISOString() });
    this.#direction?.connected();
    void this.#health.send();
  }

  #measures(): Omit<HealthParts, 'agency' | 'intervalSeconds'> {
    const { config, folder, boot } = this.#parts;
    const files = new MachineFiles();
    return {
      box: config.box,
      boot,
      sensor: () => this.#sensor.report(),
      ledger: this.#totals,
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
    const { log } = this.#parts;
    const capture = () => this.#config.capture;
    return new Watchdog({
      service: new ServiceManager({ log }),
      sensor: this.#sensor,
      interfaceCount: () => {
        const name = capture()?.interface;
        return name === undefined ? undefined : readInterfaceCount(name);
      },
      isFiltered: () => (capture()?.filter ?? '') !== '',
      askOutbox: () => this.#disk.measure(),
      pulses: { 'loop of health': this.#health.pulse, 'loop of the uplink': this.#uplink.pulse },
      log,
    });
  }

  #makePanel(): PanelService {
    const { config, socket, boot, version, doctor, log } = this.#parts;
    const { box, agency, lang, panel, duty } = config;
    const { limits, ...options } = panel;
    const health = this.#health.reporter(measureSeconds);
    return new PanelService({
      options,
      limits,
      duty,
      lang,
      identity: { box, ...(agency === undefined ? {} : { agency }), boot, version },
      measure: () => health.report(),
      sensor: () => this.#sensor.report(),
      quietMs: () => this.#totals.quietMs,
      uplink: () => this.#uplink.state,
      clock: () => this.#clock.state,
      writer: this.#disk,
      receipts: this.#outbox,
      doctor,
      record: (event) => this.#presence.keep({ online: true, event }),
      reportFile: panelReportFile(socket),
      log,
    });
  }
}
