/**
 * How long ago things happened, by a clock that does not jump. The store keeps times of the wall clock, which somebody may set at any
 * moment; here such a time is only a mark that something new happened, and its age grows with the monotonic clock from then on.
 */

interface Noticed {
  atMs: number;
  ageMs: number;
  monotonicMs: number;
}

export interface Clocks {
  /** ms since 1970. */
  wallMs: number;
  /** ms, never set. */
  monotonicMs: number;
}

export class Ages {
  #noticed = new Map<string, Noticed>();
  #current = new Map<string, Noticed>();
  #clocks: Clocks = { wallMs: 0, monotonicMs: 0 };
  /** Nothing new can be older than this: it was not there when we last looked. */
  #newestMs = Number.POSITIVE_INFINITY;

  /** Begins a round of questions. What is not asked for in it is forgotten. */
  begin(clocks: Clocks): void {
    if (this.#clocks.monotonicMs > 0) this.#newestMs = clocks.monotonicMs - this.#clocks.monotonicMs;
    this.#clocks = clocks;
    this.#noticed = this.#current;
    this.#current = new Map();
  }

  /** Age in ms of what happened at `atMs` of the wall clock; undefined where that is. */
  of(key: string, atMs: number | undefined): number | undefined {
    if (atMs === undefined || Number.isNaN(atMs)) return undefined;
    const { wallMs, monotonicMs } = this.#clocks;
    const before = this.#noticed.get(key);
    const ageMs = Math.min(Math.max(0, wallMs - atMs), this.#newestMs);
    const noticed = before?.atMs === atMs ? before : { atMs, ageMs, monotonicMs };
    this.#current.set(key, noticed);
    return noticed.ageMs + monotonicMs - noticed.monotonicMs;
  }
}
