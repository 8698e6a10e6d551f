/** The agent is killed at any moment of putting orders in force: what is on disk is an order that was signed, old or new, and its number never falls. */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ConfigStore } from '../../../../firmware/agent/config/config-store.ts';
import { readStateFile, settingsInForceSchema } from '../../../../firmware/state-folder.ts';
import { desired, director } from '../orders/director.ts';
import { newFolder, removeFolder } from './box-of-test.ts';

const kills = Number(process.env.VONGGAC_CONFIG_KILLS ?? 25);
const ordersOfOne = 400;
/** From the first report of a process to its end: some ten orders. */
const livesMsMax = 120;
const atOnce = 3;
const program = fileURLToPath(new URL('config-child.ts', import.meta.url));

interface Found {
  floor: number;
  current: number;
}

/** Whole and consistent, or a test failure. */
function lookAt(folder: string): Found {
  const problems: string[] = [];
  const { state } = new ConfigStore({ folder, inForceFile: join(folder, 'in-force.json'), onProblem: (text) => problems.push(text) });
  const inForce = readStateFile(join(folder, 'in-force.json'), settingsInForceSchema, (text) => problems.push(text));
  expect(problems).toEqual([]);
  const { floor, current, previous } = state;
  if (current !== undefined) expect(desired({ seq: current.seq }).settings).toEqual(current.settings);
  if (inForce !== undefined) expect(desired({ seq: inForce.seq }).settings).toEqual(inForce.settings);
  // The file of the sensor says the new one or, where the kill came between the two, the one before.
  const orders = [current?.seq, previous?.seq, floor?.seq, (floor?.seq ?? 0) - 1];
  if (inForce !== undefined) expect(orders).toContain(inForce.seq);
  return { floor: floor?.seq ?? 0, current: current?.seq ?? 0 };
}

/** Runs the process, kills it, and gives the highest order that it had reported as applied. */
async function killedRun(
  folder: string,
  files: [orders: string, key: string],
  livesMs: number,
): Promise<{ applied: number; problems: string[] }> {
  const child = spawn(process.execPath, [program, folder, ...files], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // Most of a short life would be the reading of the program.
    env: { ...process.env, NODE_COMPILE_CACHE: join(dirname(files[0]), 'compiled') },
  });
  let applied = 0;
  let isSpeaking = false;
  const problems: string[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('applied ')) applied = Math.max(applied, Number(line.slice(8)));
      // Killed three times within one trial, an order is given up: that is the promise.
      if (line.startsWith('problem ') && !line.includes('stopped 3 times')) problems.push(line);
    }
    if (!isSpeaking) setTimeout(() => child.kill('SIGKILL'), livesMs);
    isSpeaking = true;
  });
  await new Promise((resolve) => child.once('close', resolve));
  return { applied, problems };
}

it(`leaves the old order or the new one, killed at ${kills} random moments`, { timeout: kills * 2_000 + 20_000 }, async () => {
  const signing = director();
  const home = newFolder();
  const files: [string, string] = [join(home, 'orders.json'), join(home, 'key.pem')];
  writeFileSync(files[1], signing.publicKey.export({ type: 'spki', format: 'pem' }));
  const orders = Array.from({ length: ordersOfOne }, (_, at) => at + 1);
  writeFileSync(files[0], JSON.stringify(orders.map((seq) => ({ seq, envelope: signing.config({ seq }).toString() }))));
  let left = kills;
  let inTheMidst = 0;
  let ordersApplied = 0;
  const oneBox = async (number: number) => {
    const folder = join(home, `box-${number}`);
    mkdirSync(folder);
    let before: Found = { floor: 0, current: 0 };
    while (left > 0) {
      left--;
      const { applied, problems } = await killedRun(folder, files, Math.random() * livesMsMax);
      expect(problems).toEqual([]);
      const found = lookAt(folder);
      expect(found.floor).toBeGreaterThanOrEqual(Math.max(before.floor, applied));
      if (readdirSync(folder).some((name) => name.endsWith('.new'))) inTheMidst++;
      before = found;
    }
    ordersApplied += before.floor;
  };
  try {
    const ended = await Promise.allSettled(Array.from({ length: atOnce }, (_, number) => oneBox(number)));
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
    process.stdout.write(`${kills} kills, ${inTheMidst} in the midst of writing a file; ${ordersApplied} orders applied; all valid\n`);
    expect(ordersApplied).toBeGreaterThan(kills / 10);
  } finally {
    removeFolder(home);
  }
});
