import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { openCentreFolder } from '../../../centre/centre-folder.ts';
import { latestOrder, orderConfig } from '../../../centre/director/config-orders.ts';
import { buildRelease } from '../../../centre/intel/release/build-release.ts';
import { type PublishFlags, runPublish } from '../../../centre/intel/repository/publish-command.ts';
import { publishedReleases } from '../../../centre/intel/repository/publish-release.ts';
import { repositoryOf } from '../../../centre/intel/repository/repository.ts';
import { RolloutFile } from '../../../centre/rollout/rollout-file.ts';
import type { CommandRequest, CommandResponse } from '../../../firmware/contract/command-message.ts';
import type { ConfigDesired, ConfigReported } from '../../../firmware/contract/config-message.ts';
import type { IntelligenceReported, Release } from '../../../firmware/contract/intelligence-message.ts';
import { up } from '../../../firmware/contract/topics.ts';
import { DirectorCentre } from '../director/director-centre.ts';
import type { SimulatedBox } from '../director/simulated-box.ts';
import { domains } from '../intel/repository/releases.ts';

const boxCount = 12;
const ids = Array.from({ length: boxCount }, (_, index) => `box-${String(index).padStart(2, '0')}`);
/** Boxes that cannot take a release, and hosts on which values were seen. */
const broken = new Set<string>();
const seenHosts = new Map<string, number>();
const orderedOf = new Map<string, Release>();

function report(order: ConfigDesired, honest: ConfigReported, box: SimulatedBox): ConfigReported {
  const { release } = order;
  if (release === undefined) return honest;
  orderedOf.set(box.id, release);
  const base = { schema: 'intel-reported/1' as const, box: box.id, ts: new Date().toISOString(), wanted: release };
  const end: IntelligenceReported = broken.has(box.id)
    ? { ...base, state: 'failed', code: 'damaged', reason: 'its disk is full' }
    : { ...base, state: 'armed', running: release };
  for (const said of [{ ...base, state: 'fetching' }, end])
    void box.client.publish(up.intelReported(box.id), JSON.stringify(said), { retain: true }).catch(() => undefined);
  return honest;
}

function answer(request: CommandRequest, honest: CommandResponse, box: SimulatedBox): CommandResponse {
  const values = (request.arguments.values as string[]).map((value) => {
    const count = box.id === ids[0] ? (seenHosts.get(value) ?? 0) : 0;
    const seen = { first: honest.ts, last: honest.ts, days: 1, count: 1, stage: 'attempt', how: ['dns'], observed: [value] };
    const hosts = Array.from({ length: count }, (_, host) => ({ ...seen, ip: `10.0.0.${host}` }));
    return count === 0 ? { value, state: 'not-seen' } : { value, state: 'seen', hosts };
  });
  return { ...honest, result: { schema: 'retro-match/1', days: 30, damaged: [], seen: 1, values } };
}

describe('vonggac-centre intel publish', { timeout: 60_000 }, () => {
  let centre: DirectorCentre;
  let out = '';

  beforeAll(async () => {
    centre = await DirectorCentre.start();
    await Promise.all(ids.map((id) => centre.box(id, { report, answer })));
    centre.register('box-away');
    repositoryOf(openCentreFolder(centre.folder)).create(undefined, Date.now());
  }, 60_000);
  afterAll(() => centre.stop());
  beforeEach(() => {
    out = '';
    process.exitCode = undefined;
    orderedOf.clear();
    broken.clear();
    seenHosts.clear();
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      out += String(text);
      return true;
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
  });

  const repository = () => repositoryOf(openCentreFolder(centre.folder));
  const published = () => publishedReleases(repository());
  const rollout = () => new RolloutFile(join(centre.folder, 'intel/rollout')).read();
  const build = (from: number) =>
    buildRelease({
      folder: join(centre.folder, 'intel'),
      channel: 'main',
      entries: domains(from, 200),
      own: [],
      published: published().map(({ version }) => version),
      nowMs: Date.now(),
    });
  const publish = (more: Partial<PublishFlags> = {}) => {
    const flags = { centre: centre.folder, hostsMax: 20, ask: false, wait: 5_000, over: 600, author: 'test', lang: 'en' as const };
    return runPublish(undefined, { ...flags, ...more });
  };

  test('arms every box that is there, keeps what else was ordered of them, and says how it went', async () => {
    const director = centre.director();
    const { key } = await director.ready();
    orderConfig(director.register, key, { boxes: ids, change: () => ({ settings: { lang: 'en' } }) });
    const release = await build(0);
    await publish({ rollout: [10, 50, 100], json: true });
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({ version: release.version, targets: [{ name: `main-${release.version}.vgd` }] });
    expect(lines[1]).toMatchObject({ outcome: 'done', wave: 3, counts: { armed: boxCount, away: 1, untouched: 0 } });
    expect(process.exitCode).toBeUndefined();
    expect(orderedOf.size).toBe(boxCount);
    expect(latestOrder(director.register, ids[0]!)?.desired).toMatchObject({
      settings: { lang: 'en' },
      release: { channel: 'main', version: release.version, sha256: release.sha256 },
    });
    expect(latestOrder(director.register, 'box-away')?.desired.release?.version).toBe(release.version);
    expect(rollout()?.outcome).toBe('done');
  });

  test('stops where boxes fail, leaves the rest alone, goes on when told to, and can be ended', async () => {
    const release = await build(10);
    for (const id of ids) broken.add(id);
    await publish({ rollout: [10, 50, 100] });
    expect(process.exitCode).toBe(1);
    expect(out).toContain('STOPPED');
    expect(out).toMatch(/box-\d\d: failed: failed: damaged: its disk is full/);
    expect(orderedOf.size).toBeLessThan(4);
    expect(rollout()).toMatchObject({ outcome: 'stopped', release: { version: release.version } });
    await expect(publish({ rollout: [100] })).rejects.toThrow('go on with --resume');
    const before = orderedOf.size;
    broken.clear();
    process.exitCode = undefined;
    await publish({ resume: true });
    expect([process.exitCode, orderedOf.size > before]).toEqual([undefined, true]);
    expect(rollout()?.outcome).toBe('done');
    await expect(publish({ abort: true })).rejects.toThrow('has ended (done)');
  });

  test('publishes nothing that would light many machines, unless somebody really wants it', async () => {
    const before = published().length;
    await build(20);
    seenHosts.set('n000215.bad.example', 21);
    await publish({ ask: true, rollout: [100] });
    expect(process.exitCode).toBe(1);
    expect(out).toContain('n000215.bad.example  on 21 hosts');
    expect([published().length, orderedOf.size]).toEqual([before, 0]);
    process.exitCode = undefined;
    await publish({ ask: true, yesReally: true });
    expect(published().length).toBe(before + 1);
    expect([process.exitCode, orderedOf.size]).toEqual([undefined, 0]);
  });

  test('says before anything happens what is wrong with what was asked', async () => {
    await expect(publish({ rollout: [50, 10] })).rejects.toThrow('--rollout: the shares rise, as in 1,10,50,100');
    await expect(publish({ rollout: [100], tag: 'none' })).rejects.toThrow('no box has the tag none');
    await expect(publish({ resume: true })).rejects.toThrow('has ended');
    await expect(publish({ resume: true, abort: true })).rejects.toThrow('give one of them');
    await expect(publish({ resume: true, rollout: [100] })).rejects.toThrow('give one of them');
  });

  test('says that nothing is new, and that nobody was ordered anything', async () => {
    const before = published().length;
    await publish();
    expect(out).toMatch(/was published before\nNo box was ordered to take it: .*--rollout/);
    expect([published().length, orderedOf.size, process.exitCode]).toEqual([before, 0, undefined]);
  });
});
