/**
 * The library -> one release: every value joined over its sources, what is expired, revoked, weak or poison left out, compiled under the seed of the
 * channel, with a canary of its own. Judges nothing beyond that; whether it may go out is `check-release.ts`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { canaryDomain } from '../../../firmware/contract/intelligence-message.ts';
import { SetBuilder } from '../../../firmware/sensor/intel/compile.ts';
import type { Provenance } from '../../../firmware/sensor/intel/indicator.ts';
import { IndicatorSet } from '../../../firmware/sensor/intel/indicator-set.ts';
import { parseAs } from '../../../firmware/sensor/intel/parse-value.ts';
import type { ParsedValue } from '../../../firmware/sensor/intel/parsed-value.ts';
import { claimedHash } from '../../../firmware/sensor/intel/set-layout.ts';
import { UserError } from '../../command/user-error.ts';
import type { LibraryEntry, LibraryProvenance } from '../library/library-entry.ts';
import { lockFolder } from '../library/lock.ts';
import { parsedEntry } from '../library/parsed-entry.ts';
import { joinProvenance, type LeftOutReason } from './join-provenance.ts';
import { type PoisonReason, PoisonTest, poisonOfEntry } from './poison.ts';
import { type BuiltRelease, ReleaseFolder } from './release-folder.ts';
import { ValueWriter } from './value-file.ts';

/** Half as sure as a coin: below this, an alert says more of the list than of the machine. */
export const confidenceFloorDefault = 25;
/** Poison beyond this is counted, not kept: there are other ways to read a list. */
const poisonKeptMax = 1000;
/** Between two looks at the clock, and for the writing of values to go on. */
const entriesAtOnce = 8192;
/** Beside those that were published. */
const unpublishedKept = 2;

export interface BuildOrder {
  /** Of the centre's indicators. */
  folder: string;
  channel: string;
  entries: Iterable<LibraryEntry>;
  /** Names and addresses of the centre. */
  own: readonly string[];
  /** Versions that were published: numbers go on from them, and they are kept. */
  published: readonly number[];
  confidenceFloor?: number;
  nowMs: number;
  /** Told now and then how many entries were read. */
  onProgress?: (entries: number) => void;
}

/** The end of `canaryDomain`. */
const canaryParent = canaryDomain(1).slice(canaryDomain(1).indexOf('.') + 1);
/** Another one for each release: whoever matches it runs this one, not the one before. */
const canaryProvenance: Provenance = { confidence: 100, source: 'vonggac', family: 'canary', tlp: 'clear' };

export async function buildRelease(order: BuildOrder): Promise<BuiltRelease> {
  const releases = new ReleaseFolder(order.folder);
  mkdirSync(releases.folder, { recursive: true, mode: 0o755 });
  const unlock = lockFolder(releases.folder);
  try {
    const draft = releases.draft();
    const version = Math.max(0, ...releases.versions(), ...order.published) + 1;
    const release = await new Build(order, releases, version, draft).run();
    releases.settle(version);
    prune(releases, order.published, version);
    return release;
  } catch (error) {
    // What is half made would keep a disk full that is.
    releases.removeDraft();
    throw error;
  } finally {
    unlock();
  }
}

/** What was never published goes, but for the last few; of what was published, the repository says how much deltas need. */
function prune(releases: ReleaseFolder, published: readonly number[], version: number): void {
  const unpublished = releases.versions().filter((other) => other <= version && !published.includes(other));
  for (const other of unpublished.slice(0, -unpublishedKept)) releases.remove(other);
}

class Build {
  private readonly order: BuildOrder;
  private readonly version: number;
  private readonly draft: string;
  private readonly builder: SetBuilder;
  private readonly poisonTest: PoisonTest;
  private readonly values: ValueWriter;
  private readonly sources = new Map<string, number>();
  private readonly leftOut: Record<LeftOutReason | 'not-matchable', number> = {
    revoked: 0,
    'not-for-detection': 0,
    expired: 0,
    weak: 0,
    'not-matchable': 0,
  };
  private readonly poison: BuiltRelease['poison'] = { count: 0, first: [] };
  /** What was said last of one value alone, and what became of it: most values of a list say the same. */
  private lastSaid: LibraryProvenance | undefined;
  private lastKind: LibraryEntry['kind'] | undefined;
  private lastTold: Provenance | LeftOutReason = 'weak';
  private mustDrain = false;

  constructor(order: BuildOrder, releases: ReleaseFolder, version: number, draft: string) {
    this.order = order;
    this.version = version;
    this.draft = draft;
    this.builder = new SetBuilder(releases.seed());
    this.poisonTest = new PoisonTest(order.own);
    this.values = new ValueWriter(join(draft, 'values.zst'));
  }

  async run(): Promise<BuiltRelease> {
    let read = 0;
    for (const entry of this.order.entries) {
      this.take(entry);
      if (++read % entriesAtOnce === 0) this.order.onProgress?.(read);
      if (this.mustDrain) {
        await this.values.drained();
        this.mustDrain = false;
      }
    }
    const canary = canaryDomain(this.version);
    const parsed = parseAs('domain', canary);
    if (typeof parsed === 'string') throw new RangeError(parsed);
    this.builder.add(parsed, canaryProvenance, false);
    const bytes = this.builder.finish();
    await this.values.finish();
    const release = this.describe(bytes, canary);
    await writeSynced(join(this.draft, 'set.vgi'), bytes);
    writeFileSync(join(this.draft, 'release.json'), `${JSON.stringify(release, undefined, 2)}\n`, { flush: true });
    return release;
  }

  private take(entry: LibraryEntry): void {
    const { kind, value, isAllowance, provenances } = entry;
    const told = this.told(entry);
    if (typeof told === 'string') {
      this.leftOut[told]++;
      return;
    }
    const parsed = parsedEntry(entry);
    const reason = this.poisonOf(entry, parsed);
    if (reason !== undefined) {
      this.poison.count++;
      if (this.poison.first.length < poisonKeptMax)
        this.poison.first.push({ kind, value, reason, sources: [...new Set(provenances.map(({ source }) => source))] });
      return;
    }
    if (typeof parsed === 'string') {
      this.leftOut['not-matchable']++;
      return;
    }
    this.builder.add(parsed, told, isAllowance);
    if (!isAllowance) this.count(provenances);
    this.mustDrain = this.values.add({ kind, value, isAllowance, confidence: told.confidence, sources: told.source ?? '' });
  }

  private poisonOf(entry: LibraryEntry, parsed: ParsedValue | string): PoisonReason | undefined {
    if (isCanaryName(entry)) return 'own';
    return entry.isAllowance ? undefined : poisonOfEntry(this.poisonTest, entry, parsed);
  }

  private count(provenances: readonly LibraryProvenance[]): void {
    let last: string | undefined;
    for (const { source } of provenances) {
      if (source !== last) this.sources.set(source, (this.sources.get(source) ?? 0) + 1);
      last = source;
    }
  }

  private told({ kind, isAllowance, provenances }: LibraryEntry): Provenance | LeftOutReason {
    const [said] = provenances;
    const isAlone = provenances.length === 1 && !isAllowance;
    if (isAlone && said === this.lastSaid && kind === this.lastKind) return this.lastTold;
    const { nowMs, confidenceFloor = confidenceFloorDefault } = this.order;
    // An allowance counts however sure its list is.
    const told = joinProvenance(kind, provenances, { nowMs, confidenceFloor: isAllowance ? 0 : confidenceFloor });
    if (isAlone) {
      this.lastSaid = said;
      this.lastKind = kind;
      this.lastTold = told;
    }
    return told;
  }

  private describe(bytes: Uint8Array, canary: string): BuiltRelease {
    const set = IndicatorSet.fromBytes(bytes);
    if (set.domain(canary, this.order.nowMs)?.value !== canary) throw new UserError('the release does not match its own canary');
    return {
      schema: 'intel-release/1',
      channel: this.order.channel,
      version: this.version,
      created: new Date(this.order.nowMs).toISOString(),
      sha256: claimedHash(bytes),
      bytes: bytes.length,
      canary,
      // The canary is no indicator of anything.
      counts: { ...set.counts, domain: set.counts.domain - 1 },
      allowances: set.allowances,
      confidenceFloor: this.order.confidenceFloor ?? confidenceFloorDefault,
      sources: Object.fromEntries([...this.sources].sort(([one], [other]) => (one < other ? -1 : 1))),
      leftOut: this.leftOut,
      poison: this.poison,
    };
  }
}

/** Nobody but the build says anything of these: a list that allowed one would make a release look like a failure on every box. */
function isCanaryName({ kind, value }: LibraryEntry): boolean {
  return kind === 'domain' && value.replace('=', '').endsWith(canaryParent);
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, 'wx', 0o644);
  await file.writeFile(bytes);
  await file.sync();
}
