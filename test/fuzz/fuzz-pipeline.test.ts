import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fuzzPipeline, recordedFrames } from './fuzz-pipeline.ts';
import { growth } from './fuzz-run.ts';

const captures = fileURLToPath(new URL('../captures', import.meta.url));

describe('the pipeline under damaged frames', () => {
  it('takes 150,000 of them without a caught bug and without one that takes long, and still raises alerts', async () => {
    const recorded = existsSync(captures) ? await recordedFrames(captures) : [];
    const report = fuzzPipeline({ frames: 150_000, seed: 20_260_101, recorded });
    expect(report.firstBug).toBeUndefined();
    expect(report.bugs).toBe(0);
    expect(report.slowestMs).toBeLessThan(50);
    expect(report.alerts).toBeGreaterThan(0);
  }, 60_000);
});

describe('growth', () => {
  it('sees a leak and no growth where memory only goes up and down', () => {
    const leak = Array.from({ length: 20 }, (_, index) => 100 + index * 5);
    const noise = Array.from({ length: 20 }, (_, index) => 100 + (index % 3) * 4);
    expect(growth(leak)).toBeGreaterThan(20);
    expect(growth(noise)).toBeLessThanOrEqual(0);
  });
});
