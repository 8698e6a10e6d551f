/**
 * One box, a broker, two ingests and a store, all real processes, each killed with SIGKILL at random moments while alerts are raised; and the
 * account at the end: what was raised, what is in the store, what is missing, doubled or left over.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore } from '../../centre/store/open-store.ts';
import { node, projectFile, vonggac } from '../bench/command.ts';
import { type CentreBroker, startCentreBroker, type TestAccess } from '../centre/broker/centre-broker.ts';
import { Random } from '../fuzz/random.ts';
import { type Contacts, expectedAlerts, writeContacts } from './contacts.ts';
import { RestartedProcess } from './restarted-process.ts';

const box = 'chaos-box';

export interface ChaosOptions {
  folder: string;
  seed: number;
  kills: number;
  /** The last pass may still be running when the kills are over. */
  captures: number;
  alertsOfCapture: number;
  secondsOfCapture: number;
  /** Mean time between two kills. */
  killEveryMs: number;
  drainTimeoutMs: number;
  /** Where the ingests store: a file in the folder where absent. */
  store?: string;
  onProgress?(text: string): void;
}

export interface ChaosAccount {
  seconds: number;
  kills: Readonly<Record<string, number>>;
  raised: number;
  /** Alerts that were raised and are not in the store, or in an older revision. */
  missing: number;
  /** Alerts in the store that nobody raised. */
  foreign: number;
  /** Durable messages in the store; each is there once, for its number is the key. */
  messages: number;
  /** Numbers that never came. */
  holes: number;
  /** Messages still in the box. */
  left: number;
  /** What the programs said last, for a failed account. */
  output: Readonly<Record<string, string>>;
}

export async function chaos(options: ChaosOptions): Promise<ChaosAccount> {
  const startedMs = performance.now();
  const { folder, onProgress = () => undefined } = options;
  mkdirSync(folder, { recursive: true });
  const contacts = writeContacts(folder, { captures: options.captures, each: options.alertsOfCapture, seconds: options.secondsOfCapture });
  const broker = await startCentreBroker();
  const access = { box: await broker.box(box), ingest: await broker.service('centre.ingest') };
  const field = new Field(options, contacts, broker, access);
  try {
    await field.killAndRestart(onProgress);
    await field.drained(options.drainTimeoutMs);
    return await field.account((performance.now() - startedMs) / 1_000);
  } finally {
    await field.stop();
    await broker.stop();
  }
}

export function isWhole({ missing, foreign, holes, left }: ChaosAccount): boolean {
  return missing === 0 && foreign === 0 && holes === 0 && left === 0;
}

/** The processes, and what is known of them. */
class Field {
  private readonly options: ChaosOptions;
  private readonly contacts: Contacts;
  private readonly broker: CentreBroker;
  private readonly access: Record<'box' | 'ingest', TestAccess>;
  private readonly store: string;
  private readonly outbox: string;
  private readonly random: Random;
  private readonly sensor: RestartedProcess;
  private readonly others: readonly RestartedProcess[];
  private brokerKills = 0;
  private capture = -1;

  constructor(options: ChaosOptions, contacts: Contacts, broker: CentreBroker, access: Record<'box' | 'ingest', TestAccess>) {
    this.options = options;
    this.contacts = contacts;
    this.broker = broker;
    this.access = access;
    this.random = new Random(options.seed);
    this.store = options.store ?? join(options.folder, 'centre.db');
    this.outbox = join(options.folder, 'box');
    this.others = [
      new RestartedProcess('agent', () => ({ name: 'agent', command: vonggac('agent', '--config', this.config(0)) })),
      ...['one', 'two'].map((name) => new RestartedProcess(`ingest ${name}`, () => ({ name, command: this.ingest() }))),
    ];
    this.sensor = new RestartedProcess('sensor', () => this.nextPass());
  }

  async killAndRestart(onProgress: (text: string) => void): Promise<void> {
    const { kills, killEveryMs } = this.options;
    for (let done = 0; done < kills; ) {
      await sleep(killEveryMs * (0.5 + this.random.unit()));
      if (!(await this.killOne())) continue;
      done++;
      if (done % 10 === 0) onProgress(`${done} of ${kills} kills, capture ${this.capture + 1} of ${this.contacts.captures.length}`);
    }
    await this.sensor.ended;
  }

  /** Resolves once the box holds nothing more; the account tells what is left where that takes too long. */
  async drained(timeoutMs: number): Promise<void> {
    const endMs = Date.now() + timeoutMs;
    while (this.left() > 0 && Date.now() < endMs) await sleep(100);
  }

  async account(seconds: number): Promise<ChaosAccount> {
    const expected = await expectedAlerts(this.contacts, this.config(0));
    const store = await openStore(this.store);
    const found = new Map((await store.alerts({ box, limit: expected.size * 2 })).map(({ id, rev }) => [id, rev]));
    const outboxes = await store.outboxes();
    const holes = (await store.holes()).reduce((sum, { first, last }) => sum + last - first + 1, 0);
    await store.close();
    return {
      seconds,
      kills: this.kills(),
      raised: expected.size,
      missing: [...expected].filter(([id, rev]) => (found.get(id) ?? 0) < rev).length,
      foreign: [...found.keys()].filter((id) => !expected.has(id)).length,
      messages: outboxes.reduce((sum, { messages }) => sum + messages, 0),
      // What came is below the highest number; what is below it and did not come is a hole, said by the store or not.
      holes: Math.max(
        holes,
        outboxes.reduce((sum, { messages, last }) => sum + last - messages, 0),
      ),
      left: this.left(),
      output: Object.fromEntries([this.sensor, ...this.others].map(({ name, output }) => [name, output])),
    };
  }

  async stop(): Promise<void> {
    await Promise.all([this.sensor, ...this.others].map((process) => process.stop()));
  }

  private kills(): Record<string, number> {
    return { ...Object.fromEntries([this.sensor, ...this.others].map(({ name, kills }) => [name, kills])), broker: this.brokerKills };
  }

  private async killOne(): Promise<boolean> {
    const victim = this.random.pick(['sensor', 'agent', 'broker', 'ingest'] as const);
    if (victim === 'broker') {
      await this.broker.kill();
      this.brokerKills++;
      await sleep(this.random.below(500));
      await this.broker.restart();
      return true;
    }
    if (victim === 'sensor') return this.sensor.kill();
    return this.random.pick(this.others.filter(({ name }) => name.startsWith(victim))).kill();
  }

  /** A pass that was cut short begins again; a sensor that read its capture to the end goes on with the next. */
  private nextPass(): { name: string; command: string[] } | undefined {
    if (this.capture < 0 || this.sensor.ranToEnd) this.capture++;
    if (this.capture >= this.contacts.captures.length) return undefined;
    return { name: 'sensor', command: vonggac('sensor', '--config', this.config(this.capture)) };
  }

  private config(capture: number): string {
    const { folder } = this.options;
    const path = join(folder, `box-${capture}.json`);
    const uplink = { ...this.access.box, backoff: { ceilingMs: 2_000 } };
    const document = {
      box,
      intel: [this.contacts.indicators],
      capture: { file: this.contacts.captures[capture], pace: 1, once: true, retime: false },
      outbox: { folder: this.outbox },
      socket: join(folder, 'agent.sock'),
      uplink,
      healthIntervalSeconds: 1,
    };
    writeFileSync(path, JSON.stringify(document));
    return path;
  }

  private ingest(): string[] {
    const { url, caFile, certFile, keyFile } = this.access.ingest;
    const files = ['--ca', caFile, '--cert', certFile, '--key', keyFile];
    return [node, projectFile('centre/cli.ts'), 'ingest', '--broker', url, '--store', this.store, ...files];
  }

  /** Read from outside, so that no process of the box has to be trusted. */
  private left(): number {
    const database = new DatabaseSync(join(this.outbox, 'outbox', 'outbox.db'), { readOnly: true });
    try {
      return Number(database.prepare('SELECT count(*) AS depth FROM message').get()?.depth);
    } finally {
      database.close();
    }
  }
}
