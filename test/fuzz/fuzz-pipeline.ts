/**
 * `node test/fuzz/fuzz-pipeline.ts [--frames N] [--seed N] [--captures FOLDER]`: damaged frames through the whole pipeline, with indicators
 * that meet a good part of them. Prints a `FuzzReport` as JSON.
 */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openCaptureFile } from '../../firmware/sensor/capture/capture-file.ts';
import { SetBuilder } from '../../firmware/sensor/intel/compile.ts';
import { IndicatorSet } from '../../firmware/sensor/intel/indicator-set.ts';
import { parseValue } from '../../firmware/sensor/intel/parse-value.ts';
import { Pipeline } from '../../firmware/sensor/pipeline.ts';
import { pipelineOptions } from '../../firmware/sensor/pipeline-options.ts';
import { startProgress } from '../bench/progress.ts';
import type { LinkFrame } from '../bench/traffic/encapsulation.ts';
import { type FuzzReport, fuzz } from './fuzz-run.ts';

/** Of the made frames' names and addresses these meet about a third; the rest must pass as clean. */
const indicators = [
  'com.example',
  'edu.test',
  '198.18.0.0/17',
  '203.0.113.0/24',
  '2001:db8:0:a::/64',
  'http://proxy.example/absolute',
  'ua:Microsoft-CryptoAPI/10.0',
];
const recordedFramesMax = 2000;
/** Far below the defaults: every table is at its cap early, so that most of the run shows what happens there and that memory stays. */
const smallCaps = { hostsMax: 2048, flows: { flowsMax: 16_384 }, streams: { connectionsMax: 4096, bufferedMaxBytes: 2_097_152 } };

export interface FuzzPipelineOptions {
  frames: number;
  seed: number;
  recorded?: readonly LinkFrame[];
  progress?: (done: number) => void;
}

export interface FuzzPipelineReport extends FuzzReport {
  alerts: number;
  /** What was caught first, for people. */
  firstBug?: string;
}

export function fuzzPipeline(options: FuzzPipelineOptions): FuzzPipelineReport {
  let alerts = 0;
  let firstBug: string | undefined;
  const pipeline = new Pipeline({
    options: pipelineOptions.parse(smallCaps),
    indicators: indicatorSet(),
    box: 'fuzz',
    version: '0',
    onAlert: () => {
      alerts++;
    },
    onBug: (error) => {
      firstBug ??= error instanceof Error ? (error.stack ?? error.message) : String(error);
    },
  });
  const report = fuzz(pipeline.frame.bind(pipeline), { ...options, bugs: () => pipeline.bugs });
  pipeline.finish();
  return { ...report, bugs: pipeline.bugs, alerts, ...(firstBug === undefined ? {} : { firstBug }) };
}

function indicatorSet(): IndicatorSet {
  const builder = new SetBuilder({ a: 1, b: 2 });
  for (const text of indicators) {
    const value = parseValue(text);
    if (typeof value === 'string') throw new Error(`${text}: ${value}`);
    builder.add(value, { confidence: 75 }, false);
  }
  return IndicatorSet.fromBytes(builder.finish());
}

/** Frames of the captures in a folder, copied; the first of each, so that no long one drives out the others. */
export async function recordedFrames(folder: string): Promise<LinkFrame[]> {
  const frames: LinkFrame[] = [];
  const names = readdirSync(folder).filter((name) => /\.pcap(ng)?(\.gz)?$/.test(name));
  const share = Math.ceil(recordedFramesMax / Math.max(1, names.length));
  for (const name of names.sort()) {
    const source = openCaptureFile(join(folder, name));
    let left = share;
    await source.run((frame) => {
      if (left-- > 0) frames.push({ bytes: Buffer.from(frame.bytes.subarray(frame.start, frame.end)), linkType: frame.linkType });
      else source.stop();
    });
  }
  return frames;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { frames: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' }, captures: { type: 'string' } },
  });
  const frames = Number(values.frames);
  const display = startProgress('damaged frames');
  const recorded = values.captures === undefined ? [] : await recordedFrames(values.captures);
  const report = fuzzPipeline({ frames, seed: Number(values.seed), recorded, progress: (done) => display.show(done, frames) });
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
