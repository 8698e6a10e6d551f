/**
 * How many alerts two ingest processes that share the load take into SQLite and into PostgreSQL, over the broker as it is delivered; and
 * whether all of them are stored, each once, where one of the two is killed in the middle.
 */
import { join } from 'node:path';
import { Client } from 'pg';
import { type CentreBroker, startCentreBroker } from '../../centre/broker/centre-broker.ts';
import { type PostgresServer, startPostgres } from '../../centre/store/postgres-server.ts';
import { node, projectFile } from '../command.ts';
import { startIngest } from '../delivery/centre-programs.ts';
import { busySecondsOfMachine, cpuSecondsOf, cpuSecondsOfFamily, residentMegabytesOf } from '../delivery/process-cost.ts';
import { type Line, Program, stopAll } from '../delivery/program.ts';
import { StoreFile } from '../delivery/store-file.ts';
import type { Figure } from '../figure.ts';
import { startProgress } from '../progress.ts';
import type { Sizes } from '../sizes.ts';
import type { Workspace } from '../workspace.ts';

const boxIds = Array.from({ length: 8 }, (_, index) => `bench-box-${index}`);
const perSecondLeast = 5_000;
const timeoutMs = 300_000;
/** Of the whole load, when one ingest is killed. */
const killAt = 0.3;

/** A place for alerts, and how much of them is there. */
interface Target {
  name: string;
  location: string;
  /** Messages, alerts, and numbers that were used and are not there. */
  count(): Promise<{ messages: number; alerts: number; missing: number }>;
  cpuSeconds(): number;
}

interface Measured {
  seconds: number;
  sent: number;
  cpu: { broker: number; ingests: number[]; server: number; load: number; others: number };
  ingestMegabytes: number;
}

export async function ingest(workspace: Workspace, sizes: Sizes): Promise<Figure[]> {
  const broker = await startCentreBroker();
  const figures: Figure[] = [];
  let server: PostgresServer | undefined;
  try {
    const alerts = sizes.ingestAlerts / boxIds.length;
    for (const isKilled of [false, true]) {
      figures.push(...(await round(broker, sqliteTarget(join(workspace.folder, `ingest-${isKilled}.db`)), alerts, isKilled)));
    }
    server = await startPostgres({ isDurable: true });
    for (const isKilled of [false, true]) {
      const database = server.createDatabase(`ingest_${isKilled}`);
      figures.push(...(await round(broker, postgresTarget(database, server.pid), alerts, isKilled)));
    }
  } finally {
    await server?.stop();
    await broker.stop();
  }
  return figures;
}

async function round(broker: CentreBroker, target: Target, alertsOfBox: number, isKilled: boolean): Promise<Figure[]> {
  const alerts = alertsOfBox * boxIds.length;
  const progress = startProgress(`${alerts} alerts into ${target.name}${isKilled ? ', one of two ingests killed' : ''}`);
  const measured = await load(broker, target, alertsOfBox, isKilled, (done) => progress.show(done, alerts));
  const perSecond = alerts / measured.seconds;
  progress.done(`${Math.round(perSecond)} alerts/s`);
  const { messages, alerts: kept, missing } = await target.count();
  const name = `ingest: ${target.name}${isKilled ? ', one of two killed' : ''}`;
  const whole: Figure[] = [
    { name: `${name}, alerts that are not in the store`, value: alerts - kept, unit: '', limit: 0, least: 0 },
    { name: `${name}, messages beyond one each`, value: messages - alerts, unit: '', limit: 0 },
    { name: `${name}, numbers missing`, value: missing, unit: '', limit: 0 },
  ];
  if (isKilled) {
    return [
      ...whole,
      { name: `${name}, time for all`, value: measured.seconds, unit: 's', digits: 1 },
      { name: `${name}, sent again`, value: measured.sent - alerts, unit: 'alerts' },
    ];
  }
  const { cpu } = measured;
  const share = (seconds: number) => (100 * seconds) / measured.seconds;
  const used = (who: string, seconds: number): Figure => ({ name: `${name}, CPU of ${who}`, value: share(seconds), unit: '% of a core' });
  return [
    { name: `${name}, rate`, value: perSecond, unit: 'alerts/s', least: perSecondLeast },
    ...whole,
    ...cpu.ingests.map((seconds, index) => used(`ingest ${index + 1}`, seconds)),
    used('the broker and its log filter', cpu.broker),
    ...(cpu.server === 0 ? [] : [used('the database server', cpu.server)]),
    used('the load itself', cpu.load),
    used('all else on the machine', cpu.others),
    { name: `${name}, memory of an ingest`, value: measured.ingestMegabytes, unit: 'MB' },
  ];
}

async function load(
  broker: CentreBroker,
  target: Target,
  alerts: number,
  isKilled: boolean,
  show: (done: number) => void,
): Promise<Measured> {
  const programs: Program[] = [];
  try {
    const access = await broker.service('centre.ingest');
    for (const name of ['ingest-1', 'ingest-2']) programs.push(await startIngest(access, target.location, name));
    const ingests = [...programs];
    const boxes = await Promise.all(boxIds.map(async (id) => ({ id, access: await broker.box(id) })));
    const producer = new Program([node, projectFile('test/bench/delivery/load-program.ts'), JSON.stringify({ boxes, alerts })]);
    programs.push(producer);
    await producer.line(({ ready }) => ready === true, 'the boxes to connect');
    const spent = () => [
      busySecondsOfMachine(),
      cpuSecondsOfFamily(broker.pid),
      target.cpuSeconds(),
      ...[...ingests, producer].map(({ pid }) => cpuSecondsOf(pid)),
    ];
    const before = spent();
    producer.say('go');
    const acknowledged = () => Number(producer.lines.at(-1)?.acknowledged ?? 0);
    if (isKilled) {
      await producer.until(() => acknowledged() > alerts * boxIds.length * killAt, 'a part of the alerts', timeoutMs);
      await ingests[0]?.stop('SIGKILL');
    }
    const isDone = ({ done }: Line) => {
      show(acknowledged());
      return done === true;
    };
    const done = await producer.line(isDone, 'all to be acknowledged', timeoutMs);
    const after = spent();
    const [all = 0, ofBroker = 0, server = 0, first = 0, second = 0, ofLoad = 0] = after.map(
      (seconds, index) => seconds - (before[index] ?? 0),
    );
    const ingestMegabytes = residentMegabytesOf(ingests[1]?.pid ?? 0);
    const others = all - ofBroker - server - first - second - ofLoad;
    const cpu = { broker: ofBroker, server, ingests: [first, second], load: ofLoad, others };
    return { seconds: Number(done.seconds), sent: Number(done.sent), cpu, ingestMegabytes };
  } finally {
    await stopAll(programs);
  }
}

function sqliteTarget(path: string): Target {
  return {
    name: 'SQLite',
    location: path,
    count: async () => {
      const file = new StoreFile(path);
      const { alertMessages, alerts, missingNumbers } = file.account();
      file.close();
      return { messages: alertMessages, alerts, missing: missingNumbers };
    },
    cpuSeconds: () => 0,
  };
}

function postgresTarget(url: string, pid: number): Target {
  return {
    name: 'PostgreSQL',
    location: url,
    count: async () => {
      const client = new Client({ connectionString: url });
      await client.connect();
      const number = async (sql: string) => Number(Object.values((await client.query(sql)).rows[0] ?? {})[0]);
      const messages = await number(`select count(*) from message where kind = 'alert'`);
      const alerts = await number('select count(*) from alert');
      const missing = (await number('select sum(last_seq) from outbox')) - (await number('select count(*) from message'));
      await client.end();
      return { messages, alerts, missing };
    },
    cpuSeconds: () => cpuSecondsOfFamily(pid),
  };
}
