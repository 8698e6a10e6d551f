/**
 * Moves messages from the outbox over one connection at a time, a bounded number on the way at once. A message leaves the outbox only by
 * `acknowledge`. Reacts to nothing inside a callback: callbacks note what happened and wake the loop, which fills the window again.
 */
import { up } from '../../contract/topics.ts';
import type { Outbox, OutboxMessage } from '../../outbox/outbox.ts';
import { type Connection, type Publication, RefusedByBroker } from './connection.ts';

/** How often the outbox is looked at without being woken: it may be filled by another process. */
const pollMs = 100;
/** A broker that refuses a message will refuse it again: no more often than this, so that a missing right costs no storm. */
const refusalPauseMs = 30_000;
/** Room for topic and properties beside the body in the broker's Maximum Packet Size. */
const packetOverheadBytes = 512;

export interface PublisherParts {
  box: string;
  outbox: Outbox;
  windowMax: number;
  acknowledgeTimeoutMs: number;
  onProblem: (text: string) => void;
}

export class Publisher {
  readonly #parts: PublisherParts;
  /** When each message on the way was sent. */
  readonly #sentMs = new Map<number, number>();
  #pausedUntilMs = 0;
  #wake: () => void = () => {};
  #acknowledged = 0;
  #lastAcknowledgedMs: number | undefined;
  #refused = 0;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /** Messages acknowledged since the start. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  get lastAcknowledgedMs(): number | undefined {
    return this.#lastAcknowledgedMs;
  }

  /** Messages that the broker refused, or that it could not have taken, since the start. */
  get refused(): number {
    return this.#refused;
  }

  /** Says that the outbox has something new. */
  wake(): void {
    this.#wake();
  }

  /** These messages are safe: they leave the outbox. */
  acknowledge(seqs: readonly number[]): void {
    for (const seq of seqs) this.#sentMs.delete(seq);
    this.#parts.outbox.remove(seqs);
    this.#acknowledged += seqs.length;
    this.#lastAcknowledgedMs = Date.now();
    this.#wake();
  }

  /** Sends until the connection is over or `signal` is aborted. What was on the way then is sent again by the next run. */
  async run(connection: Connection, signal: AbortSignal): Promise<void> {
    const window = Math.min(this.#parts.windowMax, connection.receiveMaximum);
    const ended = new AbortController();
    const end = () => {
      ended.abort();
      this.#wake();
    };
    signal.addEventListener('abort', end, { once: true });
    void connection.closed.then(end);
    this.#pausedUntilMs = 0;
    try {
      while (!ended.signal.aborted && !signal.aborted) {
        this.#fill(connection, window, ended.signal);
        if (this.#isOverdue()) {
          this.#parts.onProblem('the broker does not acknowledge what it was sent; connecting anew');
          connection.destroy();
        }
        await this.#woken();
      }
    } finally {
      ended.abort();
      signal.removeEventListener('abort', end);
      this.#sentMs.clear();
    }
  }

  #fill(connection: Connection, window: number, ended: AbortSignal): void {
    if (Date.now() < this.#pausedUntilMs) return;
    for (const message of this.#parts.outbox.peek(window)) {
      if (this.#sentMs.size >= window) return;
      if (this.#sentMs.has(message.seq)) continue;
      if (Buffer.byteLength(message.body) + packetOverheadBytes > connection.packetBytesMax) this.#giveUp(message);
      else this.#send(message, connection, ended);
    }
  }

  #send(message: OutboxMessage, connection: Connection, ended: AbortSignal): void {
    this.#sentMs.set(message.seq, Date.now());
    connection.publish(publicationOf(message, this.#parts.box)).then(
      () => {
        // The broker's word is enough while the outbox itself does not outlive the process. Once the centre acknowledges `seq` numbers of
        // its own, its message calls `acknowledge` and this call goes.
        if (!ended.aborted) this.acknowledge([message.seq]);
      },
      (error: unknown) => {
        if (ended.aborted) return;
        this.#sentMs.delete(message.seq);
        this.#pausedUntilMs = Date.now() + refusalPauseMs;
        if (error instanceof RefusedByBroker) this.#refused++;
        this.#parts.onProblem(`message ${message.seq} (${message.kind}): ${error instanceof Error ? error.message : String(error)}`);
      },
    );
  }

  /** A message that this broker can never take would block all behind it. */
  #giveUp(message: OutboxMessage): void {
    this.#refused++;
    this.#parts.outbox.remove([message.seq]);
    this.#parts.onProblem(`message ${message.seq} (${message.kind}) is larger than the broker accepts; it was dropped`);
  }

  #isOverdue(): boolean {
    const first = this.#sentMs.values().next();
    return !first.done && Date.now() - first.value > this.#parts.acknowledgeTimeoutMs;
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, pollMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function publicationOf({ kind, body, seq, id }: OutboxMessage, box: string): Publication {
  const correlation = id === undefined ? {} : { correlation: id };
  switch (kind) {
    case 'alert':
      return { topic: up.alert(box), body, qos: 1, retain: false, ...correlation };
    case 'presence':
      return { topic: up.presence(box), body, qos: 1, retain: true };
    case 'health':
      return { topic: up.health(box), body, qos: 1, retain: true };
    case 'evidence':
      return { topic: up.evidence(box, id ?? 'unknown', seq), body, qos: 1, retain: false, ...correlation };
  }
}
