/**
 * `vonggac intel build`: lists in, one compiled set out. Says what was taken and what was refused, where. Refuses to replace a set by an empty
 * one or by one of less than half its size: that is a fault upstream far more often than the end of malware.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { performance } from 'node:perf_hooks';
import { SetBuilder } from './compile.ts';
import { type Indicators, indicatorTypes, type Provenance } from './indicator.ts';
import { IndicatorSet } from './indicator-set.ts';
import { describeFileError, IntelError } from './intel-error.ts';
import { isCompiledSet, loadIndicatorSet } from './load.ts';
import { ListReport, readList } from './read-list.ts';
import { isShrunken, totalOf } from './shrinkage.ts';
import { listDefaults, seedOf } from './sources.ts';

const shownRefusalsMax = 20;
/** A shorter build needs no sign of life. */
const progressIntervalMs = 1000;

export interface IntelBuildOptions {
  /** Lists whose entries are allowances. */
  allow?: readonly string[];
  /** What the lists say as a whole; columns of a row come first. */
  source?: string;
  family?: string;
  confidence?: number;
  tlp?: NonNullable<Provenance['tlp']>;
  /** Take an empty or shrunken set. */
  force?: boolean;
  json?: boolean;
}

/** Each takes one line without its end. */
export interface Print {
  out(line: string): void;
  error(line: string): void;
}

/** Exit code 0: written. 2: a list or the output cannot be used, or the set was refused; one line on `error` says which and why. */
export async function intelBuild(
  out: string,
  files: readonly string[],
  options: IntelBuildOptions,
  print: Print,
): Promise<{ exitCode: number }> {
  const started = performance.now();
  try {
    const report = new ListReport();
    checkFolder(out);
    const bytes = await compileLists(files, options, report, print);
    const set = IndicatorSet.fromBytes(bytes, out);
    if (options.force !== true) refuseShrunken(out, set);
    await writeWhole(out, bytes);
    summarise(out, set, bytes.length, report, (performance.now() - started) / 1000, options.json === true, print);
    return { exitCode: 0 };
  } catch (error) {
    if (!(error instanceof IntelError)) throw error;
    print.error(`vonggac intel build: ${error.message}`);
    return { exitCode: 2 };
  }
}

/** Before the lists are read: that may take minutes. */
function checkFolder(out: string): void {
  const folder = dirname(out);
  if (!existsSync(folder)) throw new IntelError(`${out}: cannot be written: the folder ${folder} is missing; make it first`);
}

async function compileLists(files: readonly string[], options: IntelBuildOptions, report: ListReport, print: Print): Promise<Uint8Array> {
  const allow = options.allow ?? [];
  const given: Partial<Provenance> = {};
  if (options.source !== undefined) given.source = options.source;
  if (options.family !== undefined) given.family = options.family;
  if (options.confidence !== undefined) given.confidence = options.confidence;
  if (options.tlp !== undefined) given.tlp = options.tlp;
  const builder = new SetBuilder(await seedOf([...files, ...allow]));
  let nextProgressMs = performance.now() + progressIntervalMs;
  let taken = 0;
  for (const [paths, isAllow] of [
    [files, false],
    [allow, true],
  ] as const) {
    for (const path of paths) {
      readList(path, { allow: isAllow, defaults: listDefaults(path, given) }, report, (value, provenance, allowed) => {
        builder.add(value, provenance, allowed);
        taken++;
        if ((taken & 0xffff) === 0 && performance.now() >= nextProgressMs) {
          nextProgressMs = performance.now() + progressIntervalMs;
          print.error(`${path}: ${format(report.lines)} lines read, ${format(taken)} values taken`);
        }
      });
    }
  }
  return builder.finish();
}

/** Throws when `set` should not take the place of what stands at `out`. */
function refuseShrunken(out: string, set: Indicators): void {
  const count = totalOf(set);
  if (count === 0) throw new IntelError(`${out}: not written: the lists hold no indicator; --force writes it all the same`);
  if (!existsSync(out)) return;
  if (!isCompiledSet(out)) throw new IntelError(`${out}: not written: it exists and is no compiled set; --force replaces it`);
  const before = totalOf(previousSet(out));
  if (isShrunken(count, before)) {
    throw new IntelError(
      `${out}: not written: ${format(count)} indicators are less than half of the ${format(before)} that it has now; --force replaces it`,
    );
  }
}

function previousSet(out: string): Indicators {
  try {
    return loadIndicatorSet(out);
  } catch (error) {
    if (!(error instanceof IntelError)) throw error;
    throw new IntelError(`${error.message}; not written: it cannot be compared with the new set; --force replaces it`);
  }
}

/** Writes beside `path` and renames, so that a reader sees the old set or the new one whole, also after a power cut. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o644);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    const folder = await open(dirname(path), 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    await rm(temporary, { force: true });
    throw describeFileError(path, error);
  }
}

function summarise(out: string, set: Indicators, bytes: number, report: ListReport, seconds: number, json: boolean, print: Print): void {
  if (json) {
    const { counts, allowances, bundle } = set;
    const refused = { count: report.refused, first: report.refusals };
    print.out(
      JSON.stringify({ out, bundle, bytes, lines: report.lines, counts, allowances, refused, seconds: Number(seconds.toFixed(3)) }),
    );
    return;
  }
  print.out(`${out}: ${format(totalOf(set))} indicators, ${format(bytes)} bytes, ${seconds.toFixed(1)} s, bundle ${set.bundle}`);
  for (const type of indicatorTypes) if (set.counts[type] > 0) print.out(`  ${type.padEnd(12)} ${format(set.counts[type]).padStart(10)}`);
  if (set.allowances > 0) print.out(`  ${'allowed'.padEnd(12)} ${format(set.allowances).padStart(10)}`);
  const repeats = report.taken - totalOf(set) - set.allowances;
  if (repeats > 0) print.out(`  ${'repeated'.padEnd(12)} ${format(repeats).padStart(10)}`);
  if (report.refused === 0) return;
  print.out(`  ${'refused'.padEnd(12)} ${format(report.refused).padStart(10)}`);
  for (const line of report.refusals.slice(0, shownRefusalsMax)) print.out(`    ${line}`);
  if (report.refused > shownRefusalsMax) print.out(`    … and ${format(report.refused - shownRefusalsMax)} more`);
}

function format(count: number): string {
  return count.toLocaleString('en-US');
}
