/** A box around a ConfigKeeper: a sensor that takes its settings up as a real one does, by its file, and all that was said, applied and recorded. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigKeeper } from '../../../../firmware/agent/config/config-keeper.ts';
import type { ConfigKeeperParts } from '../../../../firmware/agent/config/keeper-parts.ts';
import type { LedgerEntry, OrderEntry } from '../../../../firmware/agent/ledger/ledger-entry.ts';
import type { Disk } from '../../../../firmware/agent/orders/stored-file.ts';
import { type ClockReading, TrustedTime } from '../../../../firmware/agent/orders/trusted-time.ts';
import type { ConfigReported } from '../../../../firmware/contract/config-message.ts';
import type { SensorReport } from '../../../../firmware/contract/health.ts';
import { settingsFaults } from '../../../../firmware/settings.ts';
import { readStateFile, type SettingsInForce, settingsInForceSchema, stateFiles } from '../../../../firmware/state-folder.ts';
import { bornMs, box, type Director, director } from '../orders/director.ts';
import { until } from '../uplink/listener.ts';

/** Reads the file at a reload, and reports what it has of it. */
export class TestSensor {
  isConnected = true;
  /** Says nothing of new settings. */
  isDeaf = false;
  /** Refuses settings, with these words. */
  refusal: ((settings: SettingsInForce | undefined) => string | undefined) | undefined;
  reloads = 0;
  state: SensorReport['capture']['state'] = 'running';
  packets = 0;
  opened = 0;
  restarts = 0;
  suppressed: Record<string, number> | undefined;
  readonly #file: string;
  #settings: SensorReport['settings'];

  constructor(file: string) {
    this.#file = file;
    this.read();
  }

  tellReload(): void {
    this.reloads++;
    if (!this.isDeaf) this.read();
  }

  read(): void {
    const inForce = readStateFile(this.#file, settingsInForceSchema);
    const error = this.refusal?.(inForce);
    if (error !== undefined) this.#settings = { ...this.#settings, error };
    else this.#settings = inForce === undefined ? {} : { hash: inForce.hash, seq: inForce.seq };
  }

  report(): SensorReport {
    const { state, packets, opened, restarts, suppressed } = this;
    return {
      capture: { state, source: 'eth1', shedding: false, packets, bytes: packets * 100 },
      alerts: { open: 0, opened, ...(suppressed === undefined ? {} : { suppressed }) },
      supervision: { restarts },
      ...(this.#settings === undefined ? {} : { settings: this.#settings }),
    };
  }
}

export interface TestBox {
  folder: string;
  director: Director;
  sensor: TestSensor;
  keeper: ConfigKeeper;
  said: ConfigReported[];
  applied: (SettingsInForce | undefined)[];
  ledger: LedgerEntry[];
  link: { connectedSinceMs?: number };
  clock: ClockReading & { monotonicMs: number };
  /** What the sensor would read. */
  inForce(): SettingsInForce | undefined;
  last(): ConfigReported | undefined;
  orders(): OrderEntry[];
  send(payload: Uint8Array): Error | undefined;
  /** Waits for a report of that order. */
  heard(state: ConfigReported['state'], seq?: number, confirmed?: boolean): Promise<ConfigReported>;
  /** As a process that was killed and started again: memory is gone, the disk is as it is. */
  restarted(changes?: Partial<ConfigKeeperParts>): Promise<TestBox>;
  stop(): Promise<void>;
}

export interface TestBoxOptions {
  folder?: string;
  director?: Director;
  keys?: ConfigKeeperParts['directorKeys'];
  limits?: ConfigKeeperParts['limits'];
  clock?: Partial<ClockReading>;
  disk?: Disk;
  apply?: ConfigKeeperParts['apply'];
  sensor?: (sensor: TestSensor) => void;
}

/** A quick trial; a clock that follows a time server. */
export const quick = {
  trialMs: 60,
  takeUpMs: 2_000,
  linkGraceMs: 200,
  sensorGraceMs: 100,
  turnMs: 5,
  takingUpTurnMs: 2,
  settleMs: 0,
  retryMs: 20,
};

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'vonggac-config-'));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

export function testBox(options: TestBoxOptions = {}): TestBox {
  const folder = options.folder ?? newFolder();
  const signing = options.director ?? director();
  const said: ConfigReported[] = [];
  const applied: (SettingsInForce | undefined)[] = [];
  const ledger: LedgerEntry[] = [];
  const link: { connectedSinceMs?: number } = { connectedSinceMs: Date.now() };
  const clock = { nowMs: Date.now(), synced: true, monotonicMs: 0, ...options.clock } as TestBox['clock'];
  const started = performance.now();
  const passedMs = () => performance.now() - started + clock.monotonicMs;
  const time = new TrustedTime({
    file: join(stateFiles.configFolder(folder), 'time.json'),
    builtMs: bornMs,
    clock: () => ({ nowMs: clock.nowMs + passedMs(), synced: clock.synced }),
    monotonicMs: passedMs,
    onProblem: (text) => {
      throw new Error(text);
    },
  });
  const sensor = new TestSensor(stateFiles.settings(folder));
  options.sensor?.(sensor);
  const keeper = new ConfigKeeper({
    box,
    boot: 'boot-1',
    files: { folder: stateFiles.configFolder(folder), inForce: stateFiles.settings(folder) },
    directorKeys: options.keys ?? [signing.publicKey],
    check: settingsFaults,
    sensor,
    uplink: () => link,
    apply: (inForce) => {
      applied.push(inForce);
      options.apply?.(inForce);
    },
    publish: (reported) => said.push(reported),
    time,
    ledger: { record: (entry) => ledger.push(entry) },
    log: { info: () => undefined, warn: () => undefined },
    limits: { ...quick, ...options.limits },
    monotonicMs: passedMs,
    ...(options.disk === undefined ? {} : { disk: options.disk }),
  });
  const matches = (state: ConfigReported['state'], seq?: number, confirmed?: boolean) => (reported: ConfigReported) =>
    reported.state === state &&
    (seq === undefined || reported.seq === seq) &&
    (confirmed === undefined || reported.confirmed === confirmed);
  const self: TestBox = {
    ...{ folder, director: signing, sensor, keeper, said, applied, ledger, link, clock },
    inForce: () => readStateFile(stateFiles.settings(folder), settingsInForceSchema),
    last: () => said.at(-1),
    orders: () => ledger.filter((entry) => entry.kind === 'order'),
    send(payload) {
      try {
        keeper.desired({ payload });
        return undefined;
      } catch (error) {
        return error instanceof Error ? error : new Error(String(error));
      }
    },
    async heard(state, seq, confirmed) {
      await until(() => said.some(matches(state, seq, confirmed)), `${state} of order ${seq}; said: ${JSON.stringify(said)}`);
      return said.find(matches(state, seq, confirmed))!;
    },
    async restarted(changes = {}) {
      await keeper.stop();
      const next = testBox({ ...options, folder, director: signing, clock, ...(changes.directorKeys && { keys: changes.directorKeys }) });
      next.keeper.start();
      return next;
    },
    stop: () => keeper.stop(),
  };
  return self;
}

/** Started, and it has said how things stand. */
export async function startedBox(options: TestBoxOptions = {}): Promise<TestBox> {
  const made = testBox(options);
  made.keeper.start();
  await until(() => made.said.length > 0, 'the first report');
  return made;
}
