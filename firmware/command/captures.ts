/** Runs capture files through a pipeline, one after another, and says what was run. Shared by `replay` and `observe`. */
import { openCaptureFile } from '../sensor/capture/capture-file.ts';
import { isSupportedLinkType } from '../sensor/decode/link.ts';
import type { Pipeline } from '../sensor/pipeline.ts';
import type { LineOutput } from './line-output.ts';

/** Progress is shown to people so often, on work that takes longer. */
const progressIntervalMs = 1_000;

/** Ends early when nobody reads the output any more. Throws a `CaptureError` for a file that cannot be read at all. */
export async function runCaptures(pipeline: Pipeline, files: readonly string[], output: LineOutput): Promise<void> {
  for (const file of files) {
    const source = openCaptureFile(file, { isSupportedLinkType });
    const progress = startProgress(pipeline, file);
    const interrupt = () => source.stop();
    process.once('SIGINT', interrupt);
    try {
      output.onClosed = interrupt;
      await source.run((frame) => pipeline.frame(frame));
    } finally {
      process.off('SIGINT', interrupt);
      progress.stop();
    }
    for (const warning of source.warnings) process.stderr.write(`vonggac: ${warning}\n`);
    if (output.closed) break;
  }
  pipeline.finish();
}

function startProgress(pipeline: Pipeline, file: string): { stop(): void } {
  if (!process.stderr.isTTY) return { stop: () => undefined };
  const show = () => process.stderr.write(`\r${file}: ${pipeline.frames.toLocaleString('en')} packets\u001b[K`);
  const timer = setInterval(show, progressIntervalMs);
  return {
    stop: () => {
      clearInterval(timer);
      process.stderr.write('\r\u001b[K');
    },
  };
}

/** The closing lines on standard error: numbers for the analyst. */
export function writeSummary(pipeline: Pipeline, seconds: number): void {
  const { frames, bytes, alerts, anomalies, bugs } = pipeline;
  const flows = pipeline.observer.flows.started;
  const rate = seconds > 0 ? Math.round(frames / seconds) : 0;
  process.stderr.write(
    `packets ${frames}  bytes ${bytes}  flows ${flows}  findings ${alerts.findings}  alerts ${alerts.opened}  anomalies ${anomalies.total()}  ` +
      `seconds ${seconds.toFixed(2)}  packets/s ${rate}${bugs > 0 ? `  caught faults ${bugs}` : ''}\n`,
  );
  const named = Object.entries(anomalies.counts).filter(([, count]) => count > 0);
  if (named.length > 0) process.stderr.write(`anomalies: ${named.map(([name, count]) => `${name} ${count}`).join(', ')}\n`);
}
