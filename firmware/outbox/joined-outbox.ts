/** Several outboxes -> one to read from: alerts of any before evidence of any. Each answers to its own id. Does not move messages. */
import type { DurableKey } from '../contract/durable.ts';
import type { KindReader } from './kind-reader.ts';
import type { OutboxCursor, OutboxMeasure, OutboxMessage, OutboxReader } from './outbox.ts';
import { forEachKind, kindsInOrder } from './place.ts';

export class JoinedOutbox implements OutboxReader {
  readonly #sources: readonly KindReader[];

  constructor(sources: readonly KindReader[]) {
    this.#sources = sources;
  }

  cursor(): OutboxCursor {
    const cursors = this.#sources.map((source) => ({ source, cursor: source.cursor() }));
    const next = async (max: number): Promise<readonly OutboxMessage[]> => {
      const asked = cursors.filter(({ source }) => !source.isEmpty);
      const [only] = asked;
      if (only !== undefined && asked.length === 1) return only.cursor.next(max);
      const messages: OutboxMessage[] = [];
      for (const kind of kindsInOrder) {
        for (const { cursor } of asked) {
          if (messages.length >= max) return messages;
          messages.push(...(await cursor.next(max - messages.length, kind)));
        }
      }
      return messages;
    };
    return { next };
  }

  async remove(keys: readonly DurableKey[]): Promise<void> {
    await Promise.all(this.#sources.map((source) => source.remove(keys)));
  }

  async refuse(key: DurableKey): Promise<void> {
    await Promise.all(this.#sources.map((source) => source.refuse(key)));
  }

  async measure(): Promise<OutboxMeasure> {
    const measures = await Promise.all(this.#sources.map((source) => source.measure()));
    const sum = (value: (measure: OutboxMeasure) => number) => measures.reduce((total, measure) => total + value(measure), 0);
    const oldest = measures.flatMap(({ oldestMs }) => (oldestMs === undefined ? [] : [oldestMs]));
    return {
      depth: sum(({ depth }) => depth),
      bytes: sum(({ bytes }) => bytes),
      byKind: forEachKind((kind) => sum(({ byKind }) => byKind[kind])),
      oldestMs: oldest.length === 0 ? undefined : Math.min(...oldest),
      dropped: sum(({ dropped }) => dropped),
    };
  }
}
