/**
 * `npm run bench [-- --only NAME]… [--quick] [--keep] [--folder PATH]`: measures the product against its bounds and prints both; the names of
 * the parts stand below. Ends with 1 when a limit is broken, with 2 when it cannot measure.
 */

import { parseArgs } from 'node:util';
import { type Figure, isBroken, table } from './figure.ts';
import { measure } from './measure.ts';
import { away } from './parts/away.ts';
import { director } from './parts/director.ts';
import { fleet } from './parts/fleet.ts';
import { fuzz } from './parts/fuzz.ts';
import { hostile } from './parts/hostile.ts';
import { ingest } from './parts/ingest.ts';
import { intelligence } from './parts/intelligence.ts';
import { latency } from './parts/latency.ts';
import { live } from './parts/live.ts';
import { memory } from './parts/memory.ts';
import { sightings } from './parts/sightings.ts';
import { speed } from './parts/speed.ts';
import { start } from './parts/start.ts';
import { fullSizes, quickSizes, type Sizes } from './sizes.ts';
import { Workspace } from './workspace.ts';

const parts: Readonly<Record<string, (workspace: Workspace, sizes: Sizes) => Promise<Figure[]>>> = {
  speed,
  hostile,
  memory,
  start,
  live,
  fuzz: (_workspace, sizes) => fuzz(sizes),
  latency,
  away,
  ingest,
  fleet,
  sightings,
  director,
  intelligence,
};

async function bench(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true, default: ['all'] },
      quick: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      folder: { type: 'string' },
    },
  });
  const wanted = values.only.includes('all') ? Object.keys(parts) : values.only;
  for (const name of wanted) {
    if (!(name in parts)) throw new Error(`no part of the bench is called ${name}: there are ${Object.keys(parts).join(', ')} and all`);
  }
  if ((await measure(['tcpdump', '--version'])).status !== 0)
    throw new Error('tcpdump, the reference, is not installed: apt-get install tcpdump');
  const workspace = new Workspace(values.folder, values.keep);
  // What the parts have started ends with us where we end by `exit`.
  const end = () => {
    workspace.close();
    process.exit(130);
  };
  process.once('SIGINT', end).once('SIGTERM', end);
  const figures: Figure[] = [];
  try {
    for (const name of wanted) {
      process.stderr.write(`${name}\n`);
      figures.push(...(await parts[name]!(workspace, values.quick ? quickSizes : fullSizes)));
    }
  } finally {
    workspace.close();
  }
  process.stdout.write(`${table(figures)}\n`);
  return figures.some(isBroken) ? 1 : 0;
}

try {
  process.exitCode = await bench();
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
