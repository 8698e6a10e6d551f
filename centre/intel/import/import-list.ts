/** `vonggac-centre intel import`: one list in, into the library; says what was taken and what was not understood. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Language } from '../../../firmware/contract/language.ts';
import type { Tlp } from '../../../firmware/sensor/intel/indicator.ts';
import { defaultConfidence } from '../../../firmware/sensor/intel/sources.ts';
import { UserError } from '../../command/user-error.ts';
import { openLibrary } from '../library/library.ts';
import type { SourceSummary } from '../library/library-entry.ts';
import { compareSource } from '../library/replace-source.ts';
import { refusedPath } from '../library/source-file.ts';
import { type CredentialFlags, readCredentials } from './fetch/credentials.ts';
import { Fetcher } from './fetch/fetcher.ts';
import { collectionUrl, fetchCollection } from './fetch/taxii.ts';
import { readColumnMap } from './format/csv-columns.ts';
import { StixReader } from './format/stix.ts';
import type { Format } from './formats.ts';
import { Harvest, type ListDefaults, type Refusal } from './harvest.ts';
import { closeInput } from './input.ts';
import { openInput } from './open-input.ts';
import { Progress } from './progress.ts';
import { readList } from './read-list.ts';
import { sourceName } from './source-name.ts';
import { progressWords } from './words.ts';

export interface ImportOptions extends CredentialFlags {
  as?: Format;
  source?: string;
  tlp?: Tlp;
  confidence?: number;
  map?: string;
  allow?: boolean;
  dryRun?: boolean;
  json?: boolean;
  sizeLimit: number;
  timeLimit: number;
  ca?: string;
  lang: Language;
}

export interface ImportReport {
  source: string;
  format: Format;
  from: string;
  /** False: a dry run, or nothing was in the list and the source was left as it was. */
  kept: boolean;
  counts: SourceSummary['counts'];
  added: number;
  gone: number;
  refused: number;
  refusedByReason: Record<string, number>;
  /** Parts of entries that gave no value while other parts did. */
  passedOver: Record<string, number>;
  refusedFile: string | null;
  resumed: boolean;
  seconds: number;
}

const mebibyte = 1024 * 1024;

/** `folder`: of the library; undefined on a dry run outside of any centre. */
export async function importList(named: string, folder: string | undefined, options: ImportOptions): Promise<ImportReport> {
  const started = performance.now();
  const nowMs = Date.now();
  const source = sourceName(options.source, named);
  const progress = new Progress(options.json === true);
  const defaults: ListDefaults = { confidence: options.confidence ?? defaultConfidence };
  if (options.tlp !== undefined) defaults.tlp = options.tlp;
  if (options.allow === true) defaults.isAllowList = true;
  const harvest = new Harvest(defaults);
  harvest.onProgress = (entries) => progress.show(() => progressWords.read[options.lang](entries, harvest.lines.length));
  const limits = { sizeBytes: options.sizeLimit * mebibyte, timeMs: options.timeLimit * 1000 };
  const credentials = readCredentials(options);
  const authorities = options.ca === undefined ? undefined : readPem(options.ca);
  const onBytes = (bytes: number) => progress.show(() => progressWords.fetched[options.lang](bytes));
  const fetcher = new Fetcher({ limits, credentials, authorities, onBytes });
  const pagesFolder = folder === undefined || options.dryRun === true ? undefined : join(folder, 'incoming', source);
  try {
    const { format, resumed } = await readNamed(named, options, fetcher, harvest, { folder: pagesFolder, nowMs });
    progress.show(() => progressWords.sorted[options.lang](harvest.lines.length));
    const { lines, refused } = harvest;
    const refusedByReason = Object.fromEntries(harvest.refusedByReason);
    const list = { source, format, from: named, lines, isEmpty: lines.length === 0, refused, refusedByReason, nowMs };
    const isTrial = folder === undefined || options.dryRun === true;
    const result = isTrial ? compareSource(folder, list) : openLibrary(folder).replace(list);
    if (pagesFolder !== undefined) rmSync(pagesFolder, { recursive: true, force: true });
    const refusedFile = isTrial ? null : keepRefused(folder, source, harvest.refusals);
    const seconds = Number(((performance.now() - started) / 1000).toFixed(3));
    const { counts, added, gone, isKept } = result;
    const passedOver = Object.fromEntries(harvest.passedOver);
    return {
      source,
      format,
      from: named,
      kept: isKept,
      counts,
      added,
      gone,
      refused,
      refusedByReason,
      passedOver,
      refusedFile,
      resumed,
      seconds,
    };
  } finally {
    progress.end();
  }
}

async function readNamed(
  named: string,
  options: ImportOptions,
  fetcher: Fetcher,
  harvest: Harvest,
  pages: { folder: string | undefined; nowMs: number },
): Promise<{ format: Format; resumed: boolean }> {
  const collection = options.as === undefined || options.as === 'taxii21' ? collectionUrl(named) : undefined;
  if (collection !== undefined) {
    const reader = new StixReader(harvest);
    const resumed = await fetchCollection({ url: collection, fetcher, ...pages, onPage: (objects) => reader.add(objects) });
    reader.finish();
    return { format: 'taxii21', resumed };
  }
  const map = options.map === undefined ? undefined : readColumnMap(options.map);
  const input = await openInput(named, fetcher, options.sizeLimit * mebibyte);
  try {
    return { format: await readList(input, options.as, map, harvest), resumed: false };
  } finally {
    closeInput(input);
  }
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What was not understood, to be looked at; null where there was nothing. */
function keepRefused(folder: string, source: string, refusals: readonly Refusal[]): string | null {
  const path = refusedPath(folder, source);
  if (refusals.length === 0) {
    rmSync(path, { force: true });
    return null;
  }
  mkdirSync(join(folder, 'refused'), { recursive: true, mode: 0o750 });
  const lines = refusals.map(({ where, name, entry }) => `${where}\t${name}\t${entry.toWellFormed().replace(/\p{C}/gu, ' ')}\n`);
  writeFileSync(`${path}.tmp`, `#where\treason\tentry\n${lines.join('')}`, { mode: 0o640 });
  renameSync(`${path}.tmp`, path);
  return path;
}
