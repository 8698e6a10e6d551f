/** The files of indicators that a configuration names, as one set; read anew on demand while the one before stays in use. */
import { statSync } from 'node:fs';
import { collectGarbage } from './collector.ts';
import type { Indicators } from './indicator.ts';
import { IntelError } from './intel-error.ts';
import { ListReport } from './read-list.ts';
import { isShrunken, totalOf } from './shrinkage.ts';
import { indicatorsFrom } from './sources.ts';

export class IndicatorFiles {
  private readonly paths: readonly string[];
  private readonly allow: readonly string[];
  current: Indicators;
  /** When the newest of the files was written, ms since 1970. */
  newestMs: number | undefined;
  private report: ListReport;

  private constructor(paths: readonly string[], allow: readonly string[], current: Indicators, report: ListReport) {
    this.paths = paths;
    this.allow = allow;
    this.current = current;
    this.report = report;
    this.newestMs = newestOf(paths);
  }

  /** `allow`: lists whose entries are allowances. Rejects with an `IntelError` when a file cannot be used. */
  static async open(paths: readonly string[], allow: readonly string[] = []): Promise<IndicatorFiles> {
    const report = new ListReport();
    return new IndicatorFiles(paths, allow, await indicatorsFrom(paths, report, allow), report);
  }

  /**
   * Reads the files anew. Rejects with an `IntelError` when one cannot be used, or when they give no indicator or less than half as many as
   * the set in use, which stays then. Not to be called while it runs.
   */
  async reload(): Promise<Indicators> {
    const report = new ListReport();
    const next = await indicatorsFrom(this.paths, report, this.allow);
    this.report = report;
    if (isShrunken(totalOf(next), this.total)) {
      throw new IntelError(
        `${totalOf(next)} indicators are less than half of the ${this.total} in use; if that is meant, restart the sensor: it takes them then`,
      );
    }
    this.current = next;
    this.newestMs = newestOf(this.paths);
    // After the caller has handed the new set on: only then does nobody hold the one before, which may be 100 MB.
    setImmediate(() => void collectGarbage());
    return next;
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
