/** Office traffic: CPU per packet against tcpdump. */

import type { Figure } from '../figure.ts';
import type { Sizes } from '../sizes.ts';
import type { Workspace } from '../workspace.ts';
import { compare, comparisonFigures } from './compare.ts';
import { plantedFigure } from './planted.ts';

export async function speed(workspace: Workspace, sizes: Sizes): Promise<Figure[]> {
  const intel = await workspace.indicators(sizes.indicators);
  const small = workspace.office(sizes.office.small);
  const large = workspace.office(sizes.office.large);
  const planted = await plantedFigure('office', large.path, intel, large.packets >= 1_000_000 ? 4 : 1);
  const comparison = await compare(small, large, intel, sizes.rounds);
  workspace.drop(small.path);
  workspace.drop(large.path);
  const figures = comparisonFigures('office', comparison, { goal: 1, limit: 1.5 });
  figures.push({ name: 'office: peak memory of replay', value: comparison.peakRssMegabytes.large, unit: 'MB', limit: 160 }, planted);
  return figures;
}
