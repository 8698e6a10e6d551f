/**
 * Holds the set that the detectors ask, and swaps it whole while the sensor runs. The old one answers until the new one is read and
 * verified, so the box is never blind; two sets are in memory only while that lasts. A set that fails to verify changes nothing.
 */
import { collectGarbage } from './collector.ts';
import type { Indicators } from './indicator.ts';
import { readIndicatorSet } from './load.ts';

export class IntelHolder {
  current: Indicators;
  private pending: Promise<void> = Promise.resolve();

  constructor(initial: Indicators) {
    this.current = initial;
  }

  /** Reads the compiled set at `path` and makes it current. Swaps run one after the other. Rejects with an `IntelError`; the old set then stays. */
  swap(path: string): Promise<void> {
    const swapped = this.pending.then(async () => {
      this.current = await readIndicatorSet(path);
      await collectGarbage();
    });
    // The caller hears of a failure; the next swap only waits for the end.
    this.pending = swapped.then(
      () => undefined,
      () => undefined,
    );
    return swapped;
  }
}
