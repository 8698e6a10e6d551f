/**
 * A capture through the pipeline of the box, with the memory of what was seen or without it: `node test/bench/sightings-program.ts CAPTURE INTEL [FOLDER]`.
 * Prints what that cost: CPU of the packet path's thread, and of the whole process.
 */
import '../../firmware/command/program.ts';
import { runCaptures } from '../../firmware/command/captures.ts';
import { LineOutput } from '../../firmware/command/line-output.ts';
import { indicatorsFrom } from '../../firmware/sensor/intel/sources.ts';
import { Memory } from '../../firmware/sensor/memory/memory.ts';
import { memoryOptions } from '../../firmware/sensor/memory/options.ts';
import { Pipeline, type PipelineSetup } from '../../firmware/sensor/pipeline.ts';
import { pipelineOptions } from '../../firmware/sensor/pipeline-options.ts';

const closeMs = 60_000;

const [capture = '', intel = '', folder] = process.argv.slice(2);
const memory = folder === undefined ? undefined : new Memory({ folder, options: memoryOptions.parse({}) });
const setup: PipelineSetup = {
  options: pipelineOptions.parse({}),
  indicators: await indicatorsFrom([intel]),
  box: 'bench',
  version: '0',
  onAlert: () => undefined,
  ...(memory && { recorder: memory.recorder.bind(memory) }),
};
const pipeline = new Pipeline(setup);
await runCaptures(pipeline, [capture], new LineOutput());
const path = process.threadCpuUsage();
await memory?.close(closeMs);
const whole = process.cpuUsage();
const seconds = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1e6;
const writtenBytes = memory?.state.writtenBytes ?? 0;
process.stdout.write(
  JSON.stringify({ packets: pipeline.frames, pathSeconds: seconds(path), wholeSeconds: seconds(whole), writtenBytes, bugs: pipeline.bugs }),
);
