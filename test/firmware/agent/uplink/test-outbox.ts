/** An outbox in memory, as strict as the contract allows: for tests of what empties it. */
import { type DurableKey, type DurableKind, durableKinds } from '../../../../firmware/contract/durable.ts';
import type { NewMessage, OutboxCursor, OutboxMeasure, OutboxMessage, OutboxReader } from '../../../../firmware/outbox/outbox.ts';

export class TestOutbox implements OutboxReader {
  readonly refused: DurableKey[] = [];
  readonly #name: string;
  readonly #messages = new Map<number, OutboxMessage>();
  #seq = 0;
  cursors = 0;
  /** How often a cursor was asked. */
  reads = 0;

  constructor(name = 'outbox-1') {
    this.#name = name;
  }

  append(kind: DurableKind, body: NewMessage['body'] = '{"schema":"test/1"}', id?: string): number {
    const seq = ++this.#seq;
    this.#messages.set(seq, { outbox: this.#name, seq, kind, body, ...(id === undefined ? {} : { id }) });
    return seq;
  }

  get depth(): number {
    return this.#messages.size;
  }

  get seqs(): number[] {
    return [...this.#messages.keys()];
  }

  cursor(): OutboxCursor {
    this.cursors++;
    const passed = new Map<DurableKind, number>();
    return {
      next: async (max) => {
        this.reads++;
        await Promise.resolve();
        const messages: OutboxMessage[] = [];
        for (const kind of durableKinds) {
          for (const message of this.#after(kind, passed.get(kind) ?? 0)) {
            if (messages.length >= max) return messages;
            passed.set(kind, message.seq);
            messages.push(message);
          }
        }
        return messages;
      },
    };
  }

  async remove(keys: readonly DurableKey[]): Promise<void> {
    for (const { outbox, seq } of keys) if (outbox === this.#name) this.#messages.delete(seq);
  }

  async refuse(key: DurableKey): Promise<void> {
    this.refused.push({ outbox: key.outbox, seq: key.seq });
    await this.remove([key]);
  }

  async measure(): Promise<OutboxMeasure> {
    const byKind = { alert: 0, loss: 0, presence: 0, health: 0, evidence: 0 };
    for (const { kind } of this.#messages.values()) byKind[kind]++;
    return { depth: this.#messages.size, bytes: 0, byKind, oldestMs: undefined, dropped: this.refused.length };
  }

  *#after(kind: DurableKind, seq: number): Generator<OutboxMessage> {
    // Numbers of a kind grow, so a walk may begin where the last one ended.
    for (let at = seq + 1; at <= this.#seq; at++) {
      const message = this.#messages.get(at);
      if (message?.kind === kind) yield message;
    }
  }
}
