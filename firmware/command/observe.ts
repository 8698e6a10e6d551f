/** `vonggac observe`: captures through the pipeline, every observation out. Judges nothing: no indicators are loaded. */
import { readConfig } from '../config.ts';
import { emptyIndicators } from '../sensor/intel/sources.ts';
import { type Observation, observationsOf } from '../sensor/observe/observation.ts';
import { Pipeline } from '../sensor/pipeline.ts';
import { version } from '../version.ts';
import { runCaptures, writeSummary } from './captures.ts';
import { LineOutput } from './line-output.ts';

export interface ObserveCommandOptions {
  config?: string;
  json?: boolean;
}

export async function observe(files: string[], options: ObserveCommandOptions): Promise<void> {
  const config = readConfig(options.config);
  const output = new LineOutput();
  const pipeline = new Pipeline({
    options: config,
    indicators: emptyIndicators(),
    box: config.box,
    version,
    onAlert: () => undefined,
    onBug: (error) => process.stderr.write(`vonggac: caught a fault of our own: ${String(error)}\n`),
    onEvent: (event) => {
      for (const observation of observationsOf(event))
        output.line(options.json === true ? JSON.stringify(observation) : observationLine(observation));
    },
  });
  const started = process.hrtime.bigint();
  await runCaptures(pipeline, files, output);
  output.flush();
  writeSummary(pipeline, Number(process.hrtime.bigint() - started) / 1e9);
}

/** One line for a person: time, kind, ends, and what else is known. */
function observationLine({ kind, ts, src, sport, dst, dport, proto, ...rest }: Observation): string {
  const details = Object.entries(rest).map(
    ([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
  );
  return `${ts}  ${kind}  ${proto} ${src}:${sport} -> ${dst}:${dport}  ${details.join(' ')}`;
}
