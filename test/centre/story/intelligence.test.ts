import { mkdtempSync, renameSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildRelease } from '../../../centre/intel/release/build-release.ts';
import { publishedReleases } from '../../../centre/intel/repository/publish-release.ts';
import type { Release } from '../../../firmware/contract/intelligence-message.ts';
import { deltaTarget, fullTarget } from '../../../firmware/contract/release-repository.ts';
import { SetBuilder } from '../../../firmware/sensor/intel/compile.ts';
import { parseValue } from '../../../firmware/sensor/intel/parse-value.ts';
import { claimedHash } from '../../../firmware/sensor/intel/set-layout.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';
import { domain } from '../intel/repository/releases.ts';
import { ReleaseBox, whyNoDisk, writeQuestions } from './release-box.ts';
import { ReleaseCentre } from './release-centre.ts';

const noDisk = whyNoDisk();
const diskBytes = 4 * 1024 * 1024;
/** So many that a whole release and a difference can be told from one another. */
const rest = Array.from({ length: 2_000 }, (_, index) => `n${String(index).padStart(5, '0')}.list.example`);
const [known, later, storm] = ['known.bad.example', 'later.bad.example', 'storm.example'];
const asked = { [`www.${known}`]: 1, [later]: 1, [`cdn.${storm}`]: 30 };
const stormAlertsMax = 10;

/** One box and one centre, and what happens to them in the course of some days. */
describe('a list of indicators, from the hand of an officer to the alert of a box', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-story-'));
  const capture = join(folder, 'office.pcap');
  let centre: ReleaseCentre;
  let box: ReleaseBox;

  beforeAll(async () => {
    writeQuestions(capture, asked, 10);
    centre = await ReleaseCentre.start('hop-01');
    await centre.serve();
    box = new ReleaseBox(centre, {
      config: { capture: { file: capture }, panel: { limits: { intelligenceAgeSecondsMax: 3_600 } } },
      releases: { stormAlertsMax },
      ...(noDisk === undefined ? { diskBytes } : {}),
    });
    await until(() => centre.health?.capture.state === 'running', 'a running capture', 30_000);
  }, 60_000);
  afterAll(async () => {
    await box?.stop();
    await centre?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 30_000);

  const armed = (version: number) => centre.reported(version, 'armed');
  /** The sensor matches with it, and with no complaint. */
  const inUse = (version: number) =>
    until(() => {
      const { release, error } = centre.health?.intelligence ?? {};
      return release === version && error === undefined;
    }, `release ${version} in the sensor`);
  const alertOf = async (name: string, ip?: string) => {
    const find = () => centre.alerts.find(({ match, host }) => match?.value === name && (ip === undefined || host.ip === ip));
    await until(() => find() !== undefined, `an alert of ${name}`);
    return find();
  };
  /** Builds and signs a release of these names, which nobody has checked. */
  const publish = async (names: readonly string[], { canary = true } = {}): Promise<Release> => {
    const { repository, running } = centre;
    const published = publishedReleases(repository).map(({ version }) => version);
    const order = { folder: running.folder.file('intelligence'), channel: 'main', own: [], published, nowMs: Date.now() };
    const { version } = await buildRelease({ ...order, entries: [...names].sort().map((name) => domain(name)) });
    if (!canary) leaveCanaryOut(version, names);
    return centre.publish(version);
  };
  const leaveCanaryOut = (version: number, names: readonly string[]) => {
    const { releases } = centre;
    const builder = new SetBuilder(releases.seed());
    for (const name of names) {
      const parsed = parseValue(name);
      if (typeof parsed !== 'string') builder.add(parsed, { confidence: 80, source: 'list' }, false);
    }
    const set = builder.finish();
    const { manifest, set: file } = releases.files(version);
    writeFileSync(file, set);
    writeFileSync(manifest, JSON.stringify({ ...releases.read(version), bytes: set.length, sha256: claimedHash(set) }));
  };

  it('is imported, built, checked, published and armed by the commands alone, and an alert names the release', async () => {
    await centre.importList('officers', [known, ...rest]);
    await centre.done('intel', 'build');
    await centre.done('intel', 'check', '--no-ask');
    const out = await centre.done('intel', 'publish', '--rollout', '100', '--over', '10s', '--no-ask', '--json');
    expect(JSON.parse(out.trim().split('\n').at(-1) ?? '')).toMatchObject({
      release: { version: 1 },
      outcome: 'done',
      counts: { armed: 1 },
    });
    const { running } = await armed(1);
    expect(running).toEqual(centre.release(1));
    const alert = await alertOf(known);
    expect(alert?.match).toMatchObject({ bundle: running?.sha256.slice(0, 16), source: 'officers', observed: `www.${known}` });
    expect(centre.alerts.map(({ match }) => match?.value)).not.toContain(later);
  });

  it('that has changed a little is fetched as a difference, and what is new in it fires', async () => {
    await centre.importList('officers', [known, later, ...rest.slice(5)]);
    await centre.done('intel', 'build');
    await centre.order(await centre.publish());
    const { bytesFetched } = await centre.reported(2, 'armed', { confirmed: true });
    const [first, second] = [centre.release(1), centre.release(2)];
    const target = (name: string) => centre.repository.chain().targets.signed.targets[name]?.length ?? Number.NaN;
    expect(bytesFetched).toBe(target(deltaTarget(first, second)));
    expect(bytesFetched).toBeLessThan(target(fullTarget(second)) / 5);
    expect((await alertOf(later))?.match?.bundle).toBe(second.sha256.slice(0, 16));
  });

  it('does not come into use where its canary is missing: the box says so and keeps the release before', async () => {
    await centre.order(await publish([known, later, 'other.example', ...rest], { canary: false }));
    const { running, reason } = await centre.reported(3, 'failed', { code: 'refused-by-sensor' });
    expect(reason).toContain('canary');
    expect(running?.version).toBe(2);
    await inUse(2);
  });

  it('is given back where it lights the whole house, also where the release before was much smaller', async () => {
    const many = Array.from({ length: 3 * rest.length }, (_, index) => `m${String(index).padStart(5, '0')}.list.example`);
    await centre.order(await publish([known, later, storm, ...rest, ...many]));
    const { running } = await centre.reported(4, 'rolled_back', { code: 'storm' });
    expect(running?.version).toBe(2);
    await inUse(2);
  });

  it('may become much shorter, where the officers want that', async () => {
    await centre.order(await publish([known, later]));
    await armed(5);
    await inUse(5);
  });

  it('waits while the server is away: the box says so, goes on detecting, and has the release once the server is back', async () => {
    await centre.endServe();
    await centre.order(await publish([known, later, 'away.example']));
    const { running } = await centre.reported(6, 'failed', { code: 'unreachable' });
    expect(running?.version).toBe(5);
    writeQuestions(`${capture}.new`, { ...asked, [known]: 2 }, 10);
    renameSync(`${capture}.new`, capture);
    expect((await alertOf(known, '10.20.1.2'))?.match?.bundle).toBe(centre.release(5).sha256.slice(0, 16));
    await centre.serve();
    await armed(6);
  });

  it.skipIf(noDisk !== undefined)(
    `waits while the disk is full, and is brought once there is room (${noDisk ?? 'can run here'})`,
    async () => {
      const filler = box.file('filler');
      fillDisk(filler);
      await centre.order(await publish([known, later, 'full.example']));
      const { running } = await centre.reported(7, 'failed', { code: 'no-room' });
      expect(running?.version).toBe(6);
      // Room for small files, not for a set.
      truncateSync(filler, statSync(filler).size - 65_536);
      const many = Array.from({ length: 10_000 }, (_, index) => `f${String(index).padStart(5, '0')}.list.example`);
      await centre.order(await publish([known, later, ...many]));
      await centre.reported(8, 'failed', { code: 'no-room' });
      await inUse(6);
      rmSync(filler);
      await armed(8);
    },
  );

  it('lets READY go out when it is old, and the box goes on with it', async () => {
    const release = centre.reports.at(-1)?.running;
    const set = box.file(`releases/${release?.version}-${release?.sha256.slice(0, 16)}.vgi`);
    const old = new Date(Date.now() - 7_200_000);
    utimesSync(set, old, old);
    box.reload();
    await until(() => (centre.health?.intelligence?.ageSeconds ?? 0) > 7_000, 'the age in health');
    await until(() => box.panel?.faults.some(({ en }) => en === 'The indicators are out of date') === true, 'the lamp');
    expect(box.panel?.lamps.ready).not.toBe('steady');
    expect(centre.health?.intelligence?.release).toBe(release?.version);
  });
});

/** Until not a byte more goes in. */
function fillDisk(path: string): void {
  for (let bytes = 1 << 16; bytes >= 1; bytes >>= 1) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(bytes), { flag: 'a' });
    } catch (error) {
      if (!String(error).includes('ENOSPC')) throw error;
    }
  }
}
