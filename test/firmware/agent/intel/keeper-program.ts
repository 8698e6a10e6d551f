/**
 * A keeper of indicators with the real fetcher, in a process that is made to be killed: it orders one release after the other, for ever, from a repository in a
 * folder. Its arguments are the state folder, the repository and the releases as JSON. Says `began` and `armed N` on standard output.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchBy } from '../../../../firmware/agent/intel/fetch-process.ts';
import { IntelligenceKeeper } from '../../../../firmware/agent/intel/intelligence-keeper.ts';
import { ReleaseStore } from '../../../../firmware/agent/intel/release-store.ts';
import type { Release } from '../../../../firmware/contract/intelligence-message.ts';
import { IndicatorSet } from '../../../../firmware/sensor/intel/indicator-set.ts';
import { readStateFile, releaseInUseSchema } from '../../../../firmware/state-folder.ts';

const [folder = '', repository = '', list = '[]'] = process.argv.slice(2);
const releases = JSON.parse(list) as Release[];

/** As the sensor does: what the pointer names, if it is whole. */
let running: number | undefined;
function reload(): void {
  const inUse = readStateFile(join(folder, 'intel', 'in-use.json'), releaseInUseSchema);
  if (inUse === undefined) return;
  IndicatorSet.fromBytes(readFileSync(join(folder, 'intel', inUse.file)), inUse.file);
  running = inUse.release.version;
}

let turn = 0;
const keeper = new IntelligenceKeeper({
  box: 'hx-01',
  store: new ReleaseStore(join(folder, 'intel'), { read: readStateFile }),
  repository: () => ({ folder: repository }),
  rootFile: join(folder, 'root.json'),
  bytesPerSecondMax: () => 1e9,
  trustedMs: () => Date.now(),
  sensor: {
    isConnected: true,
    reload,
    report: () => ({
      capture: { state: 'running', source: 'eth1', shedding: false, packets: 1, bytes: 1 },
      intelligence: { bundle: 'x', indicators: 1, ...(running === undefined ? {} : { release: running }) },
    }),
  },
  publish: ({ state, wanted, confirmed }) => {
    if (state !== 'armed' || confirmed !== true) return;
    process.stdout.write(`armed ${wanted?.version}\n`);
    // The centre goes back and forth, so that there is always something to fetch.
    setImmediate(() => keeper.order(releases[++turn % releases.length]));
  },
  fetch: fetchBy(fileURLToPath(new URL('../../../../firmware/fetcher/main.ts', import.meta.url))),
  log: { info: () => undefined, warn: () => undefined },
  limits: { spreadMs: 0, retryMsMin: 10, retryMsMax: 50, trialMs: 10, pollMs: 2, trialsMax: 1_000_000 },
});
keeper.start();
process.stdout.write('began\n');
keeper.order(releases[turn]);
