import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Fetch, FetchFault } from '../../../../firmware/agent/intel/fetch-process.ts';
import { IntelligenceKeeper } from '../../../../firmware/agent/intel/intelligence-keeper.ts';
import type { KeeperLimits } from '../../../../firmware/agent/intel/keeper-limits.ts';
import { ReleaseStore } from '../../../../firmware/agent/intel/release-store.ts';
import { type FetchOrder, releaseFileName } from '../../../../firmware/contract/fetch-order.ts';
import { type IntelligenceReported, type Release, releaseSchema } from '../../../../firmware/contract/intelligence-message.ts';
import { readStateFile, releaseInUseSchema } from '../../../../firmware/state-folder.ts';
import { until } from '../uplink/listener.ts';
import { TestSensor } from './test-sensor.ts';

const releaseOf = (version: number): Release => ({ channel: 'main', version, sha256: version.toString(16).padStart(64, '0') });
const quick: Partial<KeeperLimits> = {
  spreadMs: 5,
  retryMsMin: 5,
  retryMsMax: 20,
  takeUpMs: 400,
  heardMs: 50,
  trialMs: 60,
  pollMs: 5,
  offerMs: 10,
};

describe('the keeper of the indicators', () => {
  let folder: string;
  let sensor: TestSensor;
  let reported: IntelligenceReported[];
  let orders: FetchOrder[];
  let faults: (FetchFault | undefined)[];
  let keeper: IntelligenceKeeper | undefined;
  let limits: Partial<KeeperLimits>;

  const fetch: Fetch = async (order) => {
    orders.push(order);
    const fault = faults.shift();
    if (fault !== undefined) throw fault;
    const release = releaseSchema.parse(order.release);
    const file = releaseFileName(release);
    mkdirSync(join(folder, 'releases'), { recursive: true });
    writeFileSync(join(folder, file), `set ${release.version}`);
    return { release, file, fetched: 7 };
  };
  const begin = () => {
    keeper = new IntelligenceKeeper({
      box: 'hx-01',
      store: new ReleaseStore(folder, { read: readStateFile }),
      repository: () => ({ url: 'https://centre.example' }),
      rootFile: 'root.json',
      bytesPerSecondMax: () => 1e6,
      trustedMs: () => 1,
      sensor,
      publish: (report) => reported.push(report),
      fetch,
      log: { info: () => undefined, warn: () => undefined },
      limits,
    });
    keeper.start();
    return keeper;
  };
  const states = () =>
    reported.map(({ state, wanted, confirmed }) => `${wanted?.version} ${state}${confirmed === undefined ? '' : ` ${confirmed}`}`);
  const reached = (text: string) => until(() => states().at(-1) === text, text);
  const inUse = () => readStateFile(join(folder, 'in-use.json'), releaseInUseSchema)?.release.version;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'keeper-'));
    sensor = new TestSensor(folder);
    [reported, orders, faults, limits] = [[], [], [], quick];
  });
  afterEach(async () => {
    await keeper?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('fetches what was ordered, hands it to the sensor, watches it and keeps it', async () => {
    begin().order(releaseOf(1));
    await reached('1 armed true');
    expect(states()).toEqual(['1 fetching', '1 testing', '1 armed false', '1 armed true']);
    expect([sensor.running, inUse()]).toEqual([1, 1]);
    keeper?.order(releaseOf(2));
    await reached('2 armed true');
    expect(orders[1]?.from?.release.version).toBe(1);
    expect(readdirSync(join(folder, 'releases'))).toHaveLength(1);
  });

  it('does nothing for the same order again, and does not fetch again after a restart', async () => {
    begin().order(releaseOf(1));
    await reached('1 armed true');
    keeper?.order(releaseOf(1));
    await keeper?.stop();
    reported = [];
    begin().order(releaseOf(1));
    await reached('1 armed true');
    expect(orders).toHaveLength(1);
    expect(states()).toEqual(['1 armed true']);
  });

  it('goes on trying where it cannot be fetched, tells why, and the sensor keeps what it has', async () => {
    begin().order(releaseOf(1));
    await reached('1 armed true');
    faults = [new FetchFault('unreachable', 'nobody answers'), new FetchFault('untrusted', 'older'), new FetchFault('died', 'signal 9')];
    keeper?.order(releaseOf(2));
    await until(() => reported.some(({ code }) => code === 'untrusted'), 'the refusal');
    expect(sensor.running).toBe(1);
    await reached('2 armed true');
    expect(reported.filter(({ state }) => state === 'failed').map(({ code }) => code)).toEqual(['unreachable', 'untrusted', 'died']);
  });

  it('goes back to the last good release where the sensor refuses the new one, says so, and does not try it again', async () => {
    begin().order(releaseOf(1));
    await reached('1 armed true');
    sensor.refuses = (version) => version === 2;
    keeper?.order(releaseOf(2));
    await reached('2 failed');
    expect(reported.at(-1)).toMatchObject({ code: 'refused-by-sensor', reason: 'the canary did not sing', running: { version: 1 } });
    await until(() => sensor.running === 1, 'the way back');
    expect(inUse()).toBe(1);
    await keeper?.stop();
    reported = [];
    begin();
    await reached('2 failed');
    expect(orders).toHaveLength(2);
    expect(inUse()).toBe(1);
    keeper?.order(releaseOf(3));
    await reached('3 armed true');
  });

  it('goes back where the new release lights everything', async () => {
    begin().order(releaseOf(1));
    await reached('1 armed true');
    await keeper?.stop();
    limits = { ...quick, trialMs: 5_000, stormAlertsMax: 10 };
    begin().order(releaseOf(2));
    await reached('2 armed false');
    sensor.opened += 11;
    await reached('2 rolled_back');
    expect(reported.at(-1)).toMatchObject({ code: 'storm', running: { version: 1 } });
    // Before anybody could look.
    sensor.lights = 11;
    keeper?.order(releaseOf(3));
    await reached('3 rolled_back');
    await until(() => sensor.running === 1, 'the way back');
  });

  it('has no release where the first one fails, and the sensor keeps its own lists', async () => {
    sensor.refuses = () => true;
    begin().order(releaseOf(1));
    await reached('1 failed');
    expect(reported.at(-1)?.running).toBeUndefined();
    expect(inUse()).toBeUndefined();
  });

  it('waits for a sensor that is away, and gives one up that does not answer', async () => {
    sensor.isConnected = false;
    begin().order(releaseOf(1));
    await reached('1 testing');
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(states().at(-1)).toBe('1 testing');
    sensor.isConnected = true;
    await reached('1 armed true');
    sensor.isDeaf = true;
    keeper?.order(releaseOf(2));
    await reached('2 failed');
    expect(reported.at(-1)?.code).toBe('not-taken-up');
  });

  it('takes a newer order at once, whatever it is doing', async () => {
    faults = Array(1000).fill(new FetchFault('unreachable', 'nobody answers'));
    begin().order(releaseOf(1));
    await reached('1 failed');
    faults = [];
    keeper?.order(releaseOf(2));
    await reached('2 armed true');
  });

  it('gives a release up whose trial was cut short by restarts too often', async () => {
    limits = { ...quick, trialMs: 60_000, trialsMax: 2 };
    for (let start = 1; start <= 2; start++) {
      begin().order(releaseOf(1));
      await reached('1 armed false');
      await keeper?.stop();
    }
    begin();
    await reached('1 rolled_back');
    expect(inUse()).toBeUndefined();
  });

  it('serves the last good release where the compiled set in use is gone, and fetches the ordered one again', async () => {
    begin().order(releaseOf(1));
    await reached('1 armed true');
    await keeper?.stop();
    rmSync(join(folder, releaseFileName(releaseOf(1))));
    reported = [];
    begin();
    await reached('1 armed true');
    expect(orders).toHaveLength(2);
  });

  it('takes up what a person has loaded, unless it is older, and obeys the director again when he names another', async () => {
    const load = async (version: number) => {
      await fetch({ release: releaseOf(version) } as FetchOrder, new AbortController().signal);
      writeFileSync(join(folder, 'offered.json'), JSON.stringify({ release: releaseOf(version) }));
    };
    begin().order(releaseOf(3));
    await reached('3 armed true');
    await load(2);
    await until(() => !existsSync(join(folder, 'offered.json')), 'a look at the offer');
    await load(5);
    await reached('5 armed true');
    expect(reported.map(({ wanted }) => wanted?.version)).not.toContain(2);
    // The order of the director is still the former one, and says nothing new.
    keeper?.order(releaseOf(3));
    await keeper?.stop();
    begin().order(releaseOf(3));
    await reached('5 armed true');
    keeper?.order(releaseOf(4));
    await reached('4 armed true');
  });

  it('does not take from the sensor what it runs with where its own memory is gone', async () => {
    begin().order(releaseOf(1));
    await reached('1 armed true');
    await keeper?.stop();
    rmSync(join(folder, 'keeper.json'));
    begin();
    expect(inUse()).toBe(1);
    keeper?.order(releaseOf(1));
    await reached('1 armed true');
    expect(orders).toHaveLength(1);
  });

  it('begins anew from nothing where its own state is noise', async () => {
    begin().order(releaseOf(1));
    await reached('1 armed true');
    await keeper?.stop();
    for (const name of ['keeper.json', 'in-use.json']) writeFileSync(join(folder, name), readFileSync(join(folder, name)).subarray(0, 20));
    begin().order(releaseOf(1));
    await reached('1 armed true');
    expect(inUse()).toBe(1);
  });

  /** Nothing more can be written, as on a full disk, for whatever is there in the place of the draft. */
  const fill = () => {
    for (const name of ['keeper.json.new', 'in-use.json.new']) mkdirSync(join(folder, name));
  };
  const empty = () => {
    for (const name of ['keeper.json.new', 'in-use.json.new']) rmSync(join(folder, name), { recursive: true });
  };

  it('obeys the newest order also where the disk has no room to keep it, as soon as there is room', async () => {
    begin().order(releaseOf(1));
    await reached('1 armed true');
    fill();
    keeper?.order(releaseOf(2));
    await until(() => reported.some(({ wanted, code }) => wanted?.version === 2 && code === 'no-room'), 'the want of room');
    keeper?.order(releaseOf(3));
    await until(() => reported.some(({ wanted, code }) => wanted?.version === 3 && code === 'no-room'), 'the want of room');
    expect([sensor.running, inUse()]).toEqual([1, 1]);
    empty();
    await reached('3 armed true');
    expect([sensor.running, inUse()]).toEqual([3, 3]);
  });

  it('keeps a release that stands its trial, and begins at all, where the disk is full', async () => {
    limits = { ...quick, trialMs: 300 };
    begin().order(releaseOf(1));
    await reached('1 armed false');
    fill();
    await reached('1 armed true');
    await keeper?.stop();
    writeFileSync(join(folder, 'in-use.json'), 'noise');
    begin();
    await reached('1 armed true');
    empty();
  });

  it('says what the sensor runs with, also where that cannot go back', async () => {
    begin().order(releaseOf(1));
    await reached('1 armed true');
    await keeper?.stop();
    limits = { ...quick, trialMs: 5_000, stormAlertsMax: 10 };
    begin().order(releaseOf(2));
    await reached('2 armed false');
    sensor.refuses = (version) => version === 1;
    sensor.opened += 11;
    await reached('2 rolled_back');
    expect(reported.at(-1)).toMatchObject({ code: 'storm', running: { version: 2 } });
  });
});
