import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { chaos } from './chaos.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Another one for each try: a store that already has the alerts would prove nothing. */
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-chaos-'));
  folders.push(folder);
  return folder;
}

const secondsMax = 90;

describe('sensor, agent, broker and two ingests, each killed with SIGKILL at random', () => {
  it('bring every alert to the store exactly once, with no number missing and nothing left in the box', async () => {
    const kills = 30;
    const { output, ...account } = await chaos({
      folder: newFolder(),
      seed: 20_200_121,
      kills,
      captures: 8,
      alertsOfCapture: 250,
      secondsOfCapture: 2,
      killEveryMs: 900,
      drainTimeoutMs: 30_000,
    });
    const shown = JSON.stringify({ ...account, output }, null, 2);
    expect(account, shown).toMatchObject({ raised: 2_000, missing: 0, foreign: 0, holes: 0, left: 0 });
    expect(account.seconds).toBeLessThanOrEqual(secondsMax);
    expect(account.messages, shown).toBeGreaterThanOrEqual(account.raised);
    expect(Object.values(account.kills).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(kills);
  }, 150_000);
});
