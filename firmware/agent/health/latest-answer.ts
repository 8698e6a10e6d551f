/**
 * A question that may take long, or for ever (a disk that hangs) -> its latest answer, within a time. It is never asked twice at once, so what
 * hangs holds one call and not one more for each time somebody asked.
 */

export interface Answer<Value> {
  value: Value;
  /** 0: it came while it was waited for. */
  ageMs: number;
}

export class LatestAnswer<Value> {
  readonly #question: () => Promise<Value>;
  readonly #monotonicMs: () => number;
  #pending: Promise<void> | undefined;
  #answer: { value: Value; atMs: number } | undefined;

  constructor(question: () => Promise<Value>, monotonicMs: () => number = () => performance.now()) {
    this.#question = question;
    this.#monotonicMs = monotonicMs;
  }

  /** Asks, and waits at most `timeoutMs`. Undefined where nothing was ever answered. Never rejects: a failure is no answer. */
  async within(timeoutMs: number): Promise<Answer<Value> | undefined> {
    const askedMs = this.#monotonicMs();
    this.#pending ??= this.#ask();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([this.#pending, late]);
    clearTimeout(timer);
    if (this.#answer === undefined) return undefined;
    const { value, atMs } = this.#answer;
    return { value, ageMs: atMs >= askedMs ? 0 : this.#monotonicMs() - atMs };
  }

  async #ask(): Promise<void> {
    try {
      const value = await this.#question();
      this.#answer = { value, atMs: this.#monotonicMs() };
    } catch {
      // The answer before it stands, and tells its age.
    } finally {
      this.#pending = undefined;
    }
  }
}
