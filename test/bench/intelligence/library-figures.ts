/** The centre's commands on two million indicators: what importing them and building a release cost. */

import { rmSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { node, projectFile } from '../command.ts';
import type { Figure } from '../figure.ts';
import { generateIndicators } from '../generate-indicators.ts';
import { type Cost, measureOk } from '../measure.ts';
import { startProgress } from '../progress.ts';
import { generateThreatFox } from './threatfox-list.ts';

const seed = 20_200_121;
/** Together, for two million. */
const secondsMax = 25;
const megabytesMax = 1_200;
/** What is in both lists, of other kinds than either knows, or wrong, is not in the release. */
const leastShare = 0.9;

/** `vonggac-centre …` of a centre in `folder`. */
export function vonggacCentre(...words: readonly string[]): string[] {
  return [node, projectFile('centre/cli.ts'), ...words];
}

export async function newCentre(folder: string): Promise<string> {
  const centre = join(folder, 'centre');
  rmSync(centre, { recursive: true, force: true });
  await measureOk(vonggacCentre('init', centre, '--host', '127.0.0.1', '--no-passphrase'));
  return centre;
}

export async function libraryFigures(folder: string, count: number): Promise<Figure[]> {
  const centre = await newCentre(folder);
  const [plain, csv] = [join(folder, 'plain.txt'), join(folder, 'threatfox.csv')];
  const half = count / 2;
  generateIndicators(plain, { count: half, seed }, startProgress('plain list'));
  generateThreatFox(csv, { count: half, seed: seed + 1 }, startProgress('ThreatFox list'));
  const load = loadavg()[0] ?? 0;
  const measured: [string, Cost][] = [];
  const step = async (name: string, ...words: readonly string[]) => {
    const progress = startProgress(name);
    const cost = await measureOk(vonggacCentre(...words, '--centre', centre, '--json'), { keepOutput: true });
    progress.done(`${cost.cpuSeconds.toFixed(1)} s CPU, peak ${cost.peakRssMegabytes.toFixed(0)} MB`);
    measured.push([name, cost]);
    return cost;
  };
  await step(`import of ${half} as plain text`, 'intel', 'import', plain, '--source', 'plain');
  await step(`import of ${half} as ThreatFox CSV`, 'intel', 'import', csv);
  const { stdout } = await step('build', 'intel', 'build');
  const { counts, bytes } = JSON.parse(stdout) as { counts: Record<string, number>; bytes: number };
  const indicators = Object.values(counts).reduce((total, one) => total + one, 0);
  rmSync(centre, { recursive: true });
  for (const list of [plain, csv]) rmSync(list);
  const sum = (of: (cost: Cost) => number) => measured.reduce((total, [, cost]) => total + of(cost), 0);
  return [
    { name: 'intelligence: load of the machine before', value: load, unit: '', digits: 2 },
    { name: `intelligence: import and build of ${count}`, value: sum((cost) => cost.wallSeconds), unit: 's', digits: 1, goal: secondsMax },
    { name: 'intelligence: CPU of these', value: sum((cost) => cost.cpuSeconds), unit: 's', digits: 1, limit: secondsMax },
    ...measured.map(([name, cost]) => ({
      name: `intelligence: peak memory, ${name}`,
      value: cost.peakRssMegabytes,
      unit: 'MB',
      limit: megabytesMax,
    })),
    { name: 'intelligence: indicators in the release', value: indicators, unit: '', least: count * leastShare },
    { name: 'intelligence: compiled set of these', value: bytes / indicators, unit: 'bytes each', digits: 1 },
  ];
}
