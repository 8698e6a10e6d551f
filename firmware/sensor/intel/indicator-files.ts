/** The files of indicators that a configuration names, as one set; read anew on demand while the one before stays in use. */
import { statSync } from 'node:fs';
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

  /** Rejects with an `IntelError`, and the set in use stays. */
  async reload(): Promise<Indicators> {
    this.current = await indicatorsFrom(this.paths);
    this.newestMs = newestOf(this.paths);
    return this.current;
  }

  get total(): number {
    let sum = 0;
    for (const type of indicatorTypes) sum += this.current.counts[type];
    return sum;
  }
}

function newestOf(paths: readonly string[]): number | undefined {
  const times = paths.map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs).filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.max(...times);
}
