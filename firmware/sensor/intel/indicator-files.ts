/**
 * What the sensor matches with, as one set of three: the files that its configuration names, the release of the centre, and what the settings give.
 * Each is read anew on demand while the ones before stay in use. Does not watch files and does not say which release to take.
 */
import { statSync } from 'node:fs';
import { collectGarbage } from './collector.ts';
import { givenSet } from './given.ts';
import type { Given } from './given-options.ts';
import type { Indicators } from './indicator.ts';
import type { IndicatorSet } from './indicator-set.ts';
import { IntelError } from './intel-error.ts';
import { readIndicatorSet } from './load.ts';
import { ListReport } from './read-list.ts';
import { isShrunken, totalOf } from './shrinkage.ts';
import { indicatorsFrom, type JoinedSets, joined } from './sources.ts';

interface Release {
  set: IndicatorSet;
  path: string;
}

export class IndicatorFiles {
  private readonly paths: readonly string[];
  private readonly allow: readonly string[];
  private local: JoinedSets;
  private release: Release | undefined;
  private given: IndicatorSet | undefined;
  current: Indicators;
  /** When the newest of the files was written, ms since 1970. */
  newestMs: number | undefined;
  private report: ListReport;

  private constructor(paths: readonly string[], allow: readonly string[], local: JoinedSets, report: ListReport) {
    this.paths = paths;
    this.allow = allow;
    this.local = local;
    this.current = local;
    this.report = report;
    this.newestMs = newestOf(paths);
  }

  /** `allow`: lists whose entries are allowances. Rejects with an `IntelError` when a file cannot be used. */
  static async open(paths: readonly string[], allow: readonly string[] = []): Promise<IndicatorFiles> {
    const report = new ListReport();
    return new IndicatorFiles(paths, allow, await indicatorsFrom(paths, report, allow), report);
  }

  /**
   * Reads the files of the configuration anew. Rejects with an `IntelError` when one cannot be used, or when they give no indicator or less than
   * half as many as before, which stay then. Not to be called while it runs, nor while a release is read.
   */
  async reload(): Promise<Indicators> {
    const report = new ListReport();
    const next = await indicatorsFrom(this.paths, report, this.allow);
    this.report = report;
    const [count, before] = [totalOf(next), totalOf(this.local)];
    if (isShrunken(count, before)) {
      throw new IntelError(
        `${count} indicators are less than half of the ${before} in use; if that is meant, restart the sensor: it takes them then`,
      );
    }
    this.local = next;
    return this.replaced();
  }

  /**
   * Takes a release in place of the one before, which answers until then. Rejects with an `IntelError` when it cannot be read or fails `faultOf`, which gets
   * the set alone; the one before stays then. It may be much smaller than that: going back must always be possible, and a release that shrinks was
   * signed by somebody who was told so. Not to be called while it runs.
   */
  async takeRelease(path: string, faultOf: (set: Indicators) => string | undefined): Promise<Indicators> {
    const set = await readIndicatorSet(path);
    const fault = faultOf(set);
    if (fault !== undefined) throw new IntelError(`${path}: ${fault}`);
    this.release = { set, path };
    return this.replaced();
  }

  /** Nothing of the centre's any more. */
  dropRelease(): Indicators {
    this.release = undefined;
    return this.replaced();
  }

  /** What a configuration gives, at once, in place of what one before gave. `source`: who gave it, as alerts name it. */
  give(given: Given, source: string): Indicators {
    this.given = givenSet(given, source);
    return this.join();
  }

  private replaced(): Indicators {
    // After the caller has handed the new set on: only then does nobody hold the one before, which may be 100 MB.
    setImmediate(() => void collectGarbage());
    return this.join();
  }

  private join(): Indicators {
    this.current = joined([this.local, this.release?.set, this.given]);
    this.newestMs = newestOf([...this.paths, ...(this.release === undefined ? [] : [this.release.path])]);
    return this.current;
  }

  get total(): number {
    return totalOf(this.current);
  }

  /** Values of lists that the last reading did not take, also where its set was refused. */
  get refused(): number {
    return this.report.refused;
  }

  /** The first of them, each `FILE:LINE: value: reason`. */
  get refusals(): readonly string[] {
    return this.report.refusals;
  }
}

/** When the newest of the files was written, ms since 1970; undefined where there is none. */
export function newestOf(paths: readonly string[]): number | undefined {
  const times = paths.map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs).filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.max(...times);
}
