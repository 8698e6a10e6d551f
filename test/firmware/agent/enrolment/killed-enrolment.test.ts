import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificatesOf } from '../../../../centre/register/certificates.ts';
import { openRegisterFile } from '../../../../centre/register/register-file.ts';
import { type RegistrarProcess, startRegistrar } from '../../../centre/registrar/registrar-process.ts';
import { type RunningCentre, startCentre } from '../../../centre/running-centre.ts';
import { type NewBox, newBox, wholeIdentity } from './box-of-test.ts';
import { cutAt } from './power-cut.ts';

const program = fileURLToPath(new URL('enrolling-box.ts', import.meta.url));
const killsMin = 2;
/** A box may come through before it is killed: then there is another. */
const boxesMax = 10;
/** Longer with each kill: the first ones come early in the work, and at last it comes through, however slow the machine is. */
const stepMs = 30;

let centre: RunningCentre;
let registrar: RegistrarProcess;
beforeAll(async () => {
  centre = await startCentre();
  registrar = await startRegistrar(centre);
}, 40_000);
afterAll(async () => {
  await registrar?.stop();
  await centre?.stop();
});

function certificatesAt(box: string): number {
  const register = openRegisterFile(centre.folder.file('register'));
  try {
    return certificatesOf(register, box).length;
  } finally {
    register.close();
  }
}

const leftOver = ({ paths }: NewBox) => readdirSync(paths.folder).filter((name) => /pending|new$|claim-servers/.test(name));

function start(box: NewBox): ChildProcess {
  return spawn(process.execPath, [program, box.folder, box.claimFile], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Kills it at some moment of its work, again and again, until it came through once. Returns how often it was killed. */
async function killedUntilDone(box: NewBox): Promise<number> {
  let isDone = false;
  for (let kills = 0; ; kills++) {
    const child = start(box);
    const ended = once(child, 'exit');
    let isUnderWay = false;
    child.stdout?.on('data', (chunk: Buffer) => {
      isUnderWay = true;
      if (chunk.includes('"over"')) isDone = true;
    });
    while (!isUnderWay && child.exitCode === null) await sleep(2);
    await sleep(Math.random() * stepMs * (kills + 1));
    child.kill('SIGKILL');
    await ended;
    if (isDone) return kills;
  }
}

describe('an enrolment that is cut off', () => {
  it('at whatever step of writing its files, is whole after the next start', async () => {
    let steps = 0;
    for (let isCut = true; isCut; ) {
      const box = await newBox(centre, 'Trạm mất điện');
      steps++;
      // After the cut nothing can be written, so an attempt is all that there is; then the next start.
      ({ isCut } = await cutAt(steps, () => box.enrolment().attempt(AbortSignal.timeout(10_000))));
      const next = box.enrolment();
      if (next.need() !== 'none') expect(await next.run(AbortSignal.timeout(10_000))).toBe(true);
      wholeIdentity(box);
      expect(certificatesAt(box.box)).toBe(1);
      expect(existsSync(box.claimFile)).toBe(false);
      expect(leftOver(box)).toEqual([]);
      expect(readFileSync(join(box.paths.folder, 'enrolment.json'), 'utf8')).toContain('"enrolled"');
      box.remove();
    }
    process.stdout.write(`the power cut at each of ${steps - 1} steps\n`);
    expect(steps).toBeGreaterThan(40);
  }, 120_000);

  it('by kill -9, goes on at the next start, whenever that was: one certificate, one whole identity, and no claim left', async () => {
    let kills = 0;
    let boxes = 0;
    for (; boxes < 2 || (kills < killsMin && boxes < boxesMax); boxes++) {
      const box = await newBox(centre, 'Trạm thử');
      kills += await killedUntilDone(box);
      wholeIdentity(box);
      expect(certificatesAt(box.box)).toBe(1);
      expect(existsSync(box.claimFile)).toBe(false);
      expect(leftOver(box)).toEqual([]);
      box.remove();
    }
    process.stdout.write(`${boxes} boxes enrolled over ${kills} kills\n`);
    expect(kills).toBeGreaterThanOrEqual(killsMin);
  }, 120_000);
});

const canMount = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;

describe.skipIf(!canMount)('a claim file on a card that cannot be written', () => {
  it('is remembered by its hash, told of once, and not used again', async () => {
    const box = await newBox(centre, 'Trạm chỉ đọc');
    const mount = join(box.folder, 'boot');
    mkdirSync(mount);
    const place = join(mount, 'claim.json');
    const node = `"${process.execPath}" "${program}" "${box.folder}" "${place}"`;
    // In a mount namespace of its own, which goes with its process.
    const script = `set -e; mount -t tmpfs tmpfs "${mount}"; cp "${box.claimFile}" "${place}"; mount -o remount,ro "${mount}"; ${node}; ${node}; test -e "${place}"`;
    const child = spawn('unshare', ['-m', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
    });
    const [status] = await once(child, 'exit');
    expect(status).toBe(0);
    expect(said.split('the claim file cannot be destroyed').length - 1).toBe(1);
    expect(said.split('asking the centre').length - 1).toBe(1);
    wholeIdentity(box);
    box.remove();
  }, 20_000);
});
