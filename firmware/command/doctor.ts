/** `vonggac doctor`: looks at all that a box needs, and says in plain words what is wrong and what to do. Changes nothing. */
import { existsSync } from 'node:fs';
import { type BoxConfigInForce, outboxFolder, readBoxConfig } from '../config.ts';
import { type Language, languageOf, type Words } from '../contract/language.ts';
import { liveOptionsSchema } from '../sensor/capture/live-options.ts';
import { checkCentre } from './doctor/centre.ts';
import { asJson, degreeOf, type Finding, finding, inWords } from './doctor/finding.ts';
import { checkIntelligence } from './doctor/intelligence.ts';
import { checkClock, checkDisk, checkRuntime } from './doctor/machine.ts';
import { checkPanel } from './doctor/panel.ts';
import { checkPort } from './doctor/port.ts';
import { UserError } from './user-error.ts';

export interface DoctorOptions {
  interface?: string;
  config?: string;
  lang?: Language;
  json?: boolean;
  /** With `json`: the words too, in both languages, for people elsewhere. */
  words?: boolean;
}

const exitFaults = 1;
const summaries: Record<'well' | 'faults', Words> = {
  well: { vi: 'Không tìm thấy lỗi nào.', en: 'No fault was found.' },
  faults: { vi: 'Số lỗi tìm thấy: {count}.', en: 'Faults found: {count}.' },
};

/** Ends the process: 0 all well, 1 faults found. Throws a `UserError` for a configuration that cannot be used. */
export async function doctor(options: DoctorOptions): Promise<void> {
  const found = readBoxConfig(options.config);
  const name = options.interface ?? found.config.capture?.interface;
  const checked = liveOptionsSchema.shape.interface.optional().safeParse(name);
  if (!checked.success) throw new UserError(`--interface ${name}: ${checked.error.issues[0]?.message ?? ''}`);
  const lang = options.lang ?? languageOf(process.env);
  let faults = 0;
  for await (const one of findings(options, found, name)) {
    if (degreeOf(one) === 'fault') faults++;
    process.stdout.write(`${options.json === true ? asJson(one, options.words) : inWords(one, lang)}\n`);
  }
  if (options.json !== true) {
    const summary = faults === 0 ? summaries.well[lang] : summaries.faults[lang].replace('{count}', String(faults));
    process.stdout.write(`\n${summary}\n`);
  }
  // A capture session on a silent interface would hold the process until its next frame.
  process.exit(faults === 0 ? 0 : exitFaults);
}

/** Each as soon as it is known. */
async function* findings(options: DoctorOptions, { config, release }: BoxConfigInForce, name: string | undefined): AsyncGenerator<Finding> {
  yield* checkRuntime();
  yield* await checkClock();
  const folder = outboxFolder(config);
  // Until the box keeps any data there.
  yield* await checkDisk(existsSync(folder) ? folder : '/');
  yield* checkPort(name, config.capture);
  yield* await checkPanel(config);
  if (options.config === undefined) {
    yield finding('config.none');
    return;
  }
  const paths = [...config.intel, ...(release === undefined ? [] : [release.path])];
  yield* await checkIntelligence({ paths, allow: config.allow, givenCount: config.indicators.length });
  yield* await checkCentre(config.box, config.uplink);
}
