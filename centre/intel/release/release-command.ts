/** `vonggac-centre intel build` and `intel check`: find the centre, do the work, say what came of it. */
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Language } from '../../../firmware/contract/language.ts';
import { type CentreFolder, openCentreFolder } from '../../centre-folder.ts';
import type { PassphraseFlags } from '../../command/passphrase.ts';
import { UserError } from '../../command/user-error.ts';
import { askBoxes } from '../../director/ask-boxes.ts';
import { Director } from '../../director/director.ts';
import { registeredBoxes } from '../../register/boxes.ts';
import { Progress } from '../import/progress.ts';
import { openLibrary } from '../library/library.ts';
import { warnOfDue } from '../repository/due.ts';
import { publishedReleases } from '../repository/publish-release.ts';
import { repositoryOf } from '../repository/repository.ts';
import { buildRelease } from './build-release.ts';
import { type AskBoxes, type CheckReport, checkRelease } from './check-release.ts';
import { withFaultsForUser } from './fault-for-user.ts';
import { ownOf } from './own-names.ts';
import { PopularDomains } from './popular-domains.ts';
import { ReleaseFolder } from './release-folder.ts';
import { answersInWords, buildProgressInWords, builtInWords, checkInWords, notLookedUpInWords } from './release-words.ts';

export interface BuildFlags {
  centre?: string;
  out?: string;
  confidenceFloor: number;
  lang: Language;
  json?: boolean;
}

export interface CheckFlags extends PassphraseFlags {
  centre?: string;
  popular?: string;
  hostsMax: number;
  /** False: boxes are not asked. */
  ask: boolean;
  wait: number;
  lang: Language;
  json?: boolean;
}

/** What boxes are asked for, in days. */
const daysAsked = 30;
const popularName = 'popular.txt';

export function releasesOf(folder: CentreFolder): ReleaseFolder {
  return new ReleaseFolder(folder.file('intelligence'));
}

/** The version named, or the newest that was built. Throws a `UserError` where there is none. */
export function chosenVersion(releases: ReleaseFolder, named: number | undefined): number {
  const version = named ?? releases.versions().at(-1);
  if (version === undefined) throw new UserError('no release was built yet: vonggac-centre intel build makes one');
  return version;
}

export async function runBuild(flags: BuildFlags): Promise<void> {
  const folder = openCentreFolder(flags.centre);
  const intelligence = folder.file('intelligence');
  const progress = new Progress(flags.json === true);
  const startedMs = performance.now();
  warnOfDue(repositoryOf(folder), flags);
  const own = await ownOf(folder.centre);
  if (own.unknown.length > 0 && flags.json !== true)
    process.stderr.write(`vonggac-centre: ${notLookedUpInWords(own.unknown, flags.lang)}\n`);
  const order = {
    folder: intelligence,
    channel: folder.centre.channel,
    entries: openLibrary(intelligence).entries(),
    own: own.all,
    published: publishedReleases(repositoryOf(folder)).map(({ version }) => version),
    confidenceFloor: flags.confidenceFloor,
    nowMs: Date.now(),
    onProgress: (entries: number) => progress.show(() => buildProgressInWords(entries, flags.lang)),
  };
  const release = await withFaultsForUser(() => buildRelease(order)).finally(() => progress.end());
  if (flags.out !== undefined) copySet(releasesOf(folder).files(release.version).set, flags.out);
  const seconds = (performance.now() - startedMs) / 1000;
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ ...release, seconds: Number(seconds.toFixed(3)) })}\n`);
  else process.stdout.write(`${builtInWords(release, seconds, flags.lang).join('\n')}\n`);
}

function copySet(set: string, out: string): void {
  try {
    copyFileSync(set, out);
  } catch (error) {
    throw new UserError(`${out} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Exit status 1: it should not be published as it is. */
export async function runCheck(named: number | undefined, flags: CheckFlags): Promise<void> {
  const director = new Director(flags);
  try {
    const report = await checkOf(director, chosenVersion(releasesOf(director.folder), named), flags);
    printCheck(report, flags);
    if (report.isRefused) process.exitCode = 1;
  } finally {
    await director.close();
  }
}

export function printCheck(report: CheckReport, { json, lang }: Pick<CheckFlags, 'json' | 'lang'>): void {
  if (json === true) process.stdout.write(`${JSON.stringify(reportForPrograms(report))}\n`);
  else process.stdout.write(`${checkInWords(report, lang).join('\n')}\n`);
}

/** In one language. */
function reportForPrograms(report: CheckReport) {
  const findings = report.findings.map((finding) => ({
    ...finding,
    examples: finding.examples.map(({ value, detail }) => ({ value, detail: detail.en })),
  }));
  return { ...report, findings };
}

/** Against the last release that was published before this one. */
export function checkOf(director: Director, version: number, flags: CheckFlags): Promise<CheckReport> {
  const { folder } = director;
  const published = publishedReleases(repositoryOf(folder)).filter((release) => release.version < version);
  const popular = popularOf(folder, flags.popular);
  const ask = flags.ask ? questionTo(director, flags) : undefined;
  const progress = new Progress(flags.json === true);
  return checkRelease({
    onProgress: (values) => progress.show(() => buildProgressInWords(values, flags.lang)),
    releases: releasesOf(folder),
    version,
    previous: published.at(-1)?.version,
    hostsMax: flags.hostsMax,
    ...(popular === undefined ? {} : { popular }),
    ...(ask === undefined ? {} : { askBoxes: ask }),
  }).finally(() => progress.end());
}

function popularOf(folder: CentreFolder, named: string | undefined): PopularDomains | undefined {
  const usual = join(folder.file('intelligence'), popularName);
  if (named === undefined && !existsSync(usual)) return undefined;
  return PopularDomains.read(named ?? usual);
}

/** Undefined where there is no box to ask. */
function questionTo(director: Director, { wait, json, lang }: CheckFlags): AskBoxes | undefined {
  const boxes = registeredBoxes(director.register, {})
    .filter(({ revokedMs }) => revokedMs === undefined)
    .map(({ box }) => box);
  if (boxes.length === 0) return undefined;
  return async (values) => {
    const progress = new Progress(json === true);
    const onProgress = (answered: number, expected: number) => progress.show(() => answersInWords(answered, expected, lang));
    const sightings = await askBoxes(director, boxes, values, { days: daysAsked, waitMs: wait, onProgress }).finally(() => progress.end());
    if (sightings.missing.size > 0)
      process.stderr.write(`vonggac-centre: ${sightings.missing.size} of ${boxes.length} boxes did not say what they saw\n`);
    return new Map([...sightings.hosts].map(([value, hosts]) => [value, new Set(hosts.map(({ box, ip }) => `${box} ${ip}`)).size]));
  };
}
