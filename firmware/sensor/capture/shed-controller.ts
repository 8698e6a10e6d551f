/**
 * Turns the kernel's counters into the decision whether to shed load. Pure: time is given in, nothing is read or set here.
 * Enters quickly, leaves slowly, and each time later if the load came back, so that a busy morning does not make it flap.
 */

export type ShedMode = 'normal' | 'shed';

/** Cumulative since any common start, over all sessions. */
export interface DropTotals {
  /** Frames that the kernel offered, those it dropped among them. */
  offered: number;
  dropped: number;
}

/** A tenth of a percent lost for so long is overload, not a hiccup: both halves of the window must show it. */
export const OVERLOAD_SHARE = 0.001;
export const OVERLOAD_WINDOW_MS = 10_000;
/** How long it must be calm before everything is captured again. */
export const CALM_MS_MIN = 60_000;
export const CALM_MS_MAX = 1_800_000;
/** Overload again within this long of going back doubles the next wait; a longer peace forgets. */
export const RELAPSE_MS = 600_000;
/** Samples come about once a second; more often than this they add nothing, which bounds the window's length. */
const SAMPLE_GAP_MS_MIN = 200;

interface Sample extends DropTotals {
  atMs: number;
}

export class ShedController {
  #mode: ShedMode = 'normal';
  #samples: Sample[] = [];
  #calmMs = CALM_MS_MIN;
  /** Since when nothing was wrong, while shedding. */
  #calmSinceMs = 0;
  #wentBackMs: number | undefined;

  get mode(): ShedMode {
    return this.#mode;
  }

  /** How long it must be calm this time before `sample` answers `normal` again, milliseconds. */
  get calmMs(): number {
    return this.#calmMs;
  }

  /** `nowMs`: a monotonic clock. Call it about once a second. */
  sample(totals: DropTotals, nowMs: number): ShedMode {
    const last = this.#samples.at(-1);
    if (last !== undefined && nowMs - last.atMs < SAMPLE_GAP_MS_MIN) return this.#mode;
    this.#samples.push({ atMs: nowMs, offered: totals.offered, dropped: totals.dropped });
    // One sample at or before the start of the window stays as its base.
    while (this.#samples.length > 2 && this.#samples[1]!.atMs <= nowMs - OVERLOAD_WINDOW_MS) this.#samples.shift();
    if (this.#mode === 'normal') this.#maybeShed(nowMs);
    else this.#maybeGoBack(nowMs);
    return this.#mode;
  }

  #maybeShed(nowMs: number): void {
    if (!this.#isOverloaded(nowMs, OVERLOAD_WINDOW_MS)) return;
    const relapsed = this.#wentBackMs !== undefined && nowMs - this.#wentBackMs < RELAPSE_MS;
    this.#calmMs = relapsed ? Math.min(this.#calmMs * 2, CALM_MS_MAX) : CALM_MS_MIN;
    this.#mode = 'shed';
    this.#restart(nowMs);
  }

  #maybeGoBack(nowMs: number): void {
    // No full window is asked for here: any drops while shedding mean that it is not calm.
    if (this.#isOverloaded(nowMs, 0)) this.#calmSinceMs = nowMs;
    if (nowMs - this.#calmSinceMs < this.#calmMs) return;
    this.#mode = 'normal';
    this.#wentBackMs = nowMs;
    this.#restart(nowMs);
  }

  #isOverloaded(nowMs: number, spanMs: number): boolean {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || nowMs - first.atMs < spanMs) return false;
    if (spanMs === 0) return isLosing(first, last);
    const middle = this.#samples.find(({ atMs }) => atMs >= nowMs - spanMs / 2) ?? last;
    return isLosing(first, middle) && isLosing(middle, last);
  }

  /** What was lost in one mode, or while changing it, says nothing about the next. */
  #restart(nowMs: number): void {
    this.#samples = [];
    this.#calmSinceMs = nowMs;
  }
}

function isLosing(from: DropTotals, to: DropTotals): boolean {
  const dropped = to.dropped - from.dropped;
  return dropped > 0 && dropped > (to.offered - from.offered) * OVERLOAD_SHARE;
}
