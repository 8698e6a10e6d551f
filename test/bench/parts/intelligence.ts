/** Intelligence on its whole way: importing and building, the line, what a box pays for a release, its lookups and frames meanwhile, and waves over many boxes. */

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Figure } from '../figure.ts';
import { libraryFigures } from '../intelligence/library-figures.ts';
import { lookupFigures } from '../intelligence/lookup-figures.ts';
import { rolloutFigures } from '../intelligence/rollout-figures.ts';
import { swapFigures } from '../intelligence/swap-figures.ts';
import { transportFigures } from '../intelligence/transport-figures.ts';
import { fullSizes, type Sizes } from '../sizes.ts';
import type { Workspace } from '../workspace.ts';

const over = { full: { bad: '20s', good: '1m' }, quick: { bad: '8s', good: '8s', goodSpreadMs: 2_000 } };

export async function intelligence(workspace: Workspace, sizes: Sizes): Promise<Figure[]> {
  const folder = mkdtempSync(join(workspace.folder, 'intelligence-'));
  const { listIndicators, releaseIndicators, rounds } = sizes;
  try {
    return [
      ...(await libraryFigures(folder, listIndicators)),
      ...(await transportFigures(folder, releaseIndicators)),
      ...(await lookupFigures(folder, releaseIndicators, rounds)),
      ...(await swapFigures(workspace, releaseIndicators)),
      ...(await rolloutFigures(folder, over[sizes === fullSizes ? 'full' : 'quick'])),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
