/** A box that takes releases of a million: CPU, memory, and the frames that come meanwhile. */

import { loadavg } from 'node:os';
import { whyNotLive } from '../../firmware/sensor/capture/namespaces.ts';
import { measureSwap, type Swap, type Taking } from '../../live/measure-swap.ts';
import type { Figure } from '../figure.ts';
import { startProgress } from '../progress.ts';
import type { Workspace } from '../workspace.ts';

const packetsPerSecond = 50_000;
const seconds = 14;
const orderAfterMs = 2_000;
const restMs = 3_000;
/** Of fetching and sensor, from the order until the release is in use. */
const cpuSecondsMax = 3;
/** Of what the box has at rest. */
const memoryFactorMax = 1.6;

export async function swapFigures(workspace: Workspace, indicators: number): Promise<Figure[]> {
  const obstacle = whyNotLive();
  if (obstacle !== undefined) {
    process.stderr.write(`  left out: ${obstacle}\n`);
    return [];
  }
  const capture = workspace.office(packetsPerSecond * seconds);
  const load = loadavg()[0] ?? 0;
  const progress = startProgress(`releases of ${indicators} for a box`);
  const swap = await measureSwap({ indicators, capture: capture.path, packetsPerSecond, orderAfterMs, restMs, isThorough: true });
  progress.done(`${swap.packets} of ${swap.sent} frames`);
  workspace.drop(capture.path);
  const { whole, difference, underLoad } = swap;
  return [
    { name: 'swap: load of the machine before', value: load, unit: '', digits: 2 },
    ...takingFigures(`whole release of ${indicators}`, whole),
    ...memoryFigures(`swap: whole release of ${indicators}`, whole, whole.after),
    ...(difference === undefined ? [] : takingFigures('the next one, a difference of 1 %', difference)),
    ...(difference === undefined ? [] : memoryFigures('swap: the next one', difference)),
    ...memoryFigures('swap: one with traffic', underLoad),
    ...captureFigures(swap),
  ];
}

function takingFigures(name: string, taking: Taking): Figure[] {
  const { cpuSeconds, bytesFetched } = taking;
  return [
    { name: `swap: ${name}, fetched`, value: bytesFetched / 1_000, unit: 'kB' },
    {
      name: `swap: ${name}, CPU of fetching and sensor`,
      value: cpuSeconds.fetcher + cpuSeconds.sensor,
      unit: 's',
      digits: 2,
      limit: cpuSecondsMax,
    },
    { name: `swap: ${name}, CPU of the agent`, value: cpuSeconds.agent, unit: 's', digits: 2 },
    { name: `swap: ${name}, from order to use`, value: taking.seconds, unit: 's', digits: 1 },
  ];
}

/** Peaks against the box at rest: before; after a first release, which has to lie somewhere. */
function memoryFigures(label: string, { steady, peak }: Taking, rest = steady): Figure[] {
  return [
    { name: `${label}, memory at rest`, value: rest.sensor + rest.agent, unit: 'MB' },
    {
      name: `${label}, all processes at the most`,
      value: peak.total / (rest.sensor + rest.agent),
      unit: '× rest',
      digits: 2,
      limit: memoryFactorMax,
    },
    { name: `${label}, sensor at the most`, value: peak.sensor / rest.sensor, unit: '× rest', digits: 2, limit: memoryFactorMax },
    { name: `${label}, agent at the most`, value: peak.agent / rest.agent, unit: '× rest', digits: 2, limit: memoryFactorMax },
    { name: `${label}, fetching at the most`, value: peak.fetcher, unit: 'MB' },
  ];
}

function captureFigures(swap: Swap): Figure[] {
  return [
    { name: 'swap: rate of frames', value: packetsPerSecond, unit: 'packets/s' },
    { name: 'swap: in use before the last frame', value: Number(swap.isSwappedMeanwhile), unit: '', least: 1 },
    { name: 'swap: frames not seen', value: swap.sent - swap.packets, unit: '', limit: 0 },
    { name: 'swap: dropped by the kernel', value: swap.kernelDropped, unit: '', limit: 0 },
    { name: 'swap: load shed', value: Number(swap.shedding), unit: '', limit: 0 },
    { name: 'swap: latest timer of the sensor', value: swap.timerLateMs, unit: 'ms' },
    { name: 'swap: bugs caught', value: swap.caughtBugs, unit: '', limit: 0 },
  ];
}
