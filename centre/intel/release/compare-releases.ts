/** The values of two releases, side by side: what is new, what went. Reads both files once, in bounded memory. */
import { compareValues, type ReleasedValue, readValues } from './value-file.ts';

/** Between two signs of life. */
const valuesAtOnce = 16_384;

class Cursor {
  current: ReleasedValue | undefined;
  private readonly batches: AsyncGenerator<ReleasedValue[]>;
  private batch: ReleasedValue[] = [];
  private at = 0;

  constructor(path: string) {
    this.batches = readValues(path);
  }

  /** False: the next batch must be read first. */
  step(): boolean {
    if (this.at >= this.batch.length) return false;
    this.current = this.batch[this.at++];
    return true;
  }

  async next(): Promise<void> {
    while (!this.step()) {
      const { value, done } = await this.batches.next();
      if (done === true) {
        this.current = undefined;
        return;
      }
      this.batch = value;
      this.at = 0;
    }
  }

  close(): Promise<unknown> {
    return this.batches.return(undefined);
  }
}

export interface Differences {
  onNew: (value: ReleasedValue) => void;
  onGone: (value: ReleasedValue) => void;
  /** Told now and then how many values were compared. */
  onProgress?: ((values: number) => void) | undefined;
}

/** `previous` undefined: everything is new. Indicators and allowances alike. */
export async function compareReleases(
  previous: string | undefined,
  next: string,
  { onNew, onGone, onProgress }: Differences,
): Promise<void> {
  const after = new Cursor(next);
  const before = previous === undefined ? undefined : new Cursor(previous);
  try {
    await after.next();
    await before?.next();
    for (let compared = 1; ; compared++) {
      if (compared % valuesAtOnce === 0) onProgress?.(compared);
      const [old, fresh] = [before?.current, after.current];
      if (old === undefined && fresh === undefined) return;
      const order = old === undefined ? 1 : fresh === undefined ? -1 : compareValues(old, fresh);
      if (order > 0) onNew(fresh!);
      else if (order < 0) onGone(old!);
      if (order >= 0 && !after.step()) await after.next();
      if (order <= 0 && before !== undefined && !before.step()) await before.next();
    }
  } finally {
    await after.close();
    await before?.close();
  }
}
