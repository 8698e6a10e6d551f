/**
 * Messages from the centre -> the part of the agent that registered their topic. What is too large, what nobody waits for and what its
 * handler cannot use is counted, and noted once for each connection: a flood of it costs neither memory nor log lines.
 */

/** Nothing that the centre sends to a box comes near; longer ones are not even parsed. */
export const payloadBytesMax = 256 * 1024;

export interface Incoming {
  topic: string;
  payload: Uint8Array;
  /** From the broker's memory: it was said some time ago. */
  isRetained: boolean;
  /** For an answer (MQTT 5 §4.10). */
  correlation?: Uint8Array;
}

/** Returns at once. May throw an `Error` where the message is no use; the broker may deliver the same message more than once. */
export type Handler = (message: Incoming) => void;

export class Dispatcher {
  readonly #handlers = new Map<string, Handler>();
  readonly #onProblem: (text: string) => void;
  #ignored = 0;
  #isNoted = false;

  constructor(onProblem: (text: string) => void) {
    this.#onProblem = onProblem;
  }

  /** Messages that reached no handler, or that their handler could not use, since the start. */
  get ignored(): number {
    return this.#ignored;
  }

  /** Throws where the topic has a handler already. */
  register(topic: string, handler: Handler): void {
    if (this.#handlers.has(topic)) throw new Error(`${topic} has a handler already`);
    this.#handlers.set(topic, handler);
  }

  /** A new connection: the next problem is noted again. */
  begin(): void {
    this.#isNoted = false;
  }

  /** Never throws. */
  receive(message: Incoming): void {
    const { topic, payload } = message;
    const handler = this.#handlers.get(topic);
    if (payload.length > payloadBytesMax) this.#ignore(topic, `is larger than ${payloadBytesMax / 1024} KiB`);
    else if (handler === undefined) this.#ignore(topic, 'has no use here');
    else {
      try {
        handler(message);
      } catch (error) {
        this.#ignore(topic, error instanceof Error ? error.message : String(error));
      }
    }
  }

  #ignore(topic: string, why: string): void {
    this.#ignored++;
    if (this.#isNoted) return;
    this.#isNoted = true;
    this.#onProblem(`a message on ${topic.slice(0, 200)} was ignored: it ${why}`);
  }
}
