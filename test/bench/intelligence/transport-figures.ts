/** A list of names, and the same a little changed: how many bytes of it go over the line, whole and as a difference. */

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../fuzz/random.ts';
import type { Figure } from '../figure.ts';
import { indicatorLine } from '../generate-indicators.ts';
import { measureOk } from '../measure.ts';
import { startProgress } from '../progress.ts';
import { newCentre, vonggacCentre } from './library-figures.ts';

const seed = 20_200_121;
const changedShare = 0.01;
const bytesOfDomainMax = 30;
const deltaPercentMax = 3;

/** As `intel publish --json` says them. */
interface Published {
  targets: { name: string; bytes: number; from?: number }[];
}

export async function transportFigures(folder: string, count: number): Promise<Figure[]> {
  const centre = await newCentre(folder);
  const list = join(folder, 'domains.txt');
  const random = new Random(seed);
  const names = new Set<string>();
  const draw = () => {
    for (;;) {
      const line = indicatorLine(random);
      if (/^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+$/.test(line)) return line;
    }
  };
  while (names.size < count) names.add(draw());
  const publish = async () => {
    writeFileSync(list, `${[...names].join('\n')}\n`);
    const progress = startProgress(`a release of ${count} names`);
    await measureOk(vonggacCentre('intel', 'import', list, '--source', 'names', '--centre', centre, '--json'));
    await measureOk(vonggacCentre('intel', 'build', '--centre', centre, '--json'));
    const words = ['intel', 'publish', '--no-ask', '--centre', centre, '--json'];
    const { stdout, cpuSeconds, peakRssMegabytes } = await measureOk(vonggacCentre(...words), { keepOutput: true });
    progress.done(`published in ${cpuSeconds.toFixed(1)} s CPU, peak ${peakRssMegabytes.toFixed(0)} MB`);
    return (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Published).targets;
  };
  const first = await publish();
  let left = Math.round(count * changedShare);
  for (const name of [...names]) {
    // Here and there in the list, not at its head.
    if (left === 0 || !random.chance(changedShare * 1.5)) continue;
    names.delete(name);
    names.add(draw());
    left--;
  }
  const second = await publish();
  rmSync(centre, { recursive: true });
  rmSync(list);
  const whole = first.find(({ from }) => from === undefined)?.bytes ?? Number.NaN;
  const delta = second.find(({ from }) => from === 1)?.bytes ?? Number.NaN;
  const of = second.find(({ from }) => from === undefined)?.bytes ?? Number.NaN;
  return [
    {
      name: `intelligence: release of ${count} names, as transported`,
      value: whole / count,
      unit: 'bytes/name',
      digits: 2,
      limit: bytesOfDomainMax,
    },
    { name: 'intelligence: difference for 1 % of them', value: (100 * delta) / of, unit: '% of it', digits: 2, limit: deltaPercentMax },
    { name: 'intelligence: the same', value: delta / 1_000, unit: 'kB' },
  ];
}
