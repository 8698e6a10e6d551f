/** What is on disk after the process, the power or the disk gave up at any step of any change. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ConfigStore } from '../../../../firmware/agent/config/config-store.ts';
import { readStateFile, settingsInForceSchema, stateFiles } from '../../../../firmware/state-folder.ts';
import { director } from '../orders/director.ts';
import { newFolder, removeFolder, startedBox, type TestBox } from './box-of-test.ts';
import { FailingDisk } from './failing-disk.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) removeFolder(folder);
});

const signing = director();
/** Made anew by each change from one order to the next, the confirmation included. */
const stepsMin = 20;

async function withOrder(seq: number, made?: TestBox): Promise<TestBox> {
  const box = made ?? (await startedBox({ director: signing, limits: { trialMs: 1 } }));
  if (made === undefined) folders.push(box.folder);
  box.send(signing.config({ seq }));
  await box.heard('applied', seq, true);
  return box;
}

function stored(folder: string): ConfigStore {
  return new ConfigStore({ folder: stateFiles.configFolder(folder), inForceFile: stateFiles.settings(folder), onProblem: () => undefined });
}

describe.each(['the process is killed', 'the power is cut'])('where %s', (what) => {
  it('at any step of a change, the old order or the new one is in force, whole, and the next start goes on from there', async () => {
    const first = await withOrder(5);
    await first.stop();
    let stopAt = 1;
    for (let isThrough = false; !isThrough; stopAt++) {
      const folder = newFolder();
      folders.push(folder);
      cpSync(first.folder, folder, { recursive: true });
      const stopped = Promise.withResolvers<'stopped'>();
      const disk = new FailingDisk(stopAt, () => stopped.resolve('stopped'));
      const made = await startedBox({ director: signing, folder, disk, limits: { trialMs: 1 } });
      made.send(signing.config({ seq: 6 }));
      const end = await Promise.race([stopped.promise, made.heard('applied', 6, true).then(() => made.stop())]);
      isThrough = end === undefined;
      if (what === 'the power is cut') disk.cut();
      const { state } = stored(folder);
      const inForce = readStateFile(stateFiles.settings(folder), settingsInForceSchema, (text) => expect.fail(`step ${stopAt}: ${text}`));
      expect([5, 6], `step ${stopAt}`).toContain(state.current?.seq);
      expect([5, 6], `step ${stopAt}`).toContain(inForce?.seq);
      expect(state.floor?.seq, `step ${stopAt}`).toBe(state.current?.seq);
      const said = made.said.some((report) => report.seq === 6);
      if (said) expect(state.floor?.seq, 'what was reported is not forgotten').toBe(6);
      // The next process makes the rest follow, and obeys.
      const next = await startedBox({ director: signing, folder, limits: { trialMs: 1 } });
      expect(next.inForce()?.seq, `step ${stopAt}`).toBe(state.current?.seq);
      expect(next.send(signing.config({ seq: 4 }))).toBeInstanceOf(Error);
      await withOrder(7, next);
      await next.stop();
    }
    process.stdout.write(`${what}: ${stopAt - 1} steps, each tried\n`);
    expect(stopAt).toBeGreaterThan(stepsMin);
  }, 60_000);
});

describe('a file that is damaged', () => {
  const damages: Record<string, (bytes: Buffer) => Buffer | string> = {
    'is empty': () => '',
    'is cut in the middle': (bytes) => bytes.subarray(0, bytes.length / 2),
    'has a letter that is another': (bytes) => bytes.toString().replace('healthIntervalSeconds', 'healthIntervalSecondz'),
    'is noise': (bytes) => Buffer.alloc(bytes.length, 0xff),
    'tells of another order, in good form': (bytes) => bytes.toString().replace(/\\"seq\\":5/g, '\\"seq\\":3'),
  };
  it.each(Object.entries(damages))('gives way to the other one where it %s, and the floor does not fall', async (_, damage) => {
    const made = await withOrder(5);
    await made.stop();
    for (const name of ['a.json', 'b.json']) {
      const path = join(stateFiles.configFolder(made.folder), name);
      const whole = readFileSync(path);
      writeFileSync(path, damage(whole));
      const { state } = stored(made.folder);
      expect(state.current?.seq).toBe(5);
      expect(state.floor?.seq).toBe(5);
      writeFileSync(path, whole);
    }
  });

  it('as well as the other: what the sensor has stays in force, and its number is the floor', async () => {
    const made = await withOrder(5);
    for (const name of ['a.json', 'b.json']) writeFileSync(join(stateFiles.configFolder(made.folder), name), 'x');
    const next = await made.restarted();
    expect(next.send(signing.config({ seq: 5, settings: {} }))).toBeInstanceOf(Error);
    expect(next.inForce()?.seq).toBe(5);
    await withOrder(6, next);
    await next.stop();
  });

  it('for the sensor is made anew', async () => {
    const made = await withOrder(5);
    await made.stop();
    writeFileSync(stateFiles.settings(made.folder), '{"seq": 4');
    const next = await made.restarted();
    await next.heard('applied', 5);
    expect(next.inForce()?.seq).toBe(5);
    expect(next.applied).toHaveLength(1);
    await next.stop();
  });
});

it('goes on with what it had where the disk takes nothing, and takes the order when it does again', async () => {
  const made = await withOrder(5);
  await made.stop();
  let isFull = false;
  const refuse = async () => {
    if (isFull) throw new Error('ENOSPC');
  };
  const disk = new FailingDisk(Number.POSITIVE_INFINITY, () => undefined);
  const write = disk.write.bind(disk);
  disk.write = async (...given) => {
    await refuse();
    await write(...given);
  };
  const next = await startedBox({ director: signing, folder: made.folder, disk, limits: { trialMs: 1 } });
  isFull = true;
  next.send(signing.config({ seq: 6 }));
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(next.inForce()?.seq).toBe(5);
  isFull = false;
  await next.heard('applied', 6, true);
  await next.stop();
});
