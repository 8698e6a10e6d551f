/** The durable queue between the sensor's process and the agent's. Messages leave it only when the centre has acknowledged their `seq`. */

export type OutboxKind = 'alert' | 'presence' | 'health' | 'evidence';

export interface OutboxMessage {
  /** Counts every durable message of a box, without gaps. */
  seq: number;
  kind: OutboxKind;
  /** The JSON to be published, with `seq` already in it. */
  body: string;
  /** Alert id, for MQTT correlation data. */
  id?: string;
}

export interface Outbox {
  /** Takes a message; gives it its `seq`. `write` turns the number into the JSON text. Synchronous: it must never stall capture. */
  append(kind: OutboxKind, write: (seq: number) => string, id?: string): number;
  /** The oldest messages that were not removed, at most `max`, in the order of sending: alerts first. */
  peek(max: number): readonly OutboxMessage[];
  remove(seqs: readonly number[]): void;
  /** Messages waiting. */
  readonly depth: number;
  /** Messages that had to be dropped because the outbox was full. */
  readonly dropped: number;
}
