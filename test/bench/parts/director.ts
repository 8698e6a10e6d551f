/**
 * How long it takes from an order to its being in force: one box again and again by a process that is warm, by the command as it is typed, and 250 boxes
 * at once. The boxes are simulated: they verify and answer as the contract says, and have no sensor that takes settings up.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { watchReports } from '../../../centre/director/await-reports.ts';
import { orderConfig } from '../../../centre/director/config-orders.ts';
import type { Director } from '../../../centre/director/director.ts';
import { inParallel } from '../../../centre/director/in-parallel.ts';
import { sendOrders } from '../../../centre/director/send-orders.ts';
import { DirectorCentre } from '../../centre/director/director-centre.ts';
import { SimulatedBox } from '../../centre/director/simulated-box.ts';
import { issueBoxCertificates } from '../delivery/box-certificates.ts';
import type { Figure } from '../figure.ts';
import { startProgress } from '../progress.ts';
import type { Sizes } from '../sizes.ts';
import type { Workspace } from '../workspace.ts';

const boxCount = 250;
const oneBoxLimitMs = 2_000;
const allBoxesLimitSeconds = 15;
const handshakesAtOnce = 8;
const timeoutMs = 60_000;
const passphrase = 'a passphrase of the bench';
/** What an officer orders in an emergency: some names, each with its reason. */
const settingsOf = (round: number) => ({
  lang: 'vi',
  indicators: Array.from({ length: 100 }, (_, index) => ({ value: `c2-${round}-${index}.example`, comment: 'bench', family: 'Bench' })),
});

export async function director(workspace: Workspace, sizes: Sizes): Promise<Figure[]> {
  const folder = mkdtempSync(join(workspace.folder, 'director-'));
  const centre = await DirectorCentre.start({ passphrase });
  const boxes: SimulatedBox[] = [];
  process.env.VONGGAC_PASSPHRASE_FILE = centre.file('passphrase.txt', passphrase);
  try {
    const ids = Array.from({ length: boxCount }, (_, index) => `bench-box-${index}`);
    for (const id of ids) centre.register(id);
    const certificates = issueBoxCertificates(centre.broker.pki.boxes, ids, join(folder, 'boxes'));
    const progress = startProgress(`${boxCount} boxes`);
    await inParallel([...ids.entries()], handshakesAtOnce, async ([index, id]) => {
      const access = centre.broker.boxWith(certificates[index]!);
      boxes.push(await SimulatedBox.connect(access, id, centre.publicKey));
      progress.show(boxes.length, boxCount);
    });
    progress.done('connected');
    const warm = centre.director();
    const lone = await oneBox(warm, ids[0]!, sizes.latencyAlerts);
    const warmSeconds = (await ordered(warm, ids, 0)) / 1_000;
    return [
      ...lone,
      {
        name: 'director: config set of one box, from start to end of the command',
        value: await typed(centre, [ids[0]!]),
        unit: 's',
        digits: 2,
      },
      {
        name: `director: ${boxCount} boxes ordered and applied, warm process`,
        value: warmSeconds,
        unit: 's',
        digits: 2,
        limit: allBoxesLimitSeconds,
      },
      {
        name: `director: config set --all of ${boxCount} boxes, from start to end of the command`,
        value: await typed(centre, ['--all']),
        unit: 's',
        digits: 2,
        limit: allBoxesLimitSeconds,
      },
    ];
  } finally {
    delete process.env.VONGGAC_PASSPHRASE_FILE;
    await Promise.all(boxes.map((box) => box.close().catch(() => undefined)));
    await centre.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function oneBox(warm: Director, id: string, rounds: number): Promise<Figure[]> {
  const progress = startProgress('orders to one box');
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    times.push(await ordered(warm, [id], round));
    progress.show(round + 1, rounds);
  }
  progress.done('applied');
  times.sort((one, other) => one - other);
  return [
    { name: 'director: one box, from order to applied, median', value: times[times.length >> 1] ?? Number.NaN, unit: 'ms', digits: 1 },
    {
      name: 'director: the same, p99',
      value: times[Math.min(times.length - 1, Math.floor(times.length * 0.99))] ?? Number.NaN,
      unit: 'ms',
      digits: 1,
      limit: oneBoxLimitMs,
    },
  ];
}

/** Milliseconds from the signing until every box has reported it applied; NaN where one did not. */
async function ordered(warm: Director, ids: readonly string[], round: number): Promise<number> {
  const { key, link } = await warm.ready();
  const startMs = performance.now();
  const orders = orderConfig(warm.register, key, { boxes: ids, change: () => ({ settings: settingsOf(round) }) });
  const watch = await watchReports(link, orders, { timeoutMs });
  await sendOrders(warm.register, link, ids);
  const outcomes = await watch.done;
  return outcomes.every(({ state }) => state === 'applied') ? performance.now() - startMs : Number.NaN;
}

/** Seconds of the command as a person types it, the passphrase's scrypt included; NaN where it did not end well. */
async function typed(centre: DirectorCentre, whom: readonly string[]): Promise<number> {
  const file = centre.file('settings.json', settingsOf(1_000));
  const startMs = performance.now();
  const { status, err } = await centre.run(['config', 'set', ...whom, file]);
  if (status !== 0) process.stderr.write(`  config set ended with ${status}: ${err}\n`);
  return status === 0 ? (performance.now() - startMs) / 1_000 : Number.NaN;
}
