/**
 * How long to wait before each new attempt. Full jitter: a time drawn evenly between nothing and a ceiling that doubles, so that several
 * processes of the centre do not come back in step. Does not wait itself.
 */

/** Waits in milliseconds, without end. `random` gives numbers from 0 (included) to 1 (not included). */
export function* backoff(firstMs: number, ceilingMs: number, random: () => number = Math.random): Generator<number, never> {
  let currentMs = firstMs;
  while (true) {
    yield random() * currentMs;
    currentMs = Math.min(currentMs * 2, ceilingMs);
  }
}
