import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { publishedReleases } from '../../../../centre/intel/repository/publish-release.ts';
import { deltaTarget, fullTarget } from '../../../../firmware/contract/release-repository.ts';
import { applyDeltaFile } from '../../../../firmware/sensor/intel/delta/delta-file.ts';
import { startMirror, TestBox, TestCentre } from './releases.ts';

const program = fileURLToPath(new URL('./publishing-process.ts', import.meta.url));
const rounds = 8;
/** On a slow disk a release takes longer than a round. */
const roundsMax = 40;

/** Runs until it has begun, and then for a moment. */
async function runAndKill(folder: string, withinMs: number): Promise<void> {
  const child = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  setTimeout(() => child.kill('SIGKILL'), randomInt(withinMs));
  await once(child, 'close');
}

test('whoever publishes may be killed at any moment: boxes always find a release that is whole, and never an older one', async () => {
  const centre = new TestCentre();
  const { repository } = centre;
  const box = new TestBox((await startMirror(centre.path(''))).url, repository.trustedRoot());
  let held: { version: number; file: string } | undefined;
  for (let round = 0; round < rounds || (round < roundsMax && (held?.version ?? 0) < 2); round++) {
    await runAndKill(centre.folder, 400 + round * 50);
    await box.refresh();
    const all = publishedReleases(repository);
    const newest = all.at(-1);
    if (newest === undefined) continue;
    expect(newest.version).toBeGreaterThanOrEqual(held?.version ?? 0);
    const from = all.find(({ version }) => version === held?.version);
    const isNext = held !== undefined && from !== undefined && from.version < newest.version;
    const path = isNext
      ? ((await box.fetch(deltaTarget(from, newest))) ?? (await box.fetch(fullTarget(newest))))
      : await box.fetch(fullTarget(newest));
    const isDelta = isNext && path?.includes(encodeURIComponent(deltaTarget(from, newest))) === true;
    const file = join(box.folder, `${newest.version}.vgi`);
    await applyDeltaFile({
      delta: path ?? '',
      base: isDelta ? held?.file : undefined,
      target: file,
      sha256: newest.sha256,
      bytesMax: 1 << 28,
    });
    held = { version: newest.version, file };
  }
  expect(held?.version).toBeGreaterThan(1);
}, 120_000);
