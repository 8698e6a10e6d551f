/** Millions of damaged frames through the pipeline, in a process of its own: no bug, no hang, flat memory. */

import type { FuzzReport } from '../../fuzz/fuzz-run.ts';
import { node, projectFile } from '../command.ts';
import type { Figure } from '../figure.ts';
import { measureOk } from '../measure.ts';
import { startProgress } from '../progress.ts';
import type { Sizes } from '../sizes.ts';

/**
 * Without these a runtime keeps more than it holds: its young generation doubles when it pleases, and malloc takes an arena a thread.
 * Growth would then say little about what the sensor holds.
 */
const steadyMemory = { flags: ['--max-semi-space-size=4'], environment: { MALLOC_ARENA_MAX: '2' } } as const;

export async function fuzz(sizes: Sizes): Promise<Figure[]> {
  const progress = startProgress(`${sizes.fuzzFrames} damaged frames`);
  const command = [
    node,
    projectFile('test/fuzz/fuzz-pipeline.ts'),
    '--frames',
    String(sizes.fuzzFrames),
    '--captures',
    projectFile('test/captures'),
  ];
  const { stdout } = await measureOk(command, { keepOutput: true, environment: steadyMemory.environment });
  const report = JSON.parse(stdout) as FuzzReport;
  progress.done(`${Math.round(report.frames / report.seconds)} frames/s, slowest frame number ${report.slowestFrame}`);
  return [
    { name: 'fuzz: damaged frames', value: report.frames, unit: 'frames', least: sizes.fuzzFrames },
    { name: 'fuzz: bugs caught', value: report.bugs, unit: '', limit: 0 },
    { name: 'fuzz: slowest frame', value: report.slowestMs, unit: 'ms', digits: 1, limit: 50 },
    { name: 'fuzz: memory growth after warm-up', value: report.growthMegabytes, unit: 'MB', digits: 1, limit: 20 },
  ];
}
