/**
 * Keeps the box connected to the broker: connect, say "present", send what the outbox holds, and after any failure wait and connect anew,
 * for ever. Every error ends here, in `state` and one log line; none leaves as an exception.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Presence } from '../../contract/presence.ts';
import { up } from '../../contract/topics.ts';
import type { Outbox } from '../../outbox/outbox.ts';
import { Backoff } from './backoff.ts';
import { type Connection, openConnection } from './connection.ts';
import type { UplinkOptions } from './options.ts';
import { Publisher } from './publisher.ts';

/** A connection that lived this long was a success, whatever ended it: the next wait is short again. */
const stableMs = 10_000;
/** How long a stopping box waits for its goodbye to be acknowledged. */
const goodbyeMs = 2_000;

export interface UplinkLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}

export interface UplinkParts {
  options: UplinkOptions;
  box: string;
  outbox: Outbox;
  /** Writes the presence message of a session. */
  presence: (state: { online: boolean; planned?: boolean; session: number }) => Presence;
  log: UplinkLog;
  random?: () => number;
  onConnected?: () => void;
}

/** Times in ms since 1970. Absent means: not now, not yet. */
export interface UplinkState {
  connectedSinceMs?: number;
  connections: number;
  lastHeardMs?: number;
  lastAcknowledgedMs?: number;
  refused: number;
  lastError?: string;
}

export class Uplink {
  readonly #parts: UplinkParts;
  readonly #publisher: Publisher;
  readonly #stopping = new AbortController();
  #connection: Connection | undefined;
  #connectedSinceMs: number | undefined;
  #lastHeardMs: number | undefined;
  #connections = 0;
  #lastError: string | undefined;
  #running: Promise<void> | undefined;

  constructor(parts: UplinkParts) {
    this.#parts = parts;
    const { box, outbox, options } = parts;
    this.#publisher = new Publisher({
      box,
      outbox,
      windowMax: options.windowMax,
      acknowledgeTimeoutMs: options.acknowledgeTimeoutMs,
      onProblem: (text) => this.#note(text),
    });
  }

  get state(): UplinkState {
    const lastHeardMs = this.#connection?.lastHeardMs ?? this.#lastHeardMs;
    const { lastAcknowledgedMs } = this.#publisher;
    return {
      connections: this.#connections,
      refused: this.#publisher.refused,
      ...(this.#connectedSinceMs === undefined ? {} : { connectedSinceMs: this.#connectedSinceMs }),
      ...(lastHeardMs === undefined ? {} : { lastHeardMs }),
      ...(lastAcknowledgedMs === undefined ? {} : { lastAcknowledgedMs }),
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Says that the outbox has something new. */
  wake(): void {
    this.#publisher.wake();
  }

  /** Sends health if there is a connection; else it is not worth keeping. */
  publishHealth(body: string, expirySeconds: number): void {
    const topic = up.health(this.#parts.box);
    this.#connection
      ?.publish({ topic, body, qos: 0, retain: true, expirySeconds })
      .catch((error: unknown) => this.#note(`health was not sent: ${messageOf(error)}`));
  }

  /** Resolves with true once the outbox is empty, with false after `timeoutMs` or when the uplink was stopped. */
  async drained(timeoutMs: number): Promise<boolean> {
    const endMs = Date.now() + timeoutMs;
    while (this.#parts.outbox.depth > 0 && Date.now() < endMs && !this.#stopping.signal.aborted) await sleep(20);
    return this.#parts.outbox.depth === 0;
  }

  /** Says that the box is stopping on purpose and closes. Does not wait for the outbox: see `drained`. Harmless twice. */
  async stop(): Promise<void> {
    const connection = this.#connection;
    if (connection !== undefined && !this.#stopping.signal.aborted) {
      const goodbye = this.#sayPresence(connection, { online: false, planned: true, session: this.#connections });
      await Promise.race([goodbye, connection.closed, sleep(goodbyeMs, undefined, { ref: false })]);
    }
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { options, random } = this.#parts;
    const backoff = new Backoff(options.backoff, random);
    let waits = backoff[Symbol.iterator]();
    while (!this.#stopping.signal.aborted) {
      if (await this.#session()) waits = backoff[Symbol.iterator]();
      await sleep(waits.next().value, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  /** One connection from begin to end. Resolves with true where it was of use. */
  async #session(): Promise<boolean> {
    const { signal } = this.#stopping;
    const acknowledgedBefore = this.#publisher.acknowledged;
    let connectedMs = Number.POSITIVE_INFINITY;
    try {
      const connection = await this.#open(signal);
      connectedMs = Date.now();
      await this.#sayPresence(connection, { online: true, session: this.#connections });
      this.#parts.onConnected?.();
      await this.#publisher.run(connection, signal);
      if (signal.aborted) await Promise.race([connection.end(), sleep(goodbyeMs, undefined, { ref: false })]);
      else this.#note(await connection.closed);
    } catch (error) {
      if (!signal.aborted) this.#note(messageOf(error));
    } finally {
      this.#lastHeardMs = this.#connection?.lastHeardMs ?? this.#lastHeardMs;
      this.#connection?.destroy();
      this.#connection = undefined;
      this.#connectedSinceMs = undefined;
    }
    return this.#publisher.acknowledged > acknowledgedBefore || Date.now() - connectedMs > stableMs;
  }

  async #open(signal: AbortSignal): Promise<Connection> {
    const { options, box, presence, log } = this.#parts;
    const will = { topic: up.presence(box), body: JSON.stringify(presence({ online: false, session: this.#connections + 1 })) };
    const connection = await openConnection(options, { clientId: box, will }, signal);
    this.#connections++;
    this.#connectedSinceMs = Date.now();
    this.#connection = connection;
    log.info({ broker: new URL(options.url).host, connection: this.#connections }, 'connected to the broker');
    return connection;
  }

  /** A refused presence is noted and does not end the connection: alerts may still be welcome. */
  async #sayPresence(connection: Connection, state: Parameters<UplinkParts['presence']>[0]): Promise<void> {
    const say = async () => {
      const body = JSON.stringify(this.#parts.presence(state));
      await connection.publish({ topic: up.presence(this.#parts.box), body, qos: 1, retain: true });
    };
    const said = say().catch((error: unknown) => this.#note(`presence was not accepted: ${messageOf(error)}`));
    await Promise.race([said, connection.closed]);
  }

  #note(text: string): void {
    // A broker that is away for a day is one line, not a line for each attempt.
    if (text !== this.#lastError || this.#connection !== undefined) this.#parts.log.warn({ reason: text }, 'trouble with the broker');
    this.#lastError = text;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
