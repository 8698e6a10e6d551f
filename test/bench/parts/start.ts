/**
 * Time from the start of the process to its first frame with a large indicator set. Measured from outside as the whole run over a
 * capture of one packet, which is a little more than the bound asks for.
 */

import { replayCommand } from '../command.ts';
import type { Figure } from '../figure.ts';
import { measureOk, median } from '../measure.ts';
import type { Sizes } from '../sizes.ts';
import type { Workspace } from '../workspace.ts';

const startRounds = 7;

export async function start(workspace: Workspace, sizes: Sizes): Promise<Figure[]> {
  const intel = await workspace.indicators(sizes.indicators);
  const one = workspace.office(1);
  const seconds: number[] = [];
  for (let round = 0; round < startRounds; round++) seconds.push((await measureOk(replayCommand(intel, one.path))).wallSeconds);
  workspace.drop(one.path);
  return [{ name: `start: one packet, ${sizes.indicators} indicators`, value: median(seconds), unit: 's', digits: 2, limit: 0.7 }];
}
