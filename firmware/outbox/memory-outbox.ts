/**
 * Keeps messages for the centre in memory, bounded by count and by bytes. Survives a lost link, not the end of the process: that is the
 * disk's. At the cap it drops evidence first, then health, then presence, the oldest of each, and alerts last of all; each drop is counted.
 */
import { z } from 'zod';
import type { Outbox, OutboxKind, OutboxMessage } from './outbox.ts';

export const memoryOutboxOptionsSchema = z.object({
  messagesMax: z.int().min(1).default(10_000).meta({ description: 'most messages that wait in memory' }),
  bytesMax: z
    .int()
    .min(1)
    .default(32 * 1024 * 1024)
    .meta({ description: 'most bytes of JSON that wait in memory' }),
});
export type MemoryOutboxOptions = z.input<typeof memoryOutboxOptionsSchema>;

/** First to be sent, last to be dropped. */
const sendingOrder: readonly OutboxKind[] = ['alert', 'presence', 'health', 'evidence'];
const droppingOrder = sendingOrder.toReversed();

interface Waiting {
  message: OutboxMessage;
  sizeBytes: number;
  sinceMs: number;
}

export class MemoryOutbox implements Outbox {
  readonly #messagesMax: number;
  readonly #bytesMax: number;
  readonly #now: () => number;
  readonly #waiting: Record<OutboxKind, Map<number, Waiting>> = {
    alert: new Map(),
    presence: new Map(),
    health: new Map(),
    evidence: new Map(),
  };
  #nextSeq = 1;
  #depth = 0;
  #bytes = 0;
  readonly #dropped: Record<OutboxKind, number> = { alert: 0, presence: 0, health: 0, evidence: 0 };

  constructor(options: MemoryOutboxOptions = {}, now: () => number = Date.now) {
    const { messagesMax, bytesMax } = memoryOutboxOptionsSchema.parse(options);
    this.#messagesMax = messagesMax;
    this.#bytesMax = bytesMax;
    this.#now = now;
  }

  /** The number is given even where the message itself is then dropped for want of room: the centre sees the hole. */
  append(kind: OutboxKind, write: (seq: number) => string, id?: string): number {
    const seq = this.#nextSeq;
    const body = write(seq);
    this.#nextSeq++;
    const sizeBytes = Buffer.byteLength(body);
    if (sizeBytes > this.#bytesMax) {
      // It could not stay even alone: let it not drive out everything else first.
      this.#dropped[kind]++;
      return seq;
    }
    const message: OutboxMessage = id === undefined ? { seq, kind, body } : { seq, kind, body, id };
    this.#waiting[kind].set(seq, { message, sizeBytes, sinceMs: this.#now() });
    this.#depth++;
    this.#bytes += sizeBytes;
    while (this.#depth > this.#messagesMax || this.#bytes > this.#bytesMax) this.#dropOne();
    return seq;
  }

  peek(max: number): readonly OutboxMessage[] {
    const result: OutboxMessage[] = [];
    for (const kind of sendingOrder) {
      if (result.length >= max) break;
      for (const { message } of this.#waiting[kind].values()) {
        if (result.length >= max) break;
        result.push(message);
      }
    }
    return result;
  }

  remove(seqs: readonly number[]): void {
    for (const seq of seqs) {
      for (const kind of sendingOrder) if (this.#take(kind, seq)) break;
    }
  }

  get depth(): number {
    return this.#depth;
  }

  /** Bytes of JSON waiting. */
  get bytes(): number {
    return this.#bytes;
  }

  get dropped(): number {
    return sendingOrder.reduce((sum, kind) => sum + this.#dropped[kind], 0);
  }

  /** When the message that has waited longest came in, ms since 1970; undefined where none waits. */
  get oldestMs(): number | undefined {
    let oldestMs: number | undefined;
    for (const kind of sendingOrder) {
      const first = this.#waiting[kind].values().next();
      if (!first.done && (oldestMs === undefined || first.value.sinceMs < oldestMs)) oldestMs = first.value.sinceMs;
    }
    return oldestMs;
  }

  /** What was dropped, by kind. */
  get droppedByKind(): Readonly<Record<OutboxKind, number>> {
    return this.#dropped;
  }

  #take(kind: OutboxKind, seq: number): boolean {
    const waiting = this.#waiting[kind].get(seq);
    if (waiting === undefined) return false;
    this.#waiting[kind].delete(seq);
    this.#depth--;
    this.#bytes -= waiting.sizeBytes;
    return true;
  }

  #dropOne(): void {
    for (const kind of droppingOrder) {
      const oldest = this.#waiting[kind].keys().next();
      if (oldest.done) continue;
      this.#take(kind, oldest.value);
      this.#dropped[kind]++;
      return;
    }
  }
}
