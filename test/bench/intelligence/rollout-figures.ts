/**
 * Releases that go out in waves, by the command as it is typed and a real broker: one that some boxes cannot take, and one that all take. The boxes are
 * simulated: they verify the order, wait as long as a box spreads its fetching, and say what the contract lets them say.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openCentreFolder } from '../../../centre/centre-folder.ts';
import { inParallel } from '../../../centre/director/in-parallel.ts';
import { buildRelease } from '../../../centre/intel/release/build-release.ts';
import { repositoryOf } from '../../../centre/intel/repository/repository.ts';
import { releaseOptionsSchema } from '../../../firmware/agent/intel/options.ts';
import type { ConfigDesired, ConfigReported } from '../../../firmware/contract/config-message.ts';
import type { IntelligenceReported } from '../../../firmware/contract/intelligence-message.ts';
import { up } from '../../../firmware/contract/topics.ts';
import { DirectorCentre } from '../../centre/director/director-centre.ts';
import { SimulatedBox } from '../../centre/director/simulated-box.ts';
import { domains } from '../../centre/intel/repository/releases.ts';
import { Random } from '../../fuzz/random.ts';
import { issueBoxCertificates } from '../delivery/box-certificates.ts';
import type { Figure } from '../figure.ts';
import { startProgress } from '../progress.ts';

const boxCount = 250;
/** The first of them, with this tag, meet the release that is not good. */
const triedCount = 200;
const triedTag = 'tried';
const handshakesAtOnce = 8;
const seed = 6;
/** Every box of the twenty has a full disk. */
const brokenEach = 20;
const fetchMsMax = 3_000;
const armedSecondsMax = 120;
const spreadMs = releaseOptionsSchema.parse({}).spreadSeconds * 1_000;

/** The last line that `intel publish --json` says. */
interface Result {
  outcome: string;
  counts: Record<string, number>;
  failed: readonly unknown[];
  ms: number;
}

export async function rolloutFigures(folder: string, over: { bad: string; good: string; goodSpreadMs?: number }): Promise<Figure[]> {
  const own = mkdtempSync(join(folder, 'rollout-'));
  const centre = await DirectorCentre.start();
  const boxes: SimulatedBox[] = [];
  try {
    const ids = Array.from({ length: boxCount }, (_, index) => `bench-box-${index}`);
    for (const [index, id] of ids.entries()) centre.register(id, ...(index < triedCount ? [triedTag] : []));
    const certificates = issueBoxCertificates(centre.broker.pki.boxes, ids, join(own, 'boxes'));
    const ways = new Ways(Math.min(spreadMs, over.goodSpreadMs ?? spreadMs));
    const progress = startProgress(`${boxCount} boxes`);
    await inParallel([...ids.entries()], handshakesAtOnce, async ([index, id]) => {
      const report = ways.reportOf(index);
      boxes.push(await SimulatedBox.connect(centre.broker.boxWith(certificates[index]!), id, centre.publicKey, { report }));
      progress.show(boxes.length, boxCount);
    });
    progress.done('connected');
    repositoryOf(openCentreFolder(centre.folder)).create(undefined, Date.now());
    const bad = await publish(centre, 1, ['--tag', triedTag, '--over', over.bad]);
    const touched = new Set(boxes.filter(({ orders }) => orders.length > 0).map(({ id }) => id)).size;
    ways.areBroken = false;
    const good = await publish(centre, 2, ['--over', over.good]);
    return [
      {
        name: `rollout: ${triedCount} boxes, 5 % of them broken: stopped by itself`,
        value: Number(bad.outcome === 'stopped'),
        unit: '',
        least: 1,
      },
      { name: 'rollout: boxes that had been ordered by then', value: triedCount - (bad.counts.untouched ?? Number.NaN), unit: '' },
      { name: 'rollout: boxes that failed by then', value: bad.failed.length, unit: '', least: 1 },
      { name: 'rollout: boxes left untouched', value: bad.counts.untouched ?? Number.NaN, unit: '', least: 1 },
      {
        name: 'rollout: of these, with an order all the same',
        value: touched - (triedCount - (bad.counts.untouched ?? Number.NaN)),
        unit: '',
        limit: 0,
      },
      { name: 'rollout: until it stopped', value: bad.ms / 1_000, unit: 's', digits: 1 },
      { name: `rollout: good release, boxes armed`, value: good.counts.armed ?? Number.NaN, unit: '', least: boxCount },
      {
        name: `rollout: ${boxCount} boxes armed with --over ${over.good}`,
        value: good.ms / 1_000,
        unit: 's',
        digits: 1,
        limit: armedSecondsMax,
      },
    ];
  } finally {
    await Promise.all(boxes.map((box) => box.close().catch(() => undefined)));
    await centre.stop();
    rmSync(own, { recursive: true, force: true });
  }
}

async function publish(centre: DirectorCentre, version: number, words: readonly string[]): Promise<Result> {
  const folder = openCentreFolder(centre.folder).file('intelligence');
  const published = version === 1 ? [] : [1];
  await buildRelease({ folder, channel: 'main', entries: domains(version, 1_000), own: [], published, nowMs: Date.now() });
  const progress = startProgress(`release ${version}`);
  const { out, err } = await centre.run(['intel', 'publish', '--rollout', '1,10,50,100', ...words, '--no-ask', '--json']);
  const last = out.trim().split('\n').at(-1) ?? '';
  progress.done(last.slice(0, 200));
  if (!last.startsWith('{')) throw new Error(`intel publish: ${err}`);
  return JSON.parse(last) as Result;
}

/** What boxes do with a release. */
class Ways {
  areBroken = true;
  readonly #random = new Random(seed);
  readonly #spreadMs: number;

  constructor(spread: number) {
    this.#spreadMs = spread;
  }

  reportOf(index: number) {
    return ({ box: id, release }: ConfigDesired, honest: ConfigReported, box: SimulatedBox): ConfigReported => {
      if (release === undefined) return honest;
      const base = { schema: 'intel-reported/1' as const, box: id, ts: new Date().toISOString(), wanted: release };
      const say = (said: IntelligenceReported) =>
        void box.client.publish(up.intelReported(id), JSON.stringify(said), { retain: true }).catch(() => undefined);
      const isBroken = this.areBroken && index % brokenEach === 0;
      const waitMs = this.#random.below(this.#spreadMs);
      setTimeout(() => say({ ...base, state: 'fetching' }), waitMs);
      setTimeout(
        () =>
          say(
            isBroken
              ? { ...base, state: 'failed', code: 'no-room', reason: 'the disk is full' }
              : { ...base, state: 'armed', running: release },
          ),
        waitMs + this.#random.below(fetchMsMax),
      );
      return honest;
    };
  }
}
