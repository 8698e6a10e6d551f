/**
 * Requests that the other side has to answer, so many at once and the others in their turn -> a promise each. Every one is settled: by its
 * answer, or by the end. mqtt.js counts no Receive Maximum and forgets the callbacks of a session that the broker keeps. Has no timer.
 */

type Answered = (error?: Error | null) => void;

interface Request {
  send: (answered: Answered) => void;
  settle: Answered;
}

export class Answers {
  readonly #atOnceMax: () => number;
  readonly #waiting: Request[] = [];
  /** Those sent, and when; in the order of sending. */
  readonly #sentMs = new Map<Request, number>();
  #end: Error | undefined;

  constructor(atOnceMax: () => number) {
    this.#atOnceMax = atOnceMax;
  }

  ask(send: Request['send']): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) return reject(this.#end);
      this.#waiting.push({ send, settle: (error) => (error ? reject(error) : resolve()) });
      this.#sendMore();
    });
  }

  /** When the oldest of those without an answer was sent, by `performance.now()`. */
  get oldestMs(): number | undefined {
    return this.#sentMs.values().next().value;
  }

  /** Nothing will be answered any more. */
  end(error: Error): void {
    this.#end ??= error;
    for (const { settle } of [...this.#sentMs.keys(), ...this.#waiting.splice(0)]) settle(error);
    this.#sentMs.clear();
  }

  #sendMore(): void {
    while (this.#sentMs.size < this.#atOnceMax()) {
      const request = this.#waiting.shift();
      if (request === undefined) return;
      this.#sentMs.set(request, performance.now());
      request.send((error) => {
        if (!this.#sentMs.delete(request)) return;
        request.settle(error);
        this.#sendMore();
      });
    }
  }
}
