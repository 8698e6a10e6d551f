/** A loop's word that it lives: each time round it says when it will be round again at the latest. Watches nothing by itself. */
export class Pulse {
  #dueMs: number;
  readonly #monotonicMs: () => number;

  /** `firstWithinMs`: how long the first round may take. The clock is one that nobody sets. */
  constructor(firstWithinMs: number, monotonicMs: () => number = () => performance.now()) {
    this.#monotonicMs = monotonicMs;
    this.#dueMs = monotonicMs() + firstWithinMs;
  }

  /** The loop moved, and will move again within this time: its wait, and what its longest step may take. */
  beat(nextWithinMs: number): void {
    this.#dueMs = this.#monotonicMs() + nextWithinMs;
  }

  /** How long the word has been broken; 0 while it is kept. */
  get overdueMs(): number {
    return Math.max(0, this.#monotonicMs() - this.#dueMs);
  }
}
