/** Traffic that means harm: CPU per packet against tcpdump, and memory that does not grow with the flood. */

import type { Figure } from '../figure.ts';
import type { Sizes } from '../sizes.ts';
import type { Workspace } from '../workspace.ts';
import { compare, comparisonFigures } from './compare.ts';
import { plantedFigure } from './planted.ts';

/** What the heap of a runtime with garbage collection may differ between two runs that hold the same. */
const growthMegabytesMax = 20;

export async function hostile(workspace: Workspace, sizes: Sizes): Promise<Figure[]> {
  const intel = await workspace.indicators(sizes.indicators);
  const small = workspace.hostile(sizes.hostile.small);
  const large = workspace.hostile(sizes.hostile.large);
  const planted = await plantedFigure('hostile', large.path, intel, 1);
  const comparison = await compare(small, large, intel, sizes.rounds);
  workspace.drop(small.path);
  workspace.drop(large.path);
  const { peakRssMegabytes } = comparison;
  const growth = peakRssMegabytes.large - peakRssMegabytes.small;
  const times = (large.packets / small.packets).toFixed(0);
  return [
    ...comparisonFigures('hostile', comparison, { limit: 4 }),
    { name: 'hostile: peak memory of replay', value: peakRssMegabytes.large, unit: 'MB', limit: 160 },
    { name: `hostile: growth with ${times} times the packets`, value: growth, unit: 'MB', limit: growthMegabytesMax },
    planted,
  ];
}
