/** Which messages were sent and not yet acknowledged by the centre, and when; in the order of sending. Times by `performance.now()`. */
import type { DurableKey } from '../../contract/durable.ts';

export class SentBook {
  readonly #sentMs = new Map<string, number>();

  get size(): number {
    return this.#sentMs.size;
  }

  /** When the message that waits longest was sent. */
  get oldestMs(): number | undefined {
    return this.#sentMs.values().next().value;
  }

  has(key: DurableKey): boolean {
    return this.#sentMs.has(nameOf(key));
  }

  add(key: DurableKey, nowMs: number): void {
    this.#sentMs.set(nameOf(key), nowMs);
  }

  delete(key: DurableKey): void {
    this.#sentMs.delete(nameOf(key));
  }

  /** Strikes out what was sent at `untilMs` or before; says how many. */
  forgetUntil(untilMs: number): number {
    const before = this.#sentMs.size;
    for (const [name, sentMs] of this.#sentMs) {
      if (sentMs > untilMs) break;
      this.#sentMs.delete(name);
    }
    return before - this.#sentMs.size;
  }

  clear(): void {
    this.#sentMs.clear();
  }
}

function nameOf({ outbox, seq }: DurableKey): string {
  return `${outbox}/${seq}`;
}
