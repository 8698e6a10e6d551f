/** `vonggac replay`: captures through the very pipeline that runs in the box, alerts out. */
import { type BoxConfig, readConfig } from '../config.ts';
import type { Alert } from '../contract/alert.ts';
import { alertInWords } from '../contract/alert-words.ts';
import { type Language, languageOf } from '../contract/language.ts';
import { givenSet } from '../sensor/intel/given.ts';
import { ListReport } from '../sensor/intel/read-list.ts';
import { indicatorsFrom, joined } from '../sensor/intel/sources.ts';
import { Pipeline } from '../sensor/pipeline.ts';
import { version } from '../version.ts';
import { runCaptures, writeSummary } from './captures.ts';
import { LineOutput } from './line-output.ts';

export interface ReplayOptions {
  intel: string[];
  allow: string[];
  config?: string;
  json?: boolean;
  revisions?: boolean;
  lang?: Language;
}

export async function replay(files: string[], options: ReplayOptions): Promise<void> {
  const config = readConfig(options.config);
  const output = new LineOutput();
  const report = new ListReport();
  const listed = await indicatorsFrom([...config.intel, ...options.intel], report, [...config.allow, ...options.allow]);
  const indicators = joined([listed, givenSet(config, 'config')]);
  if (report.refused > 0) process.stderr.write(`vonggac: ${report.refused} values refused: ${report.refusals.slice(0, 5).join('; ')}\n`);
  const lang = options.lang ?? languageOf(process.env);
  const write = (alert: Alert) => output.line(options.json === true ? JSON.stringify(alert) : `${alertInWords(alert, lang)}\n`);
  const latest = new LatestRevisions(write);
  const pipeline = replayPipeline(config, indicators, options.revisions === true ? write : latest.take.bind(latest));
  const started = process.hrtime.bigint();
  try {
    await runCaptures(pipeline, files, output);
  } finally {
    // Also when a later file cannot be read: what the earlier ones showed stands.
    latest.flush();
    output.flush();
  }
  writeSummary(pipeline, Number(process.hrtime.bigint() - started) / 1e9);
}

function replayPipeline(
  config: BoxConfig,
  indicators: ConstructorParameters<typeof Pipeline>[0]['indicators'],
  onAlert: (alert: Alert) => void,
) {
  const { box, agency } = config;
  const onBug = (error: unknown) => process.stderr.write(`vonggac: caught a fault of our own: ${String(error)}\n`);
  return new Pipeline({ options: config, indicators, box, version, onAlert, onBug, ...(agency === undefined ? {} : { agency }) });
}

/** Holds back each alert until it is closed or the captures are over, so that it is written once, with its last word. */
class LatestRevisions {
  private readonly alerts = new Map<string, Alert>();
  private readonly write: (alert: Alert) => void;

  constructor(write: (alert: Alert) => void) {
    this.write = write;
  }

  take(alert: Alert): void {
    if (alert.state === 'closed') {
      this.alerts.delete(alert.id);
      this.write(alert);
    } else this.alerts.set(alert.id, alert);
  }

  flush(): void {
    for (const alert of this.alerts.values()) this.write(alert);
    this.alerts.clear();
  }
}
