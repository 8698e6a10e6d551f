/** The files of indicators that a configuration names, as one set; read anew on demand while the one before stays in use. */
import { statSync } from 'node:fs';
import { collectGarbage } from './collector.ts';
import { type Indicators, indicatorTypes } from './indicator.ts';
import { indicatorsFrom } from './sources.ts';

export class IndicatorFiles {
  private readonly paths: readonly string[];
  current: Indicators;
  /** When the newest of the files was written, ms since 1970. */
  newestMs: number | undefined;

  private constructor(paths: readonly string[], current: Indicators) {
    this.paths = paths;
    this.current = current;
    this.newestMs = newestOf(paths);
  }

  /** Rejects with an `IntelError` when a file cannot be used. */
  static async open(paths: readonly string[]): Promise<IndicatorFiles> {
    return new IndicatorFiles(paths, await indicatorsFrom(paths));
  }

  /** Reads the files anew. Rejects with an `IntelError` when one cannot be used: the set in use stays then. Not to be called while it runs. */
  async reload(): Promise<Indicators> {
    const next = await indicatorsFrom(this.paths);
    this.current = next;
    this.newestMs = newestOf(this.paths);
    // After the caller has handed the new set on: only then does nobody hold the one before, which may be 100 MB.
    setImmediate(() => void collectGarbage());
    return next;
  }

  get total(): number {
    let sum = 0;
    for (const type of indicatorTypes) sum += this.current.counts[type];
    return sum;
  }
}

/** When the newest of the files was written, ms since 1970; undefined where there is none. */
export function newestOf(paths: readonly string[]): number | undefined {
  const times = paths.map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs).filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.max(...times);
}
