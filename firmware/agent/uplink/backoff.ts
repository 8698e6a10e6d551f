/**
 * How long to wait before each new attempt to reach the broker. Full jitter: a time drawn evenly between nothing and a ceiling that doubles.
 * It spreads 250 boxes whose broker went away at the same moment. (The method: M. Brooker, "Exponential Backoff And Jitter", AWS, 2015.)
 * Does not wait itself.
 */
import { z } from 'zod';

export const backoffOptionsSchema = z.strictObject({
  firstMs: z.number().min(1).max(3_600_000).default(1_000).meta({ description: 'longest first wait, in ms; doubled after each failure' }),
  ceilingMs: z.number().min(1).max(3_600_000).default(300_000).meta({ description: 'longest wait of all, in ms' }),
});
export type BackoffOptions = z.input<typeof backoffOptionsSchema>;

export class Backoff implements Iterable<number> {
  readonly #firstMs: number;
  readonly #ceilingMs: number;
  readonly #random: () => number;

  /** `random` gives numbers from 0 (included) to 1 (not included). */
  constructor(options: BackoffOptions = {}, random: () => number = Math.random) {
    const { firstMs, ceilingMs } = backoffOptionsSchema.parse(options);
    this.#firstMs = Math.min(firstMs, ceilingMs);
    this.#ceilingMs = ceilingMs;
    this.#random = random;
  }

  /** Waits in milliseconds, without end. Each iteration starts again at the first ceiling. */
  *[Symbol.iterator](): Generator<number, never> {
    let ceilingMs = this.#firstMs;
    while (true) {
      yield this.#random() * ceilingMs;
      ceilingMs = Math.min(ceilingMs * 2, this.#ceilingMs);
    }
  }
}
