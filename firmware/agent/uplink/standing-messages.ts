/**
 * What the box says beside the outbox: states, of which the latest counts and which the broker retains, and answers, each of which is said once. Held
 * until there is a connection; a state is said again with every new one, since the broker may have lost it.
 */
import { type Connection, type Publication, RefusedByBroker } from './connection.ts';
import { messageOf } from './link-fault.ts';

/** Answers that wait for a connection; nobody asks for more in the time of an outage. Beyond, the oldest gives way. */
const answersMax = 64;

export class StandingMessages {
  readonly #states = new Map<string, Publication>();
  readonly #answers: Publication[] = [];
  readonly #onProblem: (text: string) => void;
  #connection: Connection | undefined;
  #isAnswering = false;

  constructor(onProblem: (text: string) => void) {
    this.#onProblem = onProblem;
  }

  /** Topics are those of the box, a handful. */
  keep(topic: string, body: string): void {
    this.#states.set(topic, { topic, body, qos: 1, retain: true, contentType: 'application/json' });
    void this.#sayState(topic);
  }

  answer(topic: string, body: string, correlation?: string): void {
    if (this.#answers.length >= answersMax) this.#answers.shift();
    const echoed = correlation === undefined ? {} : { correlation };
    this.#answers.push({ topic, body, qos: 1, retain: false, contentType: 'application/json', ...echoed });
    void this.#sayAnswers();
  }

  begin(connection: Connection): void {
    this.#connection = connection;
    for (const topic of this.#states.keys()) void this.#sayState(topic);
    void this.#sayAnswers();
  }

  end(): void {
    this.#connection = undefined;
  }

  async #sayState(topic: string): Promise<void> {
    const state = this.#states.get(topic);
    if (state === undefined) return;
    await this.#connection?.publish(state).catch((error: unknown) => this.#onProblem(`${topic} was not accepted: ${messageOf(error)}`));
  }

  /** One after the other. What was cut off waits for the next connection; what the broker refuses is given up, or it would hold up all that comes after. */
  async #sayAnswers(): Promise<void> {
    if (this.#isAnswering) return;
    this.#isAnswering = true;
    for (let answer = this.#answers[0]; answer !== undefined && this.#connection !== undefined; answer = this.#answers[0]) {
      const connection = this.#connection;
      const isSettled = await this.#sayAnswer(connection, answer);
      if (isSettled && this.#answers[0] === answer) this.#answers.shift();
      // On another connection, that has begun meanwhile, it may go.
      if (!isSettled && this.#connection === connection) break;
    }
    this.#isAnswering = false;
  }

  /** False where it may be said once more. Never rejects. */
  async #sayAnswer(connection: Connection, answer: Publication): Promise<boolean> {
    try {
      await connection.publish(answer);
      return true;
    } catch (error) {
      this.#onProblem(`an answer was not accepted: ${messageOf(error)}`);
      return error instanceof RefusedByBroker;
    }
  }
}
