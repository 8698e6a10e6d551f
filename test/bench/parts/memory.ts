/** Peak memory of replay while many flows live at the same time, with many and with very many indicators. */

import { replayCommand } from '../command.ts';
import type { Figure } from '../figure.ts';
import { measureOk } from '../measure.ts';
import type { Sizes } from '../sizes.ts';
import type { Workspace } from '../workspace.ts';

const memoryRounds = 2;

export async function memory(workspace: Workspace, sizes: Sizes): Promise<Figure[]> {
  const flows = workspace.flows(sizes.liveFlows);
  const figures: Figure[] = [];
  for (const [count, limit] of [
    [sizes.indicators, 160],
    [sizes.indicatorsMany, 320],
  ] as const) {
    const intel = await workspace.indicators(count);
    let peak = 0;
    for (let round = 0; round < memoryRounds; round++) {
      const cost = await measureOk(replayCommand(intel, flows.path));
      peak = Math.max(peak, cost.peakRssMegabytes);
    }
    figures.push({ name: `memory: ${count} indicators, ${sizes.liveFlows} live flows`, value: peak, unit: 'MB', limit });
    if (count !== sizes.indicators) workspace.drop(intel);
  }
  workspace.drop(flows.path);
  return figures;
}
