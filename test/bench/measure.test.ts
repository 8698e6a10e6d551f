import { describe, expect, it } from 'vitest';
import { isBroken, table } from './figure.ts';
import { measure, measureOk, median } from './measure.ts';

const burn =
  'const end = performance.now() + 300; const kept = Buffer.alloc(80e6, 1); while (performance.now() < end); process.exitCode = kept[5] - 1;';

describe('measure', () => {
  it('counts CPU time and peak memory of the command and not of the shell around it', async () => {
    const cost = await measure([process.execPath, '-e', burn]);
    expect(cost.status).toBe(0);
    expect(cost.cpuSeconds).toBeGreaterThan(0.15);
    expect(cost.cpuSeconds).toBeLessThan(3);
    expect(cost.wallSeconds).toBeGreaterThanOrEqual(0.3);
    expect(cost.peakRssMegabytes).toBeGreaterThan(80);
    expect(cost.peakRssMegabytes).toBeLessThan(250);
  }, 20_000);

  it('gives status, output and complaints of the command', async () => {
    const cost = await measure(['sh', '-c', 'echo out; echo err >&2; exit 3'], { keepOutput: true });
    expect(cost).toMatchObject({ status: 3, stdout: 'out\n', stderr: 'err\n' });
  });

  it('says which command failed and what it said', async () => {
    await expect(measureOk(['sh', '-c', 'echo broken >&2; exit 2'])).rejects.toThrow(/ended with 2: broken/);
  });
});

it('takes the middle of several measurements', () => {
  expect(median([9, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 9])).toBe(3);
});

it('calls a figure broken above its limit, below its least, and where nothing was measured', () => {
  const figure = { name: 'a', value: 2, unit: '' };
  expect(isBroken({ ...figure, limit: 1.5 })).toBe(true);
  expect(isBroken({ ...figure, goal: 1, limit: 2 })).toBe(false);
  expect(isBroken({ ...figure, least: 3 })).toBe(true);
  expect(isBroken({ ...figure, value: Number.NaN, limit: 2 })).toBe(true);
  expect(table([{ ...figure, goal: 1, limit: 3 }])).toContain('within the limit');
});
