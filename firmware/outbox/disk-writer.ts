/**
 * The appending end of the outbox on disk: messages, as they come -> batches for the outbox thread, which commits them. What the disk does not
 * take waits in bounded memory and is tried again, or is handed over to somebody who keeps it. Does not touch the disk itself.
 *
 * The event loop of a sensor under load gets no turn for seconds. So a batch that is due is also sent from within `append`, and whether the
 * disk is late is told by turns of the event loop, not by the clock.
 */
import { lossRangesMax } from '../contract/loss.ts';
import type { DiskThread } from './disk-thread.ts';
import { LossLedger, type LossOrigin, type LossTally, lossRecord } from './loss-record.ts';
import type { OutboxOptions } from './options.ts';
import type { NewMessage, OutboxWriter, OutboxWriterState } from './outbox.ts';
import { type WaitingMessage, WaitingMessages } from './waiting-messages.ts';

/** What one commit takes: some 10 ms on a disk, the time of one write on an SD card. */
const batchMessagesMax = 1_000;
const batchBytesMax = 512 * 1024;
/** One is committed while the next one is made. */
const batchesMax = 2;
/** While the event loop gets no turn, answers are not heard either. Each has to wait longer than the one before: together 3 s. */
const unheardBatchesMax = 16;
/** A line of the link to the agent holds this many bytes, even where each is escaped. */
const handOverBytesMax = 128 * 1024;
const handOverTimeoutMs = 10_000;
/** How often a failing or late disk is looked at, at most. */
const lookMs = 500;
/** Looks between two attempts: doubled each time, up to this. */
const looksBetweenMax = 10;

/** Keeps these, or does not: resolves with true once they are kept. */
export type HandOver = (messages: readonly NewMessage[]) => Promise<boolean>;

export interface DiskWriterParts {
  options: OutboxOptions;
  origin: LossOrigin;
  thread: DiskThread;
  handOver: HandOver | undefined;
  onCommitted: (() => void) | undefined;
}

interface Batch {
  /** Those of them for which the thread's answer still counts. */
  entries: WaitingMessage[];
  losses: LossTally[];
  looks: number;
}

interface Handing {
  entries: WaitingMessage[];
  losses: LossTally[];
  /** The batch that they were taken from, while it has no answer. */
  of: Batch | undefined;
  /** The disk has taken them after all. */
  isCommitted: boolean;
}

interface Failure {
  error: string;
  looks: number;
  looksToWait: number;
  looksBetween: number;
}

interface Flush {
  upTo: number;
  resolve: (isDone: boolean) => void;
  timer: NodeJS.Timeout;
}

export class DiskWriter implements OutboxWriter {
  readonly #parts: DiskWriterParts;
  readonly #waiting: WaitingMessages;
  readonly #ledger = new LossLedger(lossRangesMax);
  readonly #batches = new Set<Batch>();
  readonly #flushes = new Set<Flush>();
  readonly #lookMs: number;
  #lost = 0;
  /** On its way to `handOver`. */
  #handing: Handing | undefined;
  #failure: Failure | undefined;
  #dueMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(parts: DiskWriterParts) {
    this.#parts = parts;
    const { memoryMessagesMax, memoryBytesMax, handOverAfterMs } = parts.options;
    this.#lookMs = Math.max(10, Math.min(lookMs, handOverAfterMs / 4));
    this.#waiting = new WaitingMessages({
      messagesMax: memoryMessagesMax,
      bytesMax: memoryBytesMax,
      onDrop: ({ message }, reason) => {
        this.#lost++;
        this.#ledger.note(message.kind, reason, undefined, Date.now());
      },
    });
  }

  append(message: NewMessage): void {
    this.#waiting.add(message, Date.now());
    if (this.#isClosed) return;
    const nowMs = performance.now();
    if (this.#dueMs === undefined) {
      this.#dueMs = nowMs + this.#parts.options.commitAfterMs * Math.max(1, this.#batches.size);
      this.#timer = setTimeout(() => this.#send(), this.#parts.options.commitAfterMs);
    } else if (nowMs >= this.#dueMs) {
      this.#send(unheardBatchesMax);
    }
  }

  flush(timeoutMs: number): Promise<boolean> {
    this.#send();
    return new Promise((resolve) => {
      const flush: Flush = { upTo: this.#waiting.appended, resolve, timer: setTimeout(() => this.#endFlush(flush, false), timeoutMs) };
      this.#flushes.add(flush);
      this.#settleFlushes();
    });
  }

  get writerState(): OutboxWriterState {
    const { count, bytes } = this.#waiting;
    const state = { waiting: count, waitingBytes: bytes, lost: this.#lost, begunAnew: this.#parts.thread.begunAnew };
    return this.#failure === undefined ? { mode: 'disk', ...state } : { mode: 'memory', error: this.#failure.error, ...state };
  }

  /** What is appended from now on stays in memory. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#looking);
    for (const flush of this.#flushes) this.#endFlush(flush, false);
  }

  #send(max = batchesMax): void {
    clearTimeout(this.#timer);
    this.#dueMs = undefined;
    if (this.#failure !== undefined || this.#isClosed) return;
    while (this.#batches.size < max && (!this.#waiting.isEmpty || this.#ledger.size > 0)) this.#sendBatch();
  }

  #sendBatch(): void {
    const batch: Batch = { entries: this.#waiting.take(batchMessagesMax, batchBytesMax), losses: this.#ledger.take(), looks: 0 };
    this.#batches.add(batch);
    this.#looking ??= setInterval(() => this.#look(), this.#lookMs);
    const messages = batch.entries.map(({ message, sinceMs }) => ({ message, sinceMs }));
    this.#parts.thread.request('commit', { messages, losses: batch.losses }).then(
      () => this.#onCommitted(batch),
      (error: unknown) => this.#onRefused(batch, error instanceof Error ? error.message : String(error)),
    );
  }

  #onCommitted(batch: Batch): void {
    this.#batches.delete(batch);
    this.#waiting.settle(batch.entries);
    if (this.#handing?.of === batch) this.#handing.isCommitted = true;
    this.#failure = undefined;
    // What has come meanwhile has waited long enough.
    this.#send();
    this.#settleFlushes();
    this.#parts.onCommitted?.();
  }

  #onRefused(batch: Batch, error: string): void {
    this.#batches.delete(batch);
    this.#waiting.putBack(batch.entries);
    this.#ledger.putBack(batch.losses);
    const { looks = 0, looksBetween = 1 } = this.#failure ?? {};
    this.#failure = { error, looks, looksToWait: looksBetween, looksBetween: Math.min(looksBetween * 2, looksBetweenMax) };
  }

  /** Another attempt where one is due; handing over where the disk has failed, or given no answer, for long. */
  #look(): void {
    if (this.#failure === undefined && this.#batches.size === 0) {
      clearInterval(this.#looking);
      this.#looking = undefined;
      return;
    }
    const looksMax = this.#parts.options.handOverAfterMs / this.#lookMs;
    for (const batch of this.#batches) {
      if (++batch.looks < looksMax) continue;
      const error = `the disk has given no answer for ${Math.round((batch.looks * this.#lookMs) / 1_000)} s`;
      this.#failure = { looks: batch.looks, looksToWait: 0, looksBetween: 1, ...this.#failure, error };
    }
    const failure = this.#failure;
    if (failure === undefined) return;
    failure.looks++;
    if (this.#batches.size === 0 && --failure.looksToWait < 0) this.#sendBatch();
    if (failure.looks >= looksMax && this.#handing === undefined) void this.#handOver();
  }

  async #handOver(): Promise<void> {
    const { handOver, origin } = this.#parts;
    if (handOver === undefined) return;
    while (this.#failure !== undefined && !this.#isClosed) {
      const handing: Handing = { ...this.#takeToHandOver(), losses: this.#ledger.take(), isCommitted: false };
      if (handing.entries.length === 0 && handing.losses.length === 0) break;
      this.#handing = handing;
      const records = handing.losses.map((tally): NewMessage => ({ kind: 'loss', body: lossRecord(tally, origin) }));
      const messages = [...handing.entries.map(({ message }) => message), ...records];
      const isTaken = await within(handOverTimeoutMs, () => handOver(messages));
      this.#handing = undefined;
      if (isTaken || handing.isCommitted) this.#waiting.settle(handing.entries);
      else this.#waiting.putBack(handing.entries);
      if (!isTaken) this.#ledger.putBack(handing.losses);
      this.#settleFlushes();
      if (!isTaken) break;
    }
    // What came back may find the disk mended.
    this.#send();
  }

  /** Also what the disk has been given and does not answer for: should it commit that after all, the repeat is harmless. */
  #takeToHandOver(): Pick<Handing, 'entries' | 'of'> {
    for (const batch of this.#batches) {
      let bytes = 0;
      const end = batch.entries.findIndex(({ sizeBytes }, index) => {
        bytes += sizeBytes;
        return index > 0 && bytes > handOverBytesMax;
      });
      const entries = batch.entries.splice(0, end === -1 ? batch.entries.length : end);
      if (entries.length > 0) return { entries, of: batch };
    }
    return { entries: this.#waiting.take(batchMessagesMax, handOverBytesMax), of: undefined };
  }

  #settleFlushes(): void {
    if (this.#flushes.size === 0) return;
    const underWay = [...this.#batches, ...(this.#handing === undefined ? [] : [this.#handing])];
    const lossesWait = this.#ledger.size > 0 || underWay.some(({ losses }) => losses.length > 0);
    const first = [this.#waiting.oldestOrder, ...underWay.map(({ entries }) => entries[0]?.order)];
    const oldest = Math.min(...first.filter((order) => order !== undefined));
    for (const flush of this.#flushes) if (!lossesWait && oldest > flush.upTo) this.#endFlush(flush, true);
  }

  #endFlush(flush: Flush, isDone: boolean): void {
    clearTimeout(flush.timer);
    this.#flushes.delete(flush);
    flush.resolve(isDone);
  }
}

/** False where it rejects, throws or takes longer. */
async function within(timeoutMs: number, work: () => Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  try {
    return await Promise.race([work(), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
