/**
 * Says of a release, before it goes out, what would go wrong with it: against the last one that was published, against lists of what everybody visits,
 * and against what the boxes saw. What is new is judged; what was published before was answered for then. Changes nothing.
 */
import type { Words } from '../../../firmware/contract/language.ts';
import { isShrunken } from '../../../firmware/sensor/intel/shrinkage.ts';
import { compareReleases } from './compare-releases.ts';
import { poisonWords } from './poison-words.ts';
import type { PopularDomains } from './popular-domains.ts';
import type { BuiltRelease, ReleaseFolder } from './release-folder.ts';
import { type ReleasedValue, readValues } from './value-file.ts';
import { ValueJudge } from './value-judge.ts';

/** Named in the report; all are counted. */
const examplesMax = 20;
/** More new values are not asked of the boxes: their memory is searched once they have the release (retro-match). */
export const askedMax = 10_000;
/** Of a release that has at least `growthLeast` more. */
const growthFactorMax = 2;
const growthLeast = 1000;
/** A source with fewer values may shrink as it likes. */
const sourceLeast = 100;
export const hostsMaxDefault = 20;

export const findingCodes = [
  'empty',
  'shrunken',
  'grown',
  'source-shrunken',
  'poison',
  'allow-listed',
  'popular',
  'wide-network',
  'shared-suffix',
  'shared-network',
  'would-fire',
  'not-asked',
] as const;
export type FindingCode = (typeof findingCodes)[number];

/** Facts to know. All others refuse the release, unless somebody really wants it. */
const notices: ReadonlySet<FindingCode> = new Set<FindingCode>([
  'source-shrunken',
  'poison',
  'allow-listed',
  'shared-network',
  'not-asked',
]);

export interface Example {
  value: string;
  /** From whom, which rank, how many hosts. */
  detail: Words;
}

export interface Finding {
  code: FindingCode;
  isRefusal: boolean;
  count: number;
  examples: Example[];
}

export interface CheckReport {
  version: number;
  /** The last one that was published; absent: this would be the first. */
  previous?: number;
  indicators: number;
  indicatorsBefore: number;
  new: number;
  gone: number;
  findings: Finding[];
  isRefused: boolean;
}

/** Values -> on how many hosts of all boxes each was seen in the last 30 days; those that none saw may be missing. */
export type AskBoxes = (values: readonly string[]) => Promise<ReadonlyMap<string, number>>;

export interface CheckOrder {
  releases: ReleaseFolder;
  version: number;
  previous: number | undefined;
  popular?: PopularDomains;
  askBoxes?: AskBoxes;
  /** A new value that would light more is refused. */
  hostsMax?: number;
  /** Told now and then how many values were compared. */
  onProgress?: (values: number) => void;
}

class Findings {
  private readonly byCode = new Map<FindingCode, Finding>();

  add(code: FindingCode, example?: Example, count = 1): void {
    let finding = this.byCode.get(code);
    if (finding === undefined) {
      finding = { code, isRefusal: !notices.has(code), count: 0, examples: [] };
      this.byCode.set(code, finding);
    }
    finding.count += count;
    if (example !== undefined && finding.examples.length < examplesMax) finding.examples.push(example);
  }

  list(): Finding[] {
    return [...this.byCode.values()].sort((one, other) => findingCodes.indexOf(one.code) - findingCodes.indexOf(other.code));
  }
}

const beforeAndNow = (before: number, now: number): Words => ({ en: `${before} before, ${now} now`, vi: `trước ${before}, nay ${now}` });

const fromSources = ({ en, vi }: Words, sources: string): Words => ({ en: `${en}, from ${sources}`, vi: `${vi}, từ ${sources}` });

export function indicatorsOf({ counts }: BuiltRelease): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** Throws a `UserError` where the release, or what it is compared with, is not there or damaged. */
export async function checkRelease(order: CheckOrder): Promise<CheckReport> {
  const { releases, version } = order;
  const release = releases.read(version);
  const previous = order.previous !== undefined && releases.versions().includes(order.previous) ? order.previous : undefined;
  const before = previous === undefined ? undefined : releases.read(previous);
  const findings = new Findings();
  compareTotals(release, before, findings);
  for (const { value, reason, sources } of release.poison.first) {
    findings.add('poison', { value, detail: fromSources(poisonWords[reason], sources.join(', ')) });
  }
  findings.add('poison', undefined, release.poison.count - release.poison.first.length);
  const changes = await compareValuesOf(order, previous, findings);
  await askTheBoxes(order, changes.asked, changes.new, findings);
  const list = findings.list().filter(({ count }) => count > 0);
  return {
    version,
    ...(previous === undefined ? {} : { previous }),
    indicators: indicatorsOf(release),
    indicatorsBefore: before === undefined ? 0 : indicatorsOf(before),
    new: changes.new,
    gone: changes.gone,
    findings: list,
    isRefused: list.some(({ isRefusal }) => isRefusal),
  };
}

function compareTotals(release: BuiltRelease, before: BuiltRelease | undefined, findings: Findings): void {
  const total = indicatorsOf(release);
  if (total === 0) findings.add('empty');
  if (before === undefined) return;
  const totalBefore = indicatorsOf(before);
  const detail = beforeAndNow(totalBefore, total);
  if (isShrunken(total, totalBefore)) findings.add('shrunken', { value: 'all', detail });
  if (total > totalBefore * growthFactorMax && total - totalBefore >= growthLeast) findings.add('grown', { value: 'all', detail });
  for (const [source, count] of Object.entries(before.sources)) {
    const now = release.sources[source] ?? 0;
    if (count >= sourceLeast && isShrunken(now, count))
      findings.add('source-shrunken', { value: source, detail: beforeAndNow(count, now) });
  }
}

interface Changes {
  new: number;
  gone: number;
  /** New indicators, the first of them. */
  asked: string[];
}

async function compareValuesOf(
  { releases, version, popular, onProgress }: CheckOrder,
  previous: number | undefined,
  findings: Findings,
): Promise<Changes> {
  const judge = new ValueJudge(popular);
  const changes: Changes = { new: 0, gone: 0, asked: [] };
  const allowed = await allowancesOf(releases, version);
  await compareReleases(previous === undefined ? undefined : releases.files(previous).values, releases.files(version).values, {
    onProgress,
    onGone: ({ isAllowance }) => {
      if (!isAllowance) changes.gone++;
    },
    onNew: (value) => {
      if (value.isAllowance) return;
      changes.new++;
      if (allowed.has(keyOf(value))) {
        findings.add('allow-listed', {
          value: value.value,
          detail: fromSources({ en: 'is not reported', vi: 'sẽ không được báo' }, value.sources),
        });
        return;
      }
      if (changes.asked.length < askedMax) changes.asked.push(value.value);
      const judged = judge.judge(value);
      if (judged !== undefined) findings.add(judged.judgement, { value: value.value, detail: fromSources(judged.detail, value.sources) });
    },
  });
  return changes;
}

const keyOf = ({ kind, value }: ReleasedValue) => `${kind} ${value}`;

async function allowancesOf(releases: ReleaseFolder, version: number): Promise<ReadonlySet<string>> {
  const allowed = new Set<string>();
  if (releases.read(version).allowances === 0) return allowed;
  for await (const values of readValues(releases.files(version).values)) {
    for (const value of values) if (value.isAllowance) allowed.add(keyOf(value));
  }
  return allowed;
}

async function askTheBoxes(
  { askBoxes, hostsMax = hostsMaxDefault }: CheckOrder,
  values: readonly string[],
  newCount: number,
  findings: Findings,
): Promise<void> {
  if (askBoxes === undefined || values.length === 0) return;
  const hosts = await askBoxes(values);
  for (const [value, count] of hosts)
    if (count > hostsMax) findings.add('would-fire', { value, detail: { en: `on ${count} hosts`, vi: `trên ${count} máy` } });
  if (newCount > askedMax) findings.add('not-asked', undefined, newCount - askedMax);
}
