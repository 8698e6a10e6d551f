/**
 * When what the centre has not acknowledged is sent again within one connection: soon after the centre came back, and where it stays silent
 * for long. 250 boxes hear the same news at the same moment, so each waits a time of its own. Decides only: sends nothing, has no timer.
 * Times are of `performance.now()`.
 */

/** Spreads the boxes; an acknowledgement is in no hurry. */
const jitterMs = 2_000;
/** A centre that comes and goes by the second gets everything no more often than this. */
const betweenReturnsMs = 10_000;
/** Longest patience with a silent centre. */
const patienceMaxMs = 600_000;

export interface CentreNews {
  online: boolean;
  generation: string;
}

export class SendAgain {
  readonly #firstPatienceMs: number;
  readonly #random: () => number;
  #patienceMs: number;
  #centre: CentreNews | undefined;
  /** When the centre last came; what was sent before may have died with the one before. */
  #cameMs = 0;
  #dueMs = Number.POSITIVE_INFINITY;
  #lastReturnMs = Number.NEGATIVE_INFINITY;

  /** `random` gives numbers from 0 (included) to 1 (not included). */
  constructor(centreTimeoutMs: number, random: () => number) {
    this.#firstPatienceMs = centreTimeoutMs;
    this.#patienceMs = centreTimeoutMs;
    this.#random = random;
  }

  /** Undefined: not known, which counts as there. */
  get isCentreOnline(): boolean | undefined {
    return this.#centre?.online;
  }

  /** The connection is over. What the centre said may be out of date by the next, where all is sent anew anyway. */
  disconnected(): void {
    this.#centre = undefined;
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  /** `isRetained`: the first of these in a connection says what is, not what changed. */
  hear(news: CentreNews, isRetained: boolean, nowMs: number): void {
    const before = this.#centre;
    this.#centre = news;
    if (!news.online) this.#dueMs = Number.POSITIVE_INFINITY;
    else if (before === undefined ? !isRetained : !before.online || before.generation !== news.generation) {
      this.#cameMs = nowMs;
      // A return that is waited for already is not put off by the next.
      this.#dueMs = Math.min(this.#dueMs, Math.max(nowMs + this.#random() * jitterMs, this.#lastReturnMs + betweenReturnsMs));
    }
  }

  acknowledged(): void {
    this.#patienceMs = this.#firstPatienceMs;
  }

  /** `oldestMs`: when the message that waits longest was sent. Returns a time: what was sent until then is to be sent again, now. */
  due(oldestMs: number | undefined, nowMs: number): number | undefined {
    if (nowMs >= this.#dueMs) {
      this.#dueMs = Number.POSITIVE_INFINITY;
      this.#lastReturnMs = nowMs;
      return this.#cameMs;
    }
    if (this.#centre?.online === false || oldestMs === undefined || nowMs - oldestMs < this.#patienceMs) return undefined;
    // Those whose time is nearly up go with it: else each would have a round of its own.
    const untilMs = nowMs - this.#patienceMs / 2;
    this.#patienceMs = Math.min(this.#patienceMs * 2, patienceMaxMs);
    return untilMs;
  }
}
