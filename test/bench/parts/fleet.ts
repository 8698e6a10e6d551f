/**
 * The broker of a whole fleet is killed and comes back after 2 s: how long until every box is there again, at the price of how many
 * attempts. The boxes are the product's uplink with its default options, each with a certificate of its own, in a few processes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CentreBroker, startCentreBroker } from '../../centre/broker/centre-broker.ts';
import { node, projectFile } from '../command.ts';
import { issueBoxCertificates } from '../delivery/box-certificates.ts';
import { profiling, startIngest } from '../delivery/centre-programs.ts';
import type { BoxReport } from '../delivery/fleet-program.ts';
import { busySecondsOfMachine, cpuSecondsOf, residentMegabytesOf } from '../delivery/process-cost.ts';
import { Program, stopAll } from '../delivery/program.ts';
import type { Figure } from '../figure.ts';
import { startProgress } from '../progress.ts';
import type { Sizes } from '../sizes.ts';
import type { Workspace } from '../workspace.ts';

const workers = 4;
const awayMs = 2_000;
const backLimitSeconds = 60;
const firstMs = 180_000;
const backMs = 400_000;
/** One or two refused while the broker is away, and one that comes through. Much more on average would be a storm. */
const attemptsLimit = 5;

export async function fleet(workspace: Workspace, sizes: Sizes): Promise<Figure[]> {
  const folder = mkdtempSync(join(workspace.folder, 'fleet-'));
  const broker = await startCentreBroker();
  const programs: Program[] = [];
  try {
    programs.push(await startIngest(await broker.service('centre.ingest'), join(folder, 'centre.db'), 'ingest-1'));
    const boxes = startBoxes(broker, folder, sizes.fleetBoxes);
    programs.push(...boxes);
    const progress = startProgress(`${sizes.fleetBoxes} boxes`);
    await present(boxes, sizes.fleetBoxes, firstMs, (count) => progress.show(count, sizes.fleetBoxes));
    progress.done('connected');
    return await restart(broker, boxes, sizes.fleetBoxes);
  } finally {
    await stopAll(programs, 'SIGKILL');
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function startBoxes(broker: CentreBroker, folder: string, count: number): Program[] {
  const ids = Array.from({ length: count }, (_, index) => `fleet-box-${index}`);
  const certificates = issueBoxCertificates(broker.pki.boxes, ids, join(folder, 'boxes'));
  const boxes = certificates.map((certificate, index) => ({ id: ids[index], access: broker.boxWith(certificate) }));
  return Array.from({ length: workers }, (_, worker) => {
    const share = boxes.filter((_box, index) => index % workers === worker);
    const words = [projectFile('test/bench/delivery/fleet-program.ts'), JSON.stringify({ boxes: share })];
    return new Program([node, ...profiling(), ...words]);
  });
}

/** Resolves once so many boxes are there, with how many there are in the end. */
async function present(programs: readonly Program[], count: number, timeoutMs: number, show: (count: number) => void): Promise<number> {
  const endMs = performance.now() + timeoutMs;
  let there = 0;
  while (there < count && performance.now() < endMs) {
    const fallen = programs.find(({ isRunning }) => !isRunning);
    if (fallen !== undefined) throw new Error(`boxes died: ${fallen.errors}`);
    there = programs.reduce((sum, { lines }) => sum + Number(lines.at(-1)?.present ?? 0), 0);
    show(there);
    await sleep(50);
  }
  return there;
}

async function restart(broker: CentreBroker, programs: readonly Program[], count: number): Promise<Figure[]> {
  const progress = startProgress('all boxes back after a restart of the broker');
  const before = residentMegabytesOf(broker.pid);
  for (const program of programs) program.say('mark');
  await broker.kill();
  await sleep(awayMs);
  const killedMs = performance.now() - awayMs;
  await broker.restart();
  const startedMs = performance.now() - killedMs;
  const machine = busySecondsOfMachine();
  // What the boxes said before the mark is no news.
  await sleep(1_000);
  await present(programs, count, backMs, (there) => progress.show(there, count));
  const cpuBroker = cpuSecondsOf(broker.pid);
  const elsewhere = busySecondsOfMachine() - machine - cpuBroker;
  const reports = await reportsOf(programs);
  progress.done(`${reports.filter(({ backMs: ms }) => ms !== undefined).length} are back`);
  for (const fault of faultsOf(reports)) process.stderr.write(`  ${fault}\n`);
  return [
    ...backFigures(reports, count, startedMs),
    { name: 'fleet: CPU of mosquitto until all were back', value: cpuBroker, unit: 's', digits: 1 },
    { name: 'fleet: CPU of all else on the machine meanwhile', value: elsewhere, unit: 's', digits: 1 },
    { name: 'fleet: memory of mosquitto, before the kill', value: before, unit: 'MB' },
    { name: 'fleet: the same, all back', value: residentMegabytesOf(broker.pid), unit: 'MB' },
  ];
}

function backFigures(reports: readonly BoxReport[], count: number, startedMs: number): Figure[] {
  const back = reports.flatMap(({ backMs: ms }) => (ms === undefined ? [] : [(ms - startedMs) / 1_000])).sort((one, other) => one - other);
  const attempts = reports.map((report) => report.attempts);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const seconds = { unit: 's', digits: 1 };
  return [
    { name: 'fleet: boxes that did not come back', value: count - back.length, unit: '', limit: 0 },
    { name: 'fleet: broker accepts again until half are back', value: back[back.length >> 1] ?? Number.NaN, ...seconds },
    { name: 'fleet: until 99 % are back', value: back[Math.floor(back.length * 0.99)] ?? Number.NaN, ...seconds },
    { name: 'fleet: until all are back', value: back.at(-1) ?? Number.NaN, ...seconds, limit: backLimitSeconds },
    { name: 'fleet: attempts to connect, of a box on average', value: sum(attempts) / count, unit: '', digits: 2, limit: attemptsLimit },
    { name: 'fleet: attempts to connect, most of one box', value: Math.max(...attempts), unit: '' },
    {
      name: 'fleet: TLS handshakes of a box on average',
      value: sum(reports.map(({ handshakes }) => handshakes)) / count,
      unit: '',
      digits: 2,
    },
  ];
}

async function reportsOf(programs: readonly Program[]): Promise<BoxReport[]> {
  const all: BoxReport[] = [];
  for (const program of programs) {
    program.say('report');
    const { report } = await program.line((line) => 'report' in line, 'the report of the boxes');
    all.push(...(report as BoxReport[]));
  }
  return all;
}

/** The most frequent ones. */
function faultsOf(reports: readonly BoxReport[]): string[] {
  const counts = new Map<string, number>();
  for (const fault of reports.flatMap(({ faults }) => faults)) counts.set(fault, (counts.get(fault) ?? 0) + 1);
  const sorted = [...counts].sort(([, one], [, other]) => other - one);
  return sorted.slice(0, 8).map(([fault, boxes]) => `${boxes} boxes: ${fault}`);
}
