/**
 * Requests to the outbox thread and its answers. The thread is started with the first request, and again where it has died: what was asked
 * of it is then answered with a fault, for nobody knows whether it was done. Never blocks, and knows nothing of messages.
 */
import { Worker } from 'node:worker_threads';
import type { Answer, Answers, JobName, Jobs, Request, ThreadSettings } from './disk/protocol.ts';

/** A thread that dies at once shall not be started all the time. */
const restartAfterMs = 1_000;

/** Rows pass through the thread and do not stay: without a bound its heap grows to many times what it needs. */
const heapBounds = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 };

interface Waiting {
  resolve: (answer: Answers[JobName]) => void;
  reject: (error: Error) => void;
}

export class DiskThread {
  /** As in `OutboxWriterState`. */
  begunAnew = 0;
  readonly #settings: ThreadSettings;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #startedMs = Number.NEGATIVE_INFINITY;
  #begunAnewBefore = 0;
  #number = 0;
  #isClosed = false;

  constructor(settings: ThreadSettings) {
    this.#settings = settings;
  }

  /** Rejects with what is wrong, in words. */
  request<Name extends JobName>(name: Name, job: Jobs[Name]): Promise<Answers[Name]> {
    if (this.#isClosed) return Promise.reject(new Error('the outbox is closed'));
    const worker = this.#worker ?? this.#start();
    if (worker === undefined) return Promise.reject(new Error('the outbox thread has just died'));
    const number = ++this.#number;
    const request: Request<Name> = { number, name, job };
    return new Promise((resolve, reject) => {
      // The answer to a request is of its name.
      this.#waiting.set(number, { resolve: resolve as Waiting['resolve'], reject });
      worker.postMessage(request);
    });
  }

  /** Resolves when the database is closed and the thread has ended, or after `timeoutMs`: a thread may wait for the disk for ever. */
  async close(timeoutMs: number): Promise<void> {
    const worker = this.#worker;
    if (worker !== undefined && !this.#isClosed) this.request('close', {}).catch(() => undefined);
    this.#isClosed = true;
    if (worker === undefined) return;
    await new Promise<void>((resolve) => {
      const late = setTimeout(() => {
        void worker.terminate();
        resolve();
      }, timeoutMs);
      worker.once('exit', () => {
        clearTimeout(late);
        resolve();
      });
    });
  }

  #start(): Worker | undefined {
    const nowMs = performance.now();
    if (nowMs - this.#startedMs < restartAfterMs) return undefined;
    this.#startedMs = nowMs;
    this.#begunAnewBefore = this.begunAnew;
    const worker = new Worker(new URL('./disk/worker.ts', import.meta.url), {
      name: 'outbox',
      workerData: this.#settings,
      // What the process was started with may not be for a thread: `--eval`, `--input-type`.
      execArgv: [],
      resourceLimits: heapBounds,
    });
    let reason = 'it ended';
    worker.on('message', (answer: Answer) => this.#onAnswer(answer));
    worker.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    worker.on('exit', () => this.#onExit(reason));
    this.#worker = worker;
    return worker;
  }

  #onAnswer({ number, answer, fault, begunAnew }: Answer): void {
    this.begunAnew = this.#begunAnewBefore + begunAnew;
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (answer !== undefined) waiting?.resolve(answer);
    else waiting?.reject(new Error(fault));
  }

  #onExit(reason: string): void {
    this.#worker = undefined;
    const unanswered = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of unanswered) reject(new Error(`the outbox thread has died: ${reason}`));
  }
}
