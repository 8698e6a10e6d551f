import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './outbox-tools.ts';

const file = fileURLToPath(new URL('./volume-process.ts', import.meta.url));
/** As the processes of the box are started. */
const runtimeOptions = ['--v8-pool-size=1', '--max-semi-space-size=4', '--heap-growing-percent=15'];
const mebibyte = 1024 * 1024;

describe('a backlog of 200,000 messages', () => {
  it('costs no memory, opens at once, drains quickly, and gives its space back', { timeout: 120_000 }, async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [...runtimeOptions, file, temporaryFolder(), '200000', '600']);
    const figures = JSON.parse(stdout) as Record<string, number>;
    expect(figures).toMatchObject({ depth: 200_000, drained: 200_000 });
    // The backlog is 120 MB; what grows is garbage of the appending, which is as fast as it can be.
    expect(figures.rssGrowth).toBeLessThan(40 * mebibyte);
    expect(figures.openMs).toBeLessThan(2_000);
    // Far less than it does on a machine with nothing else to do.
    expect(figures.drainRate).toBeGreaterThan(4_000);
    expect(figures.appendRate).toBeGreaterThan(4_000);
    expect(figures.backlogBytes).toBeGreaterThan(80 * mebibyte);
    expect(figures.logBytes).toBeLessThan(16 * mebibyte);
    expect(figures.fileBytes).toBeLessThan(20 * mebibyte);
  });
});
