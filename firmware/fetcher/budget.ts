/**
 * Keeps a download within its share of the line, and a peer from wasting our time. Counts bytes against the clock: ahead of the budget it says how
 * long to wait; behind the least rate that is worth it, it gives up.
 */
import { SourceFault } from './source.ts';

/** Below this rate, averaged since the start, a download is a trap or a line that cannot carry it. */
const leastBytesPerSecond = 512;
/** Before that nothing is said of the rate. */
const graceMs = 60_000;

export interface BudgetParts {
  bytesPerSecondMax: number;
  /** Monotonic, ms. */
  nowMs?: () => number;
  leastBytesPerSecond?: number;
  graceMs?: number;
}

export class Budget {
  readonly #parts: Required<BudgetParts>;
  readonly #startMs: number;
  #bytes = 0;
  /** Spent in waiting for the budget: not the peer's fault. */
  #waitedMs = 0;

  constructor(parts: BudgetParts) {
    this.#parts = { nowMs: () => performance.now(), leastBytesPerSecond, graceMs, ...parts };
    this.#startMs = this.#parts.nowMs();
  }

  /** ms to wait before more is read. Throws a `SourceFault` where the peer is too slow. */
  spend(bytes: number): number {
    this.#bytes += bytes;
    const { bytesPerSecondMax, leastBytesPerSecond, graceMs, nowMs } = this.#parts;
    const elapsedMs = nowMs() - this.#startMs;
    const peerMs = elapsedMs - this.#waitedMs;
    if (peerMs > graceMs && (this.#bytes * 1000) / peerMs < Math.min(leastBytesPerSecond, bytesPerSecondMax / 2)) {
      throw new SourceFault('too-slow', `only ${this.#bytes} bytes came in ${Math.round(peerMs / 1000)} s`);
    }
    const waitMs = Math.max(0, (this.#bytes * 1000) / bytesPerSecondMax - elapsedMs);
    this.#waitedMs += waitMs;
    return waitMs;
  }
}
