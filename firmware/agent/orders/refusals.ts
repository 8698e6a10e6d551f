/**
 * How often what is refused is told of: whoever owns the broker may send rubbish all day, and shall fill neither the ledger nor the line with it. Keyed
 * by the code of the fault, a closed list.
 */
export class Refusals {
  readonly #everyMs: number;
  readonly #monotonicMs: () => number;
  readonly #toldMs = new Map<string, number>();
  readonly #untold = new Map<string, number>();

  constructor(everyMs: number, monotonicMs: () => number) {
    this.#everyMs = everyMs;
    this.#monotonicMs = monotonicMs;
  }

  /** How many of this code there were since one was last told of, this one included; 0: not to be told of now. */
  due(code: string): number {
    const times = (this.#untold.get(code) ?? 0) + 1;
    const nowMs = this.#monotonicMs();
    if (nowMs - (this.#toldMs.get(code) ?? Number.NEGATIVE_INFINITY) < this.#everyMs) {
      this.#untold.set(code, times);
      return 0;
    }
    this.#untold.delete(code);
    this.#toldMs.set(code, nowMs);
    return times;
  }
}
