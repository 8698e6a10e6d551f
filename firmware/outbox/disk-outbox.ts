/**
 * The outbox on disk, as one process sees it: both ends of the durable queue. Sensor and agent each have one on the same folder. All work on
 * the database is done in a thread of its own; the process never waits for the disk, and no fault of the disk reaches it as an exception.
 */
import type { DurableKey, DurableKind } from '../contract/durable.ts';
import { lossRangesMax } from '../contract/loss.ts';
import { DiskThread } from './disk-thread.ts';
import { DiskWriter, type HandOver } from './disk-writer.ts';
import type { KindCursor, KindReader } from './kind-reader.ts';
import type { LossOrigin } from './loss-record.ts';
import { type OutboxOptionsInput, outboxOptionsSchema } from './options.ts';
import type { NewMessage, OutboxMeasure, OutboxMessage, OutboxWriter, OutboxWriterState } from './outbox.ts';
import { forEachKind } from './place.ts';

type Ending = 'remove' | 'refuse';

/** Numbers, by outbox, that are gathered while the thread is at those before. */
interface Gathered {
  seqs: Map<string, number[]>;
  done: Promise<void>;
}

export interface DiskOutboxParts extends LossOrigin {
  /** Made where it is not there. `options.folder` is not looked at: who has a default for it gives the result here. */
  folder: string;
  options?: OutboxOptionsInput;
  /** Where messages can go while the disk cannot be written. */
  handOver?: HandOver;
  /** Something new is in the queue on disk. */
  onCommitted?: () => void;
}

export class DiskOutbox implements OutboxWriter, KindReader {
  /** The other process may have put something in at any time. */
  readonly isEmpty = false;
  readonly #thread: DiskThread;
  readonly #writer: DiskWriter;
  readonly #gathered: Partial<Record<Ending, Gathered>> = {};
  #closing: Promise<boolean> | undefined;
  #lastEnding: Promise<void> = Promise.resolve();
  #measured: OutboxMeasure = { depth: 0, bytes: 0, byKind: forEachKind(() => 0), oldestMs: undefined, dropped: 0 };

  constructor({ folder, box, boot, options = {}, handOver, onCommitted }: DiskOutboxParts) {
    const parsed = outboxOptionsSchema.parse(options);
    const { bytesMax, freeBytesMin } = parsed;
    const origin: LossOrigin = { box, boot };
    this.#thread = new DiskThread({ folder, ...origin, lossRangesMax, bytesMax, freeBytesMin });
    this.#writer = new DiskWriter({ options: parsed, origin, thread: this.#thread, handOver, onCommitted });
  }

  append(message: NewMessage): void {
    this.#writer.append(message);
  }

  flush(timeoutMs: number): Promise<boolean> {
    return this.#writer.flush(timeoutMs);
  }

  get writerState(): OutboxWriterState {
    return this.#writer.writerState;
  }

  cursor(): KindCursor {
    let from = { outbox: '', after: forEachKind(() => 0) };
    const read = async (max: number, kind: DurableKind | undefined): Promise<readonly OutboxMessage[]> => {
      try {
        const answer = await this.#thread.request('next', { from, max, kind });
        from = answer.from;
        return answer.messages;
      } catch {
        // The state of the writing end says what is wrong. It is all still there when the disk answers again.
        return [];
      }
    };
    let last: Promise<unknown> = Promise.resolve();
    return {
      // One after the other, or both would give the same.
      next: (max, kind) => {
        const messages = last.then(() => read(max, kind));
        last = messages;
        return messages;
      },
    };
  }

  remove(keys: readonly DurableKey[]): Promise<void> {
    return this.#end('remove', keys);
  }

  refuse(key: DurableKey): Promise<void> {
    return this.#end('refuse', [key]);
  }

  async measure(): Promise<OutboxMeasure> {
    try {
      this.#measured = await this.#thread.request('measure', {});
    } catch {
      // What was last known is the best there is.
    }
    return this.#measured;
  }

  /** Commits what waits, closes the database and ends the thread. Resolves with false where not all was committed in time. Harmless twice. */
  close(timeoutMs = 5_000): Promise<boolean> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<boolean> {
    const endMs = performance.now() + timeoutMs;
    const isFlushed = await this.#writer.flush(timeoutMs);
    this.#writer.close();
    await this.#thread.close(Math.max(100, endMs - performance.now()));
    return isFlushed;
  }

  #end(ending: Ending, keys: readonly DurableKey[]): Promise<void> {
    const { seqs, done } = this.#gathered[ending] ?? this.#gather(ending);
    for (const { outbox, seq } of keys) {
      const ofOutbox = seqs.get(outbox);
      if (ofOutbox === undefined) seqs.set(outbox, [seq]);
      else ofOutbox.push(seq);
    }
    return done;
  }

  #gather(ending: Ending): Gathered {
    const seqs = new Map<string, number[]>();
    const done = this.#lastEnding.then(async () => {
      delete this.#gathered[ending];
      // Where it fails the thread has taken note, and tries again.
      for (const [outbox, numbers] of seqs) await this.#thread.request(ending, { outbox, seqs: numbers }).catch(() => undefined);
    });
    this.#lastEnding = done;
    const gathered: Gathered = { seqs, done };
    this.#gathered[ending] = gathered;
    return gathered;
  }
}
