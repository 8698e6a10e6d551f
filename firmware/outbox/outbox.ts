/**
 * The durable queue between what the box finds and the centre: its two ends. Messages leave it only when the centre has acknowledged them.
 * Several processes may append; one reads. A message has no number until it is in the queue: `seq` is given with the commit.
 */
import type { DurableKey, DurableKind } from '../contract/durable.ts';

/** A message on its way into the outbox. JSON text begins with `{` and carries neither `seq` nor `outboxId`; evidence is bytes. */
export interface NewMessage {
  kind: DurableKind;
  body: string | Uint8Array;
  /** Id of the alert that an alert or a piece of evidence belongs to. */
  id?: string;
}

export interface OutboxMessage extends DurableKey, NewMessage {}

export interface OutboxWriter {
  /** Takes a message at once; never waits, never throws, is bounded: what it must drop is counted and becomes a loss record. */
  append(message: NewMessage): void;
  /** Resolves with true once all that was appended is committed (or handed over), with false after `timeoutMs`. */
  flush(timeoutMs: number): Promise<boolean>;
  readonly writerState: OutboxWriterState;
}

/** For health. Totals since the start of the process. */
export interface OutboxWriterState {
  /** `disk`: all is well. `memory`: the disk cannot be written, messages wait in memory or are handed over. */
  mode: 'disk' | 'memory';
  /** Why not on disk, in words. */
  error?: string;
  /** Messages, and bytes of them, not yet committed. */
  waiting: number;
  waitingBytes: number;
  /** Messages dropped for want of room in memory. */
  lost: number;
  /** Outboxes found damaged or gone, and begun anew. */
  begunAnew: number;
}

export interface OutboxReader {
  /** A place in the queue from which to read on; several may be open. */
  cursor(): OutboxCursor;
  /** These are safe at the centre. Resolves once they are gone; where the disk refuses, it is tried again later and they do not come back from a cursor. */
  remove(keys: readonly DurableKey[]): Promise<void>;
  /** Drops a message that can never be delivered, and leaves a loss record. */
  refuse(key: DurableKey): Promise<void>;
  /** What is in the queue now. Never rejects. */
  measure(): Promise<OutboxMeasure>;
}

export interface OutboxCursor {
  /**
   * The next messages, at most `max`, none twice: alerts before all else, then by kind and number. A message that was appended since, of a
   * kind already passed, comes at the next call. Empty: nothing more for now. Never rejects.
   */
  next(max: number): Promise<readonly OutboxMessage[]>;
}

/** For health. */
export interface OutboxMeasure {
  /** Messages waiting for the centre, and bytes of them. */
  depth: number;
  bytes: number;
  byKind: Readonly<Record<DurableKind, number>>;
  /** When the message that has waited longest came in, ms since 1970; undefined where none waits. */
  oldestMs: number | undefined;
  /** Messages dropped so far, by the loss records of this outbox. */
  dropped: number;
  /** Of the outbox on disk: its id, and the highest number it has given; absent where there is none. */
  outboxId?: string;
  lastSeq?: number;
}

/** The message as it goes over the wire: with its numbers as the first fields. Evidence goes as it is; its numbers travel beside it. */
export function numbered({ body, outbox, seq }: OutboxMessage): string | Uint8Array {
  if (typeof body !== 'string') return body;
  return `{"seq":${seq},"outboxId":${JSON.stringify(outbox)},${body.slice(1)}`;
}
