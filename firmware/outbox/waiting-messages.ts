/**
 * Messages in memory, bounded by count and by bytes: oldest first out, and at the bound dropped in this order: evidence, health, older
 * revisions of an alert that waits in a newer one, presence, alerts, and records of loss where nothing else is left; of each the oldest.
 * Messages that were taken out count until they are settled, but cannot be dropped. Does not keep the records of loss: `onDrop` does.
 */
import type { DurableKind } from '../contract/durable.ts';
import type { LossReason } from '../contract/loss.ts';
import type { NewMessage } from './outbox.ts';
import { forEachKind, kindsInOrder, messageBytesMax } from './place.ts';

export interface WaitingMessage {
  readonly message: NewMessage;
  readonly sizeBytes: number;
  /** ms since 1970. */
  readonly sinceMs: number;
  /** Counts the messages that came in. */
  readonly order: number;
  /** Where messages get their numbers in memory: once it was read. */
  seq?: number;
  older: WaitingMessage | undefined;
  newer: WaitingMessage | undefined;
}

export interface WaitingBounds {
  messagesMax: number;
  bytesMax: number;
  onDrop: (waiting: WaitingMessage, reason: LossReason) => void;
}

interface Line {
  oldest: WaitingMessage | undefined;
  newest: WaitingMessage | undefined;
  count: number;
}

export class WaitingMessages {
  readonly #bounds: WaitingBounds;
  readonly #lines: Record<DurableKind, Line> = forEachKind(() => ({ oldest: undefined, newest: undefined, count: 0 }));
  /** Alerts in the lines by id, oldest first. */
  readonly #revisions = new Map<string, WaitingMessage[]>();
  /** Ids of which more than one revision waits. */
  readonly #repeated = new Set<string>();
  #appended = 0;
  #count = 0;
  #bytes = 0;

  constructor(bounds: WaitingBounds) {
    this.#bounds = bounds;
  }

  /** Messages in the lines and taken out. */
  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How many ever came in. */
  get appended(): number {
    return this.#appended;
  }

  countOf(kind: DurableKind): number {
    return this.#lines[kind].count;
  }

  /** In the lines alone. */
  get isEmpty(): boolean {
    return kindsInOrder.every((kind) => this.#lines[kind].count === 0);
  }

  /** `order` of the oldest message in the lines; undefined where none waits. */
  get oldestOrder(): number | undefined {
    return this.#oldest()?.order;
  }

  get oldestMs(): number | undefined {
    return this.#oldest()?.sinceMs;
  }

  add(message: NewMessage, sinceMs: number): void {
    const { kind, body } = message;
    // Bytes may be a window on a buffer that the caller uses on; and a window would be cloned with all that is behind it.
    const kept = typeof body === 'string' ? message : { ...message, body: new Uint8Array(body) };
    const sizeBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
    const waiting: WaitingMessage = { message: kept, sizeBytes, sinceMs, order: ++this.#appended, older: undefined, newer: undefined };
    const isTooLarge = sizeBytes + Buffer.byteLength(message.id ?? '') > messageBytesMax;
    if (isTooLarge || sizeBytes > this.#bounds.bytesMax) {
      // It could not stay even alone: let it not drive out everything else first.
      this.#bounds.onDrop(waiting, isTooLarge ? 'refused' : 'memory');
      return;
    }
    this.#count++;
    this.#bytes += sizeBytes;
    this.#link(waiting, this.#lines[kind].newest);
    while ((this.#count > this.#bounds.messagesMax || this.#bytes > this.#bounds.bytesMax) && this.#dropOne());
  }

  *ofKind(kind: DurableKind): Generator<WaitingMessage, undefined> {
    for (let waiting = this.#lines[kind].oldest; waiting !== undefined; waiting = waiting.newer) yield waiting;
  }

  /** Takes the oldest messages of all kinds, at least one where any waits; `settle` or `putBack` must follow. */
  take(messagesMax: number, bytesMax: number): WaitingMessage[] {
    const taken: WaitingMessage[] = [];
    let bytes = 0;
    for (let next = this.#oldest(); next !== undefined && taken.length < messagesMax; next = this.#oldest()) {
      bytes += next.sizeBytes;
      if (taken.length > 0 && bytes > bytesMax) break;
      this.#unlink(next);
      taken.push(next);
    }
    return taken;
  }

  /** These are gone for good. */
  settle(taken: readonly WaitingMessage[]): void {
    for (const { sizeBytes } of taken) {
      this.#count--;
      this.#bytes -= sizeBytes;
    }
  }

  /** These wait again, where they were. */
  putBack(taken: readonly WaitingMessage[]): void {
    for (const waiting of taken.toReversed()) {
      let older: WaitingMessage | undefined;
      // Others may have been put back before that are older still.
      for (const other of this.ofKind(waiting.message.kind)) {
        if (other.order > waiting.order) break;
        older = other;
      }
      this.#link(waiting, older);
    }
  }

  /** One that waits in its line is gone for good. */
  remove(waiting: WaitingMessage): void {
    this.#unlink(waiting);
    this.settle([waiting]);
  }

  #oldest(): WaitingMessage | undefined {
    let oldest: WaitingMessage | undefined;
    for (const kind of kindsInOrder) {
      const first = this.#lines[kind].oldest;
      if (first !== undefined && (oldest === undefined || first.order < oldest.order)) oldest = first;
    }
    return oldest;
  }

  #link(waiting: WaitingMessage, older: WaitingMessage | undefined): void {
    const { kind, id } = waiting.message;
    const line = this.#lines[kind];
    const newer = older === undefined ? line.oldest : older.newer;
    waiting.older = older;
    waiting.newer = newer;
    if (older === undefined) line.oldest = waiting;
    else older.newer = waiting;
    if (newer === undefined) line.newest = waiting;
    else newer.older = waiting;
    line.count++;
    if (kind !== 'alert' || id === undefined) return;
    const revisions = this.#revisions.get(id);
    if (revisions === undefined) this.#revisions.set(id, [waiting]);
    else {
      const place = revisions.findLastIndex(({ order }) => order < waiting.order) + 1;
      revisions.splice(place, 0, waiting);
      this.#repeated.add(id);
    }
  }

  #unlink(waiting: WaitingMessage): void {
    const { kind, id } = waiting.message;
    const line = this.#lines[kind];
    if (waiting.older === undefined) line.oldest = waiting.newer;
    else waiting.older.newer = waiting.newer;
    if (waiting.newer === undefined) line.newest = waiting.older;
    else waiting.newer.older = waiting.older;
    line.count--;
    if (kind !== 'alert' || id === undefined) return;
    const revisions = this.#revisions.get(id) ?? [];
    revisions.splice(revisions.indexOf(waiting), 1);
    if (revisions.length === 0) this.#revisions.delete(id);
    if (revisions.length < 2) this.#repeated.delete(id);
  }

  /** False where nothing is left that could be dropped. */
  #dropOne(): boolean {
    const repeated = this.#repeated.values().next();
    const merged = repeated.done ? undefined : this.#revisions.get(repeated.value)?.[0];
    const lines = this.#lines;
    const first = lines.evidence.oldest ?? lines.health.oldest;
    const dropped = first ?? merged ?? lines.presence.oldest ?? lines.alert.oldest ?? lines.loss.oldest;
    if (dropped === undefined) return false;
    this.remove(dropped);
    this.#bounds.onDrop(dropped, dropped === merged ? 'merged' : 'memory');
    return true;
  }
}
