/**
 * The director's line to the broker: stays connected, says orders, and hears answers. An order that was cut off by a lost connection is said again on
 * the next one until its time is over; subscriptions outlive connections. The broker is not trusted: whoever listens judges what came.
 */
import { keepConnected } from '../broker-link.ts';
import { UserError } from '../command/user-error.ts';
import {
  type BrokerAccess,
  type Connection,
  credentialsOf,
  openConnection,
  type PublishOptions,
  type Received,
  RefusedByBroker,
} from '../connection.ts';

/** A person waits; a broker that refuses is told of at once. A little more than a connection may take, whose own error says more. */
const firstConnectionMs = 11_000;
/** So long an order is tried, over as many connections as it takes. */
const publishTimeoutMs = 15_000;
/** Topics in one SUBSCRIBE: far below the largest packet that the broker takes. */
const topicsAtOnce = 500;

export class BrokerAway extends Error {
  override readonly name = 'BrokerAway';
}

interface Ear {
  topics: readonly string[];
  hear: (message: Received) => void;
}

export class DirectorLink {
  readonly #problem: (text: string) => void;
  readonly #ears = new Set<Ear>();
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  #connection = Promise.withResolvers<Connection>();
  #wasConnected = false;

  /** Resolves once it is connected. Throws a `UserError` where a file cannot be read or the broker is away. */
  static async open(access: BrokerAccess, problem: (text: string) => void): Promise<DirectorLink> {
    try {
      credentialsOf(access);
    } catch (error) {
      throw new UserError(`cannot read the certificate of the director: ${error instanceof Error ? error.message : String(error)}`);
    }
    const link = new DirectorLink(access, problem);
    try {
      await link.#connected(firstConnectionMs);
      return link;
    } catch (error) {
      await link.end();
      if (error instanceof BrokerAway) throw new UserError(`the broker at ${access.url} is away (${error.message}): is it running?`);
      throw error;
    }
  }

  private constructor(access: BrokerAccess, problem: (text: string) => void) {
    this.#problem = problem;
    const { signal } = this.#stopping;
    const receive = (message: Received, done: () => void) => {
      for (const ear of this.#ears) ear.hear(message);
      done();
    };
    const open = () => openConnection(access, {}, receive, signal);
    this.#running = keepConnected({ open, begin: (connection) => this.#begin(connection), problem: (text) => this.#lost(text) }, signal);
  }

  /** Hears these topics until told to stop. Resolves once the broker has granted it. `hear` must not throw. */
  async listen(topics: readonly string[], hear: (message: Received) => void): Promise<() => void> {
    const ear: Ear = { topics, hear };
    this.#ears.add(ear);
    try {
      await this.#onConnection((connection) => subscribe(connection, topics));
    } catch (error) {
      this.#ears.delete(ear);
      throw error;
    }
    return () => this.#ears.delete(ear);
  }

  /** Resolves when the broker has it. Rejects with `BrokerAway` or `RefusedByBroker`. It may have been said twice. */
  publish(topic: string, body: string, options: PublishOptions): Promise<void> {
    return this.#onConnection((connection) => connection.publish(topic, body, options));
  }

  async end(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #begin(connection: Connection): Promise<void> {
    for (const { topics } of this.#ears) await subscribe(connection, topics);
    this.#wasConnected = true;
    this.#connection.resolve(connection);
    void connection.closed.then(() => {
      this.#connection = Promise.withResolvers();
    });
  }

  #lost(text: string): void {
    if (this.#wasConnected) this.#problem(text);
    else this.#connection.reject(new BrokerAway(text));
  }

  async #onConnection(work: (connection: Connection) => Promise<void>): Promise<void> {
    const endMs = performance.now() + publishTimeoutMs;
    while (true) {
      const connection = await this.#connected(endMs - performance.now());
      try {
        await inTime(work(connection), endMs - performance.now());
        return;
      } catch (error) {
        if (error instanceof RefusedByBroker || error instanceof BrokerAway) throw error;
        // What was asked is refused a moment before the end is told; asked again at once, it would go round until then.
        await inTime(connection.closed, endMs - performance.now());
      }
    }
  }

  #connected(timeoutMs: number): Promise<Connection> {
    if (this.#stopping.signal.aborted) throw new BrokerAway('the connection was ended');
    return inTime(this.#connection.promise, timeoutMs);
  }
}

async function subscribe(connection: Connection, topics: readonly string[]): Promise<void> {
  for (let from = 0; from < topics.length; from += topicsAtOnce) await connection.subscribe(topics.slice(from, from + topicsAtOnce));
}

async function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new BrokerAway('it does not answer')), Math.max(timeoutMs, 0));
  });
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
