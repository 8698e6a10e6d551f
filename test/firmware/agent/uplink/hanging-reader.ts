/** An outbox whose disk can be frozen: nothing that is asked of it then is answered before it is thawed. For tests of what must go on. */
import type { DurableKey, DurableKind } from '../../../../firmware/contract/durable.ts';
import type { KindCursor, KindReader } from '../../../../firmware/outbox/kind-reader.ts';
import { MemoryOutbox } from '../../../../firmware/outbox/memory-outbox.ts';
import type { OutboxMeasure, OutboxMessage } from '../../../../firmware/outbox/outbox.ts';

export class HangingReader implements KindReader {
  readonly inner = new MemoryOutbox({ box: 'test-box', boot: 'boot-1' });
  readonly isEmpty = false;
  /** How often a cursor was asked while frozen, and how many calls of any sort wait for the thaw. */
  reads = 0;
  pending = 0;
  #thawed: Promise<void> | undefined;
  #thaw: () => void = () => {};

  freeze(): void {
    this.#thawed = new Promise((resolve) => {
      this.#thaw = resolve;
    });
  }

  thaw(): void {
    this.#thawed = undefined;
    this.#thaw();
  }

  cursor(): KindCursor {
    const cursor = this.inner.cursor();
    return {
      next: (max: number, kind?: DurableKind): Promise<readonly OutboxMessage[]> => {
        if (this.#thawed !== undefined) this.reads++;
        return this.#whenThawed(() => cursor.next(max, kind));
      },
    };
  }

  remove(keys: readonly DurableKey[]): Promise<void> {
    return this.#whenThawed(() => this.inner.remove(keys));
  }

  refuse(key: DurableKey): Promise<void> {
    return this.#whenThawed(() => this.inner.refuse(key));
  }

  measure(): Promise<OutboxMeasure> {
    return this.#whenThawed(() => this.inner.measure());
  }

  async #whenThawed<Value>(answer: () => Promise<Value>): Promise<Value> {
    this.pending++;
    await this.#thawed;
    this.pending--;
    return await answer();
  }
}
