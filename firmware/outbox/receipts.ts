/** An outbox to read from -> the same, and word of when a message of a given id was acknowledged. Changes nothing on the way. */
import type { DurableKey } from '../contract/durable.ts';
import type { OutboxCursor, OutboxMeasure, OutboxMessage, OutboxReader } from './outbox.ts';

/** Nobody presses a button more often while the centre is away. */
const expectedMax = 16;

interface Expected {
  onAcknowledged: () => void;
  /** `outbox/seq`, once it was read. */
  name?: string;
}

export class Receipts implements OutboxReader {
  readonly #reader: OutboxReader;
  readonly #expected = new Map<string, Expected>();

  constructor(reader: OutboxReader) {
    this.#reader = reader;
  }

  /** Calls back once the centre has the message with this id. Of too many, the oldest is forgotten. */
  expect(id: string, onAcknowledged: () => void): void {
    this.#expected.set(id, { onAcknowledged });
    const [oldest] = this.#expected.keys();
    if (this.#expected.size > expectedMax && oldest !== undefined) this.#expected.delete(oldest);
  }

  cursor(): OutboxCursor {
    const cursor = this.#reader.cursor();
    return {
      next: async (max) => {
        const messages = await cursor.next(max);
        if (this.#expected.size > 0) for (const message of messages) this.#note(message);
        return messages;
      },
    };
  }

  remove(keys: readonly DurableKey[]): Promise<void> {
    if (this.#expected.size > 0) this.#settle(new Set(keys.map(nameOf)));
    return this.#reader.remove(keys);
  }

  refuse(key: DurableKey): Promise<void> {
    return this.#reader.refuse(key);
  }

  measure(): Promise<OutboxMeasure> {
    return this.#reader.measure();
  }

  #note(message: OutboxMessage): void {
    const expected = message.id === undefined ? undefined : this.#expected.get(message.id);
    if (expected !== undefined) expected.name = nameOf(message);
  }

  #settle(names: ReadonlySet<string>): void {
    for (const [id, { name, onAcknowledged }] of this.#expected) {
      if (name === undefined || !names.has(name)) continue;
      this.#expected.delete(id);
      onAcknowledged();
    }
  }
}

function nameOf({ outbox, seq }: DurableKey): string {
  return `${outbox}/${seq}`;
}
