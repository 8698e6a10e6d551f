/**
 * The broker is away for a simulated day at ten alerts a second: all of it is put into the outbox at full speed, while the agent runs
 * without a broker. Then the broker as it is delivered and an ingest with SQLite come back. Was all of it delivered, each once, alerts
 * before evidence; did the memory of the box stay flat; how fast did it go. Some alerts go all the way before the day begins: memory counts
 * from there on.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { agentRuntimeOptions, sensorRuntimeOptions } from '../../../firmware/runtime-options.ts';
import { type CentreBroker, startCentreBroker } from '../../centre/broker/centre-broker.ts';
import { node, projectFile } from '../command.ts';
import { profiling, startIngest } from '../delivery/centre-programs.ts';
import { MemoryTrack } from '../delivery/memory-track.ts';
import { busySecondsOfMachine, cpuSecondsOf, cpuSecondsOfFamily } from '../delivery/process-cost.ts';
import { type Line, Program, stopAll } from '../delivery/program.ts';
import { StoreFile } from '../delivery/store-file.ts';
import type { Figure } from '../figure.ts';
import { startProgress } from '../progress.ts';
import type { Sizes } from '../sizes.ts';
import type { Workspace } from '../workspace.ts';

const box = 'away-box';
const growthLimitMegabytes = 20;
const drainLeast = 2_000;
/** With the default of 5 min the box might need that long to see that the broker is back, which is not what is measured here. */
const backoff = { ceilingMs: 2_000 };
/** So that a level of memory is read at rest. */
const settleMs = 5_000;
const restMs = 2_000;
/** Alerts that go all the way before the day begins: so many of all, and enough for the heap to come up to its size. */
const warmUpShare = 0.05;
const warmUpAlertsLeast = 30_000;
const warmUpRounds = 2;
/** After so many the memory of the appender counts: it works at a thousand times the pace of a sensor, and its heap comes up to that first. */
const appenderWarmUpAlerts = 100_000;
/** At the slowest rate that is worth waiting for. */
const timeoutMsOf = (alerts: number) => 120_000 + alerts * 2;

interface Box {
  folder: string;
  state: string;
  store: string;
  broker: CentreBroker;
  agent: Program;
  programs: Program[];
  memory: MemoryTrack;
  warmUpAlerts: number;
  alerts: number;
  evidence: number;
}

export async function away(workspace: Workspace, sizes: Sizes): Promise<Figure[]> {
  const folder = mkdtempSync(join(workspace.folder, 'away-'));
  const broker = await startCentreBroker();
  const programs: Program[] = [];
  const tracks: MemoryTrack[] = [];
  try {
    const state = join(folder, 'state');
    mkdirSync(state);
    const agent = startAgent(folder, state, await broker.box(box));
    const memory = new MemoryTrack(() => agent.pid);
    programs.push(agent);
    tracks.push(memory);
    const { awayAlerts: alerts, awayEvidence: evidence } = sizes;
    const warmUpAlerts = Math.ceil(Math.max(warmUpAlertsLeast, alerts * warmUpShare) / warmUpRounds) * warmUpRounds;
    const store = join(folder, 'centre.db');
    return await day({ folder, state, store, broker, agent, programs, memory, warmUpAlerts, alerts, evidence }, tracks);
  } finally {
    for (const track of tracks) track.stop();
    await stopAll(programs);
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function startAgent(folder: string, state: string, uplink: object): Program {
  const config = join(folder, 'box.json');
  writeFileSync(config, JSON.stringify({ box, uplink: { ...uplink, backoff }, healthIntervalSeconds: 1 }));
  const command = [node, ...agentRuntimeOptions, ...profiling(), projectFile('firmware/cli.ts'), 'agent', '--config', config];
  return new Program(command, { environment: { STATE_DIRECTORY: state, RUNTIME_DIRECTORY: folder } });
}

async function day(of: Box, tracks: MemoryTrack[]): Promise<Figure[]> {
  const beganMs = performance.now();
  await warmUp(of);
  const warmMs = performance.now();
  const appended = await append(of, tracks);
  await sleep(settleMs);
  const drained = await drain(of);
  return [
    ...appended,
    ...drained,
    { name: 'away: memory of the agent at rest, before', value: of.memory.peak(warmMs - restMs, warmMs), unit: 'MB', digits: 1 },
    ...growth('agent: the day and its delivery, beyond the first alerts', of.memory, beganMs, warmMs),
  ];
}

/** The agent has been connected, has lost its broker, was connected again and has sent: what belongs to that is loaded. Leaves no broker. */
async function warmUp(of: Box): Promise<void> {
  const alerts = of.warmUpAlerts / warmUpRounds;
  for (let round = 0; round < warmUpRounds; round++) {
    await of.broker.restart();
    const ingest = await startCentre(of);
    const appender = startAppender(of, { first: 1 + round * alerts, alerts, evidence: 1 });
    const file = new StoreFile(of.store);
    try {
      await of.agent.until(() => isDelivered(file, (round + 1) * (alerts + 1)), 'the first alerts to arrive', timeoutMsOf(alerts));
      await appender.finish();
    } finally {
      file.close();
      await ingest.stop();
      await of.broker.kill();
    }
  }
  await sleep(settleMs);
}

async function startCentre({ broker, store, programs }: Box): Promise<Program> {
  const ingest = await startIngest(await broker.service('centre.ingest'), store, 'ingest-1');
  programs.push(ingest);
  return ingest;
}

function startAppender({ state, programs }: Box, parameters: { first: number; alerts: number; evidence: number }): Program {
  const words = [projectFile('test/bench/delivery/append-program.ts'), JSON.stringify({ folder: state, box, ...parameters })];
  const appender = new Program([node, ...sensorRuntimeOptions, ...words]);
  programs.push(appender);
  return appender;
}

/** So many messages are in the store, and the box says that it has none left. */
function isDelivered(file: StoreFile, messages: number): boolean {
  return file.messages >= messages && file.depth === 0;
}

async function append(of: Box, tracks: MemoryTrack[]): Promise<Figure[]> {
  const { alerts, evidence, warmUpAlerts } = of;
  const progress = startProgress(`${alerts} alerts into the outbox`);
  const appender = startAppender(of, { first: warmUpAlerts + 1, alerts, evidence });
  const memory = new MemoryTrack(() => appender.pid);
  tracks.push(memory);
  const beganMs = performance.now();
  let warmMs = Number.NaN;
  const isDone = ({ appended, done }: Line) => {
    if (Number(appended) >= appenderWarmUpAlerts && Number.isNaN(warmMs)) warmMs = performance.now();
    if (appended !== undefined) progress.show(Number(appended), alerts);
    return done !== undefined;
  };
  const done = await appender.line(isDone, 'the alerts to be appended', timeoutMsOf(alerts));
  await appender.finish();
  progress.done(`${Math.round(alerts / Number(done.seconds))} alerts/s`);
  return [
    { name: 'away: appended to the outbox', value: alerts / Number(done.seconds), unit: 'alerts/s' },
    { name: 'away: lost on the way there', value: Number(done.lost), unit: '', limit: 0 },
    { name: 'away: not committed in the end', value: done.done === true ? 0 : 1, unit: '', limit: 0 },
    // A short day is over before.
    ...(Number.isNaN(warmMs) ? [] : growth(`appender, beyond its first ${appenderWarmUpAlerts} alerts`, memory, beganMs, warmMs)),
  ];
}

/** By how much the highest from `warmMs` on lies above the highest from `fromMs` to then. */
function growth(who: string, track: MemoryTrack, fromMs: number, warmMs: number): Figure[] {
  const [before, after] = [track.peak(fromMs, warmMs), track.peak(warmMs)];
  return [
    { name: `away: growth of the ${who}`, value: Math.max(0, after - before), unit: 'MB', digits: 1, limit: growthLimitMegabytes },
    { name: 'away: its memory, highest', value: after, unit: 'MB', digits: 1 },
  ];
}

async function drain(of: Box): Promise<Figure[]> {
  const { broker, agent, store, warmUpAlerts, alerts, evidence } = of;
  const messages = warmUpAlerts + alerts + evidence + warmUpRounds;
  const returnMs = Date.now();
  await broker.restart();
  const ingest = await startCentre(of);
  const progress = startProgress(`${alerts} alerts and ${evidence} pieces of evidence to the centre`);
  const spent = () => [busySecondsOfMachine(), cpuSecondsOf(agent.pid), cpuSecondsOf(ingest.pid), cpuSecondsOfFamily(broker.pid)];
  const [before, beganMs] = [spent(), performance.now()];
  const file = new StoreFile(store);
  try {
    const isDone = () => {
      progress.show(file.messages, messages);
      return !ingest.isRunning || isDelivered(file, messages);
    };
    await agent.until(isDone, 'all to arrive', timeoutMsOf(alerts));
    const seconds = (performance.now() - beganMs) / 1_000;
    const used = spent().map((total, index) => (total - (before[index] ?? 0)) / seconds);
    const figures = delivered(file, of, returnMs);
    progress.done(`${Math.round(figures[0]?.value ?? Number.NaN)} alerts/s`);
    return [...figures, ...cpuFigures(used)];
  } finally {
    file.close();
  }
}

function delivered(file: StoreFile, { warmUpAlerts, alerts, evidence }: Box, returnMs: number): Figure[] {
  const account = file.account();
  const timeOf = (what: string) => file.number(`select ${what}(stored_ms) from message where kind = 'alert' and stored_ms > ?`, returnMs);
  const lastAlertMs = timeOf('max');
  const seconds = (lastAlertMs - timeOf('min')) / 1_000;
  const early = file.number(
    `select count(*) from message where kind = 'evidence' and stored_ms between ? and ?`,
    returnMs,
    lastAlertMs - 1,
  );
  const none = { unit: '', limit: 0, least: 0 };
  return [
    { name: 'away: drain, from the first alert in the store to the last', value: alerts / seconds, unit: 'alerts/s', least: drainLeast },
    { name: 'away: alerts that are not in the store', value: warmUpAlerts + alerts - account.alerts, ...none },
    { name: 'away: alert messages beyond one each', value: account.alertMessages - warmUpAlerts - alerts, ...none },
    { name: 'away: pieces of evidence that are not in the store', value: evidence + warmUpRounds - account.evidenceMessages, ...none },
    { name: 'away: numbers missing, and records of loss', value: account.missingNumbers + account.losses, ...none },
    { name: 'away: pieces of evidence stored before the last alert', value: early, unit: '', limit: 0 },
    { name: 'away: messages left in the outbox, by health', value: file.depth, unit: '', limit: 0 },
  ];
}

function cpuFigures([machine = 0, agent = 0, ingest = 0, broker = 0]: readonly number[]): Figure[] {
  const of = (who: string, share: number): Figure => ({ name: `away: CPU of ${who}`, value: 100 * share, unit: '% of a core' });
  return [
    of('the agent while it sends', agent),
    of('ingest', ingest),
    of('the broker and its log filter', broker),
    of('all else on the machine', machine - agent - ingest - broker),
  ];
}
