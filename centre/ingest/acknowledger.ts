/**
 * Numbers of messages that are in the store -> ack/1 for each box and outbox. Keeps a window of what the broker has not confirmed, and in the
 * meantime adds up what more there is to say. An ack that is lost does no harm: the box sends again, and is told again.
 */
import { type Ack, ackSeqsMax } from '../../firmware/contract/ack.ts';
import { down } from '../../firmware/contract/topics.ts';
import { type Connection, RefusedByBroker } from '../connection.ts';
import type { Arrival } from '../store/store.ts';

/** Acks on their way at once; more would only fill buffers. */
const windowMax = 64;
/** Numbers that wait to be told. Beyond it they are forgotten: their boxes send again, and are told then. */
const seqsMax = 200_000;

interface Pending {
  box: string;
  outbox: string;
  seqs: number[];
}

export class Acknowledger {
  readonly #problem: (text: string) => void;
  #connection: Connection | undefined;
  #pending = new Map<string, Pending>();
  #seqs = 0;
  #onTheWay = 0;
  #idle: PromiseWithResolvers<void> | undefined;
  /** Numbers told so far. */
  acknowledged = 0;

  constructor(problem: (text: string) => void) {
    this.#problem = problem;
  }

  use(connection: Connection): void {
    this.#connection = connection;
    this.#send();
  }

  add(committed: readonly Pick<Arrival, 'box' | 'outbox' | 'seq'>[]): void {
    for (const { box, outbox, seq } of committed) {
      if (this.#seqs >= seqsMax) break;
      const key = `${box} ${outbox}`;
      const pending = this.#pending.get(key);
      if (pending === undefined) this.#pending.set(key, { box, outbox, seqs: [seq] });
      else pending.seqs.push(seq);
      this.#seqs++;
    }
    this.#send();
  }

  /** Resolves once all is told, or the connection is gone. */
  async flushed(): Promise<void> {
    while (this.#connection !== undefined && (this.#pending.size > 0 || this.#onTheWay > 0)) {
      this.#idle ??= Promise.withResolvers<void>();
      await this.#idle.promise;
    }
  }

  #send(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const window = Math.min(windowMax, connection.receiveMaximum);
    for (const [key, pending] of this.#pending) {
      if (this.#onTheWay >= window) return;
      const seqs = pending.seqs.splice(0, ackSeqsMax);
      if (pending.seqs.length === 0) this.#pending.delete(key);
      this.#seqs -= seqs.length;
      this.#onTheWay++;
      void this.#tell(connection, { ...pending, seqs }).then(() => this.#told());
    }
  }

  async #tell(connection: Connection, { box, outbox, seqs }: Pending): Promise<void> {
    const ack: Ack = { schema: 'ack/1', box, ...(outbox === '' ? {} : { outboxId: outbox }), seqs };
    try {
      await connection.publish(down.ack(box), JSON.stringify(ack));
      this.acknowledged += seqs.length;
    } catch (error) {
      if (error instanceof RefusedByBroker)
        this.#problem(`the broker refuses to pass on acknowledgements (${down.ack(box)}): ${error.message}`);
      // The connection is over; the next one begins with these.
      else {
        if (this.#connection === connection) this.#connection = undefined;
        this.add(seqs.map((seq) => ({ box, outbox, seq })));
      }
    }
  }

  #told(): void {
    this.#onTheWay--;
    this.#send();
    if (this.#onTheWay === 0 && (this.#pending.size === 0 || this.#connection === undefined)) {
      this.#idle?.resolve();
      this.#idle = undefined;
    }
  }
}
