/**
 * The broker is away for a simulated day at ten alerts a second: all of it is put into the outbox at full speed, while the agent runs
 * without a broker. Then the broker as it is delivered and an ingest with SQLite come. Was all of it delivered, each once, alerts before
 * evidence; did the memory of the box stay flat; how fast did it go.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { agentRuntimeOptions, sensorRuntimeOptions } from '../../../firmware/command/child-set.ts';
import { type CentreBroker, startCentreBroker } from '../../centre/broker/centre-broker.ts';
import { node, projectFile } from '../command.ts';
import { profiling, startIngest } from '../delivery/centre-programs.ts';
import { MemoryTrack } from '../delivery/memory-track.ts';
import { busySecondsOfMachine, cpuSecondsOf, cpuSecondsOfFamily } from '../delivery/process-cost.ts';
import { Program, stopAll } from '../delivery/program.ts';
import { type Account, StoreFile } from '../delivery/store-file.ts';
import type { Figure } from '../figure.ts';
import { startProgress } from '../progress.ts';
import type { Sizes } from '../sizes.ts';
import type { Workspace } from '../workspace.ts';

const box = 'away-box';
const growthLimitMegabytes = 20;
const drainLeast = 2_000;
/** With the default of 5 min the box might need that long to see that the broker is back, which is not what is measured here. */
const backoff = { ceilingMs: 2_000 };
/** An agent that has just started is still growing. */
const settleMs = 5_000;
/** At the slowest rates that are worth waiting for. */
const timeoutMsOf = (alerts: number, perSecond: number) => 120_000 + (alerts / perSecond) * 1_000;
/** Left out of every span of growth: what a process needs to come up to speed. */
const warmUpShare = 0.1;

interface Span {
  fromMs: number;
  toMs: number;
}

interface Running {
  broker: CentreBroker;
  agent: Program;
  memory: { agent: MemoryTrack; appender: MemoryTrack };
}

export async function away(workspace: Workspace, sizes: Sizes): Promise<Figure[]> {
  const folder = mkdtempSync(join(workspace.folder, 'away-'));
  const broker = await startCentreBroker();
  const programs: Program[] = [];
  const tracks: MemoryTrack[] = [];
  try {
    const agent = startAgent(folder, await broker.box(box));
    programs.push(agent);
    await broker.kill();
    const appender = appenderOf(join(folder, 'state'), sizes);
    programs.push(appender);
    const memory = { agent: new MemoryTrack(() => agent.pid), appender: new MemoryTrack(() => appender.pid) };
    tracks.push(memory.agent, memory.appender);
    const running = { broker, agent, memory };
    const figures = await append(running, appender, sizes);
    await appender.finish();
    await broker.restart();
    const store = join(folder, 'centre.db');
    const ingest = await startIngest(await broker.service('centre.ingest'), store, 'ingest-1');
    programs.push(ingest);
    return [...figures, ...(await drain(running, ingest, store, sizes))];
  } finally {
    for (const track of tracks) track.stop();
    await stopAll(programs);
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function startAgent(folder: string, uplink: object): Program {
  const state = join(folder, 'state');
  mkdirSync(state);
  const config = join(folder, 'box.json');
  writeFileSync(config, JSON.stringify({ box, uplink: { ...uplink, backoff }, healthIntervalSeconds: 1 }));
  const command = [node, ...agentRuntimeOptions, ...profiling(), projectFile('firmware/cli.ts'), 'agent', '--config', config];
  return new Program(command, { environment: { STATE_DIRECTORY: state, RUNTIME_DIRECTORY: folder } });
}

function appenderOf(folder: string, { awayAlerts: alerts, awayEvidence: evidence }: Sizes): Program {
  const parameters = JSON.stringify({ folder, box, alerts, evidence });
  return new Program([node, ...sensorRuntimeOptions, projectFile('test/bench/delivery/append-program.ts'), parameters]);
}

async function append({ agent, memory }: Running, appender: Program, { awayAlerts: alerts }: Sizes): Promise<Figure[]> {
  const progress = startProgress(`${alerts} alerts into the outbox`);
  const warmMs: number[] = [];
  const isWarm = (appended: unknown) => Number(appended) >= alerts * warmUpShare;
  const done = await appender.line(
    ({ appended, done }) => {
      if (appended !== undefined) progress.show(Number(appended), alerts);
      if (isWarm(appended)) warmMs.push(performance.now());
      return done !== undefined;
    },
    'the alerts to be appended',
    timeoutMsOf(alerts, 1_000),
  );
  const span = { fromMs: warmMs[0] ?? Number.NaN, toMs: performance.now() };
  progress.done(`${Math.round(alerts / Number(done.seconds))} alerts/s`);
  // The agent looked on, and has nothing to send to.
  await sleep(settleMs);
  if (!agent.isRunning) throw new Error(`the agent ended: ${agent.errors}`);
  return [
    { name: 'away: appended', value: alerts / Number(done.seconds), unit: 'alerts/s' },
    { name: 'away: lost on the way into the outbox', value: Number(done.lost), unit: '', limit: 0 },
    { name: 'away: not committed in the end', value: done.done === true ? 0 : 1, unit: '', limit: 0 },
    ...growth('appender, from a tenth of the alerts to the last', memory.appender, span),
    ...growth('agent without a broker, over the same time', memory.agent, span),
  ];
}

function growth(who: string, track: MemoryTrack, { fromMs, toMs }: Span): Figure[] {
  return [
    { name: `away: memory of the ${who}, growth`, value: track.growth(fromMs, toMs), unit: 'MB', digits: 1, limit: growthLimitMegabytes },
    { name: 'away: the same, highest', value: track.peak(fromMs, toMs), unit: 'MB', digits: 1 },
  ];
}

async function drain(running: Running, ingest: Program, store: string, sizes: Sizes): Promise<Figure[]> {
  const { broker, agent, memory } = running;
  const { awayAlerts: alerts, awayEvidence: evidence } = sizes;
  const all = alerts + evidence;
  const progress = startProgress(`${alerts} alerts and ${evidence} pieces of evidence to the centre`);
  const file = new StoreFile(store);
  try {
    const endMs = performance.now() + timeoutMsOf(alerts, 500);
    const until = async (isTrue: () => boolean) => {
      while (!isTrue() && performance.now() < endMs && agent.isRunning && ingest.isRunning) await sleep(100);
    };
    await until(() => file.messages > 0);
    const began = performance.now();
    const spent = () => [busySecondsOfMachine(), cpuSecondsOf(agent.pid), cpuSecondsOf(ingest.pid), cpuSecondsOfFamily(broker.pid)];
    const before = spent();
    await until(() => file.messages >= all * warmUpShare);
    const fromMs = performance.now();
    await until(() => {
      progress.show(file.messages, all);
      return file.messages >= all;
    });
    const span = { fromMs, toMs: performance.now() };
    const used = spent().map((seconds, index) => seconds - (before[index] ?? 0));
    await until(() => file.health.outbox?.depth === 0);
    const depth = file.health.outbox?.depth ?? Number.NaN;
    progress.done(`${(performance.now() - began).toFixed(0)} ms`);
    return [
      ...delivered(file.account(), file, sizes, depth),
      ...cpuFigures(used, (span.toMs - began) / 1_000),
      ...drainMemory(memory.agent, span),
    ];
  } finally {
    file.close();
  }
}

function drainMemory(track: MemoryTrack, span: Span): Figure[] {
  return growth('agent while it sends, from a tenth of all to the last', track, span);
}

function delivered(account: Account, file: StoreFile, { awayAlerts, awayEvidence }: Sizes, depth: number): Figure[] {
  const timeOf = (what: string, kind: string) => file.number(`select ${what}(stored_ms) from message where kind = ?`, kind);
  const lastAlertMs = timeOf('max', 'alert');
  const seconds = (lastAlertMs - timeOf('min', 'alert')) / 1_000;
  const early = file.number(`select count(*) from message where kind = 'evidence' and stored_ms < ?`, lastAlertMs);
  const none = { unit: '', limit: 0, least: 0 };
  return [
    {
      name: 'away: drain, from the first alert in the store to the last',
      value: awayAlerts / seconds,
      unit: 'alerts/s',
      least: drainLeast,
    },
    { name: 'away: alerts that are not in the store', value: awayAlerts - account.alerts, ...none },
    { name: 'away: alert messages beyond one each', value: account.alertMessages - awayAlerts, ...none },
    { name: 'away: pieces of evidence that are not in the store', value: awayEvidence - account.evidenceMessages, ...none },
    { name: 'away: numbers missing, and records of loss', value: account.missingNumbers + account.losses, ...none },
    { name: 'away: pieces of evidence stored before the last alert', value: early, unit: '', limit: 0 },
    { name: 'away: messages left in the outbox, by health', value: depth, unit: '', limit: 0 },
  ];
}

function cpuFigures([machine = 0, agent = 0, ingest = 0, broker = 0]: readonly number[], seconds: number): Figure[] {
  const of = (who: string, used: number): Figure => ({ name: `away: CPU of ${who}`, value: (100 * used) / seconds, unit: '% of a core' });
  return [
    of('the agent while it sends', agent),
    of('ingest', ingest),
    of('the broker and its log filter', broker),
    of('all else on the machine', machine - agent - ingest - broker),
  ];
}
