import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { IndicatorSet } from '../../../../firmware/sensor/intel/indicator-set.ts';
import { claimedHash } from '../../../../firmware/sensor/intel/set-layout.ts';
import { readStateFile, releaseInUseSchema } from '../../../../firmware/state-folder.ts';
import { domains, TestCentre } from '../../../centre/intel/repository/releases.ts';
import { Random } from '../../../fuzz/random.ts';

/** 200 and more by hand; a score is enough to notice what was broken lately. */
const kills = Number(process.env.VONGGAC_RELEASE_KILLS ?? 15);
const program = fileURLToPath(new URL('./keeper-program.ts', import.meta.url));

describe('a box that is killed while it takes a release up', { timeout: 60_000 + kills * 4_000 }, () => {
  let child: ChildProcess | undefined;
  let state = '';
  afterEach(() => {
    child?.kill('SIGKILL');
    rmSync(state, { recursive: true, force: true });
  });

  it('always has a working set, and goes on where it was', async () => {
    const centre = new TestCentre();
    const built = [
      await centre.publish(domains(0, 4000)),
      await centre.publish(domains(40, 4000)),
      await centre.publish(domains(80, 4000)),
    ];
    const releases = built.map(({ channel, version, sha256 }) => ({ channel, version, sha256 }));
    state = mkdtempSync(join(tmpdir(), 'killed-keeper-'));
    writeFileSync(join(state, 'root.json'), centre.repository.trustedRoot());
    const random = new Random(Number(process.env.VONGGAC_SEED ?? 11));
    let armed = 0;
    let checked = 0;
    for (let kill = 0; kill < kills; kill++) {
      child = spawn(process.execPath, [program, state, centre.path(''), JSON.stringify(releases)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      child.stdout?.on('data', (chunk: Buffer) => {
        armed += chunk.toString('utf8').split('armed').length - 1;
      });
      await once(child.stdout!, 'data');
      await sleep(random.between(0, 2_000));
      child.kill('SIGKILL');
      await once(child, 'exit');
      checked += check();
    }
    console.log(`${kills} kills, ${armed} releases armed meanwhile, ${checked} times a set in use: each whole`);
    expect(checked).toBeGreaterThan(kills / 2);
    expect(armed).toBeGreaterThan(0);
  });

  /** 1 where a set is in use, which must be whole then. */
  function check(): number {
    const pointer = join(state, 'intel', 'in-use.json');
    if (!existsSync(pointer)) return 0;
    const inUse = readStateFile(pointer, releaseInUseSchema);
    expect(inUse, readFileSync(pointer, 'utf8')).toBeDefined();
    const bytes = readFileSync(join(state, 'intel', inUse!.file));
    expect(claimedHash(bytes)).toBe(inUse!.release.sha256);
    expect(IndicatorSet.fromBytes(bytes, inUse!.file).counts.domain).toBeGreaterThan(3_999);
    return 1;
  }
});
