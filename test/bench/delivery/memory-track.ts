/** A process that runs -> samples of its resident memory, four a second, and the highest within a span of time. */
import { residentMegabytesOf } from './process-cost.ts';

const sampleMs = 250;

export class MemoryTrack {
  readonly #samples: { atMs: number; megabytes: number }[] = [];
  readonly #timer: NodeJS.Timeout;

  /** `pid` is asked anew each time: undefined or 0 while there is no process. */
  constructor(pid: () => number | undefined) {
    this.#timer = setInterval(() => {
      const megabytes = residentMegabytesOf(pid() ?? 0);
      if (!Number.isNaN(megabytes)) this.#samples.push({ atMs: performance.now(), megabytes });
    }, sampleMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The highest within the span, in MB; times of `performance.now()`. */
  peak(fromMs = 0, toMs = Number.POSITIVE_INFINITY): number {
    const values = this.#samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs).map(({ megabytes }) => megabytes);
    return values.length === 0 ? Number.NaN : values.reduce((one, other) => Math.max(one, other));
  }
}
