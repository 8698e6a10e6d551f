/** The memory of what was seen: what it costs for each packet, how much a month of a network takes on disk, and how long it takes to ask it. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { retroMatch } from '../../../firmware/retro-match.ts';
import { commonOptions, sensorRuntimeOptions } from '../../../firmware/runtime-options.ts';
import { memoryOptions } from '../../../firmware/sensor/memory/options.ts';
import { SeenStore } from '../../../firmware/sensor/memory/store.ts';
import { node, projectFile } from '../command.ts';
import type { Figure } from '../figure.ts';
import { SeenDaysGenerator } from '../generate-sightings.ts';
import { measureOk, median } from '../measure.ts';
import { startProgress } from '../progress.ts';
import type { Sizes } from '../sizes.ts';
import type { Workspace } from '../workspace.ts';

/** As the sensor of a box is started (`firmware/cli.ts`). */
const runtimeOptions = [...commonOptions, ...sensorRuntimeOptions];
const days = 30;
/** 2026-01-19. */
const firstDay = 20_472;
const dayMs = 86_400_000;
const hosts = 300;
const visitsPerHost = 1200;
const valuesAsked = 1000;
/** One day is written in the pieces in which a box writes it, the others in a few. */
const fewPieces = 4;
const daySeconds = 86_400;

/** As `sightings-program.ts` prints it. */
interface Cost {
  packets: number;
  pathSeconds: number;
  wholeSeconds: number;
}

/** Nanoseconds. */
interface PacketCost {
  path: number;
  whole: number;
}

export async function sightings(workspace: Workspace, sizes: Sizes): Promise<Figure[]> {
  return [...(await costFigures(workspace, sizes)), ...(await monthFigures(workspace))];
}

async function costFigures(workspace: Workspace, sizes: Sizes): Promise<Figure[]> {
  const intel = await workspace.indicators(sizes.indicators);
  const capture = workspace.office(sizes.office.small);
  const folder = join(workspace.folder, 'seen');
  const run = async (isWith: boolean): Promise<PacketCost> => {
    rmSync(folder, { recursive: true, force: true });
    const program = [node, ...runtimeOptions, projectFile('test/bench/sightings-program.ts')];
    const words = [...program, capture.path, intel, ...(isWith ? [folder] : [])];
    const { packets, pathSeconds, wholeSeconds } = JSON.parse((await measureOk(words, { keepOutput: true })).stdout) as Cost;
    return { path: (pathSeconds / packets) * 1e9, whole: (wholeSeconds / packets) * 1e9 };
  };
  const progress = startProgress(`measuring ${sizes.rounds} rounds`);
  const without: PacketCost[] = [];
  const more: PacketCost[] = [];
  for (let round = 0; round < sizes.rounds; round++) {
    progress.show(round, sizes.rounds);
    const [less, all] = [await run(false), await run(true)];
    without.push(less);
    // Of a round and not of all: what the machine does beside it changes from minute to minute.
    more.push({ path: all.path - less.path, whole: all.whole - less.whole });
  }
  progress.done('');
  workspace.drop(capture.path);
  rmSync(folder, { recursive: true, force: true });
  const of = (costs: readonly PacketCost[], what: keyof PacketCost) => median(costs.map((cost) => cost[what]));
  const ratio = (what: keyof PacketCost) => 1 + of(more, what) / of(without, what);
  return [
    { name: 'sightings: packet path without them', value: of(without, 'path'), unit: 'ns/packet' },
    { name: 'sightings: packet path, more with them', value: of(more, 'path'), unit: 'ns/packet' },
    { name: 'sightings: packet path, ratio', value: ratio('path'), unit: '', digits: 3, limit: 1.05 },
    { name: 'sightings: with their own thread, ratio', value: ratio('whole'), unit: '', digits: 3, goal: 1.05 },
  ];
}

async function monthFigures(workspace: Workspace): Promise<Figure[]> {
  const folder = join(workspace.folder, 'seen-month');
  rmSync(folder, { recursive: true, force: true });
  const network = new SeenDaysGenerator({ hosts, visitsPerHost, seed: 20_200_121 });
  const store = new SeenStore(folder, memoryOptions.parse({}));
  const progress = startProgress(`${days} days of ${hosts} machines`);
  let dayBytes = 0;
  for (let day = 0; day < days; day++) {
    progress.show(day, days);
    const seconds = day === 0 ? memoryOptions.parse({}).flushSeconds : daySeconds / fewPieces;
    for (const batch of network.intervals(firstDay + day, seconds)) store.append(batch);
    if (day === 1) dayBytes = store.state.writtenBytes - store.state.bytes;
  }
  const { state } = store;
  progress.done(`${state.days} days, ${(state.bytes / 1e6).toFixed(0)} MB`);
  const nowMs = (firstDay + days) * dayMs - 1;
  const values = Array.from({ length: valuesAsked }, (_, number) => askedValue(network, number));
  const timesMs: number[] = [];
  let seen = 0;
  for (let round = 0; round < 3; round++) {
    const startedMs = performance.now();
    seen = (await retroMatch({ folder, values, days, nowMs })).seen;
    timesMs.push(performance.now() - startedMs);
  }
  rmSync(folder, { recursive: true, force: true });
  return [
    { name: `sightings: ${days} days of ${hosts} machines on disk`, value: state.bytes / 1e6, unit: 'MB', limit: 150 },
    { name: 'sightings: days kept', value: state.days, unit: `of ${days}`, least: days },
    { name: 'sightings: written in a day', value: dayBytes / 1e6, unit: 'MB', limit: 40 },
    { name: `sightings: retro-match of ${valuesAsked} values`, value: median(timesMs) / 1000, unit: 's', digits: 2, limit: 2 },
    { name: 'sightings: values found', value: seen, unit: '', least: valuesAsked / 10 },
  ];
}

/** Every tenth was visited; the others are names, addresses, networks and hashes of which nothing is known. */
function askedValue(network: SeenDaysGenerator, number: number): string {
  switch (number % 10) {
    case 0:
      return network.nameAt(number * 7);
    case 1:
      return `192.0.2.${number % 256}`;
    case 2:
      return `198.18.${number % 256}.0/24`;
    case 3:
      return (number * 7919).toString(16).padStart(40, '0');
    default:
      return `c2-${number}.unlisted.example`;
  }
}
