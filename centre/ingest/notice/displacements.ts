/**
 * Sessions that a newer one of the same id put an end to, as the broker's log tells -> whether that is still a bad line or a second machine. A box whose
 * line broke takes its own place now and then; two machines with one certificate put each other out again and again. Bounded; pure.
 */

/** More than a line that breaks does: the broker itself misses a silent client after a minute and a half. */
const timesMin = 6;
const withinMs = 600_000;
const boxesMax = 2_000;

export class Displacements {
  readonly #times = new Map<string, number[]>();

  /** `nowMs` of a clock that is never set. Returns the number of times in the last minutes where they are too many, and counts anew then. */
  happened(box: string, nowMs: number): number | undefined {
    const times = [...(this.#times.get(box) ?? []).filter((ms) => nowMs - ms < withinMs), nowMs];
    // The one that was noted first is forgotten; whoever keeps on is soon back.
    this.#times.delete(box);
    if (this.#times.size >= boxesMax) for (const oldest of this.#times.keys().take(1)) this.#times.delete(oldest);
    if (times.length >= timesMin) return times.length;
    this.#times.set(box, times);
    return undefined;
  }
}
