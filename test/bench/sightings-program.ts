/**
 * A capture through the pipeline of the box, again and again, as a network that does the same every few minutes, with the memory of what was seen or
 * without it: `node test/bench/sightings-program.ts CAPTURE INTEL [FOLDER]`. Prints what the later times cost, in which V8 compiles nothing any more:
 * CPU of the packet path's thread, and of the whole process.
 */
import '../../firmware/command/program.ts';
import { openCaptureFile } from '../../firmware/sensor/capture/capture-file.ts';
import { indicatorsFrom } from '../../firmware/sensor/intel/sources.ts';
import { Memory } from '../../firmware/sensor/memory/memory.ts';
import { memoryOptions } from '../../firmware/sensor/memory/options.ts';
import { Pipeline, type PipelineSetup } from '../../firmware/sensor/pipeline.ts';
import { pipelineOptions } from '../../firmware/sensor/pipeline-options.ts';

const closeMs = 60_000;
const passesToWarmUp = 4;
const passesMeasured = 8;

const [capture = '', intel = '', folder] = process.argv.slice(2);
const options = memoryOptions.parse({});
const memory = folder === undefined ? undefined : new Memory({ folder, options });
const setup: PipelineSetup = {
  options: pipelineOptions.parse({}),
  indicators: await indicatorsFrom([intel]),
  box: 'bench',
  version: '0',
  onAlert: () => undefined,
  ...(memory && { recorder: memory.recorder.bind(memory) }),
};
const pipeline = new Pipeline(setup);

/** Each in an interval of its own, so that nothing is summed up over two of them. */
const passMicros = (options.flushSeconds + 1) * 1_000_000;

async function pass(number: number): Promise<void> {
  const shiftMicros = number * passMicros;
  await openCaptureFile(capture).run((frame) => {
    frame.tsMicros += shiftMicros;
    pipeline.frame(frame);
  });
}

function cost() {
  const [path, whole] = [process.threadCpuUsage(), process.cpuUsage()];
  return { packets: pipeline.frames, pathSeconds: (path.user + path.system) / 1e6, wholeSeconds: (whole.user + whole.system) / 1e6 };
}

for (let number = 0; number < passesToWarmUp; number++) await pass(number);
const before = cost();
for (let number = 0; number < passesMeasured; number++) await pass(passesToWarmUp + number);
const after = cost();
await memory?.close(closeMs);
process.stdout.write(
  JSON.stringify({
    packets: after.packets - before.packets,
    pathSeconds: after.pathSeconds - before.pathSeconds,
    wholeSeconds: after.wholeSeconds - before.wholeSeconds,
    writtenBytes: memory?.state.writtenBytes ?? 0,
    bugs: pipeline.bugs,
  }),
);
