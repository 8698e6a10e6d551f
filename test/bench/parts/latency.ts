/**
 * From the frame on the mirror port to the alert in the centre's store: the box as it is deployed captures on a veth pair in a network
 * namespace; the broker as it is delivered, with TLS, and an ingest with SQLite run beside it. Frames that ask for a bad name come one by
 * one, at random gaps.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MirrorPort, whyNotLive } from '../../firmware/sensor/capture/namespaces.ts';
import { BoxProcess } from '../../live/box-process.ts';
import { writeLookups } from '../../live/lookups.ts';
import { node, projectFile } from '../command.ts';
import { CommitWatch, type SeenAlert } from '../delivery/commit-watch.ts';
import { busySecondsOfMachine } from '../delivery/process-cost.ts';
import { Program } from '../delivery/program.ts';
import { StoreFile } from '../delivery/store-file.ts';
import type { Figure } from '../figure.ts';
import { startProgress } from '../progress.ts';
import type { Sizes } from '../sizes.ts';
import type { Workspace } from '../workspace.ts';

const box = 'latency-box';
const badName = 'beacon.bad.example';
const meanGapMs = 200;
/** The first ones still pay for compilers and caches; the box has run for days when it matters. */
const warmUpAlerts = 50;
const startMs = 30_000;
/** After the last frame. */
const arriveMs = 10_000;
const limitMs = 250;

export async function latency(workspace: Workspace, sizes: Sizes): Promise<Figure[]> {
  const obstacle = whyNotLive();
  if (obstacle !== undefined) {
    process.stderr.write(`  left out: ${obstacle}\n`);
    return [];
  }
  const folder = mkdtempSync(join(workspace.folder, 'latency-'));
  const port = new MirrorPort();
  const remove = () => port.remove();
  process.once('exit', remove);
  const progress = startProgress(`${sizes.latencyAlerts} frames, one by one`);
  try {
    port.setBox('lo', 'up');
    const [busyBefore, beganMs] = [busySecondsOfMachine(), performance.now()];
    const seen = await measure(port, folder, sizes.latencyAlerts + warmUpAlerts);
    const seconds = ((performance.now() - beganMs) / 1_000) * availableParallelism();
    const busyPercent = (100 * (busySecondsOfMachine() - busyBefore)) / seconds;
    progress.done(`${seen.length} alerts`);
    return figures(seen.slice(warmUpAlerts), sizes.latencyAlerts, busyPercent);
  } finally {
    process.off('exit', remove);
    remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

function figures(seen: readonly SeenAlert[], asked: number, busyPercent: number): Figure[] {
  const untilRead = seen.map(({ capturedMs, readMs }) => readMs - capturedMs).sort((one, other) => one - other);
  const untilCommit = seen.map(({ capturedMs, storedMs }) => storedMs - capturedMs).sort((one, other) => one - other);
  const ms = { unit: 'ms', digits: 1 };
  return [
    { name: 'latency: cores in use meanwhile, by all that runs here', value: busyPercent, unit: '%' },
    { name: 'latency: alerts that did not arrive', value: asked - seen.length, unit: '', limit: 0, least: 0 },
    { name: 'latency: frame captured until readable in the store, p50', value: quantile(untilRead, 0.5), ...ms },
    { name: 'latency: the same, p99', value: quantile(untilRead, 0.99), limit: limitMs, ...ms },
    { name: 'latency: the same, longest', value: quantile(untilRead, 1), ...ms },
    { name: 'latency: until the commit began, by the store, p50', value: quantile(untilCommit, 0.5), ...ms },
    { name: 'latency: the same, p99', value: quantile(untilCommit, 0.99), limit: limitMs, ...ms },
  ];
}

/** Nearest rank: of 300 values the 297th is the 99th percentile. NaN of none. */
function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}

async function measure(port: MirrorPort, folder: string, frames: number): Promise<SeenAlert[]> {
  const store = join(folder, 'centre.db');
  const words = [node, projectFile('test/bench/delivery/centre-program.ts'), JSON.stringify({ store, box })];
  const centre = new Program(words, { namespace: port.box });
  let running: BoxProcess | undefined;
  let file: StoreFile | undefined;
  let watch: CommitWatch | undefined;
  try {
    const { access } = await centre.line((line) => 'access' in line, 'the centre', startMs);
    running = new BoxProcess(port.box, configuration(folder, access as object));
    file = new StoreFile(store);
    await isCapturing(file, running);
    watch = new CommitWatch(file);
    const capture = join(folder, 'frames.pcap');
    writeLookups(capture, badName, { count: frames, gapMicros: () => -Math.log(1 - Math.random()) * meanGapMs * 1_000 });
    const player = spawn('ip', ['netns', 'exec', port.switch, 'tcpreplay', '-q', '-K', '-i', 'out0', capture], { stdio: 'ignore' });
    await once(player, 'exit');
    for (const endMs = performance.now() + arriveMs; watch.alerts.length < frames && performance.now() < endMs; ) await sleep(20);
    return watch.alerts;
  } finally {
    watch?.stop();
    file?.close();
    // In order: what is killed leaves a sensor and an agent that need a moment to notice, and write until then.
    running?.signal('SIGTERM');
    await running?.ended.finally(() => centre.finish());
    await centre.finish();
  }
}

function configuration(folder: string, access: object): string {
  const intel = join(folder, 'bad.txt');
  writeFileSync(intel, 'bad.example\n');
  const path = join(folder, 'box.json');
  const document = { box, intel: [intel], capture: { interface: 'tap0' }, uplink: access, healthIntervalSeconds: 1 };
  writeFileSync(path, JSON.stringify(document));
  return path;
}

async function isCapturing(file: StoreFile, running: BoxProcess): Promise<void> {
  const endMs = performance.now() + startMs;
  while (file.health.capture?.state !== 'running') {
    if (performance.now() > endMs) throw new Error(`the box does not capture: ${running.errors} ${running.log.slice(-1_000)}`);
    await sleep(50);
  }
}
