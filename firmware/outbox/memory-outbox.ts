/**
 * The outbox of an agent whose disk fails: takes what the sensor hands over, and is read like the one on disk. It ends with the process, so
 * its id is new for each. A message gets its number when it is first read; what was never read can still move to the disk without a hole.
 */
import { randomUUID } from 'node:crypto';
import type { DurableKey, DurableKind } from '../contract/durable.ts';
import { type LossReason, lossRangesMax } from '../contract/loss.ts';
import type { KindCursor, KindReader } from './kind-reader.ts';
import { LossLedger, type LossOrigin, type LossTally, lossIntervalMs, lossRecord } from './loss-record.ts';
import { type OutboxOptionsInput, outboxOptionsSchema } from './options.ts';
import type { NewMessage, OutboxMeasure, OutboxMessage } from './outbox.ts';
import { forEachKind, kindsInOrder } from './place.ts';
import { type WaitingMessage, WaitingMessages } from './waiting-messages.ts';

export interface MemoryOutboxParts extends LossOrigin {
  options?: OutboxOptionsInput;
  now?: () => number;
}

export class MemoryOutbox implements KindReader {
  readonly outbox = randomUUID();
  readonly #origin: LossOrigin;
  readonly #now: () => number;
  readonly #waiting: WaitingMessages;
  readonly #ledger = new LossLedger(lossRangesMax);
  readonly #read = new Map<number, WaitingMessage>();
  #seq = 0;
  #dropped = 0;
  #lossesWrittenMs = Number.NEGATIVE_INFINITY;

  constructor({ box, boot, options = {}, now = Date.now }: MemoryOutboxParts) {
    const { memoryMessagesMax, memoryBytesMax } = outboxOptionsSchema.parse(options);
    this.#origin = { box, boot };
    this.#now = now;
    this.#waiting = new WaitingMessages({
      messagesMax: memoryMessagesMax,
      bytesMax: memoryBytesMax,
      onDrop: (waiting, reason) => this.#onDrop(waiting, reason),
    });
  }

  get isEmpty(): boolean {
    return this.#waiting.count === 0 && this.#ledger.size === 0;
  }

  /** Keeps these; for want of room it drops others, or these, and leaves a record. */
  take(messages: readonly NewMessage[]): void {
    for (const message of messages) this.#waiting.add(message, this.#now());
  }

  /** Gives back what no cursor has read yet, oldest first, at most `max`, and forgets it: the disk can be written again. */
  takeAll(max = Number.MAX_SAFE_INTEGER): NewMessage[] {
    this.#writeLosses();
    const unread = kindsInOrder.flatMap((kind) => [...this.#waiting.ofKind(kind)].filter(({ seq }) => seq === undefined));
    const taken = unread.sort((a, b) => a.order - b.order).slice(0, max);
    for (const waiting of taken) this.#waiting.remove(waiting);
    return taken.map(({ message }) => message);
  }

  cursor(): KindCursor {
    const after = forEachKind(() => 0);
    return { next: (max, kind) => Promise.resolve(this.#next(after, max, kind)) };
  }

  remove(keys: readonly DurableKey[]): Promise<void> {
    for (const { outbox, seq } of keys) if (outbox === this.outbox) this.#take(seq);
    return Promise.resolve();
  }

  refuse({ outbox, seq }: DurableKey): Promise<void> {
    const waiting = outbox === this.outbox ? this.#take(seq) : undefined;
    if (waiting !== undefined) this.#note(waiting, 'refused');
    return Promise.resolve();
  }

  measure(): Promise<OutboxMeasure> {
    const byKind = forEachKind((kind) => this.#waiting.countOf(kind));
    byKind.loss += this.#ledger.size;
    const depth = this.#waiting.count + this.#ledger.size;
    return Promise.resolve({ depth, bytes: this.#waiting.bytes, byKind, oldestMs: this.#waiting.oldestMs, dropped: this.#dropped });
  }

  #next(after: Record<DurableKind, number>, max: number, only: DurableKind | undefined): OutboxMessage[] {
    if (performance.now() - this.#lossesWrittenMs >= lossIntervalMs) this.#writeLosses();
    const result: OutboxMessage[] = [];
    for (const kind of only === undefined ? kindsInOrder : [only]) {
      for (const waiting of this.#waiting.ofKind(kind)) {
        if (result.length >= max) return result;
        if (waiting.order <= after[kind]) continue;
        after[kind] = waiting.order;
        result.push(this.#numbered(waiting));
      }
    }
    return result;
  }

  #numbered(waiting: WaitingMessage): OutboxMessage {
    if (waiting.seq === undefined) {
      waiting.seq = ++this.#seq;
      this.#read.set(waiting.seq, waiting);
    }
    return { ...waiting.message, outbox: this.outbox, seq: waiting.seq };
  }

  #take(seq: number): WaitingMessage | undefined {
    const waiting = this.#read.get(seq);
    if (waiting === undefined) return undefined;
    this.#read.delete(seq);
    this.#waiting.remove(waiting);
    return waiting;
  }

  #onDrop(waiting: WaitingMessage, reason: LossReason): void {
    if (waiting.seq !== undefined) this.#read.delete(waiting.seq);
    this.#note(waiting, reason);
  }

  #note({ message, seq }: WaitingMessage, reason: LossReason): void {
    this.#dropped++;
    const full = this.#ledger.note(message.kind, reason, seq, this.#now());
    if (full !== undefined) this.#addLoss(full);
  }

  /** A tally becomes a message when somebody reads, and grows until then. */
  #writeLosses(): void {
    this.#lossesWrittenMs = performance.now();
    for (const tally of this.#ledger.take()) this.#addLoss(tally);
  }

  #addLoss(tally: LossTally): void {
    const body = lossRecord(tally, this.#origin, tally.ranges.length === 0 ? undefined : this.outbox);
    this.#waiting.add({ kind: 'loss', body }, this.#now());
  }
}
