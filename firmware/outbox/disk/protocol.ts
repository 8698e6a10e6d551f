/** What crosses between a process and its outbox thread: one answer to each request, in their order. */
import type { DurableKind } from '../../contract/durable.ts';
import type { WorkerAnswer, WorkerRequest } from '../../restarting-worker.ts';
import type { LossTally } from '../loss-record.ts';
import type { NewMessage, OutboxMeasure, OutboxMessage } from '../outbox.ts';
import type { QuotaSettings } from './quota.ts';
import type { LossSettings } from './transaction.ts';

export interface ThreadSettings extends LossSettings, QuotaSettings {
  folder: string;
}

/** The last number read of each kind, in this outbox. */
export interface ReadingPlace {
  outbox: string;
  after: Record<DurableKind, number>;
}

export interface Jobs {
  /** Losses are of messages that never had a number. Of nothing at all it proves that the disk can be written. */
  commit: { messages: readonly { message: NewMessage; sinceMs: number }[]; losses: readonly LossTally[] };
  next: { from: ReadingPlace; max: number; kind: DurableKind | undefined };
  remove: { outbox: string; seqs: readonly number[] };
  refuse: { outbox: string; seqs: readonly number[] };
  measure: object;
  close: object;
}

export interface Answers {
  commit: object;
  next: { from: ReadingPlace; messages: OutboxMessage[] };
  remove: object;
  refuse: object;
  measure: OutboxMeasure;
  close: object;
}

export type JobName = keyof Jobs;

export type Request<Name extends JobName = JobName> = WorkerRequest<Jobs, Name>;

/** In place of the number of a request: nobody has asked. */
export const unasked = 0;

/** Said with each answer. */
export interface Told {
  /** As in `OutboxWriterState`. */
  begunAnew: number;
}

export type Answer = WorkerAnswer<Answers> & Told;
