/**
 * Requests to the thread that keeps the memory of what was seen, and its answers. The thread is started with the first request, and again where it has
 * died: what was asked of it is then answered with a fault. Never blocks; what it cannot take is counted, not kept waiting.
 */
import { Worker } from 'node:worker_threads';
import type { SeenMemory } from '../../contract/sighting.ts';
import type { BlockSource } from './collect.ts';
import type { JournalPart } from './journal.ts';
import {
  type MemoryAnswer,
  type MemoryAnswers,
  type MemoryJobName,
  type MemoryJobs,
  type MemoryRequest,
  type MemorySettings,
  nothingKept,
} from './protocol.ts';

/** 4 MB that wait for the disk. */
const partsMax = 4;
/** A thread that dies at once shall not be started all the time. */
const restartAfterMs = 10_000;
/** Merging the fullest day takes this much within the heap, and as much outside of it. */
const heapBounds = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 8 };

interface Waiting {
  /** Called before all else: an answer and the end of the thread may come in one turn. */
  settle: ((fault: string | undefined) => void) | undefined;
  resolve: (answer: MemoryAnswers[MemoryJobName]) => void;
  reject: (error: Error) => void;
}

interface RequestOptions {
  transfer?: ArrayBuffer[];
  settle?: Waiting['settle'];
}

export class MemoryThread {
  readonly #settings: MemorySettings;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #startedMs = Number.NEGATIVE_INFINITY;
  #number = 0;
  #taking = 0;
  #lost = 0;
  /** Handed over since an interval was written. */
  #takenEntries = 0;
  #fault: string | undefined;
  #isClosed = false;
  #told: SeenMemory = nothingKept;

  constructor(settings: MemorySettings) {
    this.#settings = settings;
  }

  get state(): SeenMemory {
    const fault = this.#fault?.slice(0, 500);
    return { ...this.#told, lost: this.#told.lost + this.#lost, ...(fault === undefined ? {} : { fault }) };
  }

  /** False: there is no room, or no thread. */
  take(part: JournalPart, isOver: boolean, today?: number): boolean {
    if (this.#taking >= partsMax || this.#isClosed || (this.#worker ?? this.#start()) === undefined) return false;
    this.#taking++;
    this.#takenEntries += part.entries;
    const settle = (fault: string | undefined) => {
      this.#taking--;
      this.#fault = fault;
      if (isOver) this.#takenEntries = 0;
    };
    const job = { part, isOver, ...(today === undefined ? {} : { today }) };
    this.#request('take', job, { transfer: [part.words.buffer], settle }).catch(() => undefined);
    return true;
  }

  /** Everything since a day. Only one at a time. */
  walk(sinceDay: number): BlockSource {
    let job: MemoryJobs['walk'] = { sinceDay };
    return {
      next: async () => {
        const { block } = await this.#request('walk', job);
        job = {};
        // What comes from a thread is a plain array of bytes.
        return block && { day: block.day, values: Buffer.from(block.values.buffer, block.values.byteOffset, block.values.length) };
      },
      rows: async (values) => (await this.#request('rows', { values })).rows,
    };
  }

  async keepTold(text: string): Promise<void> {
    await this.#request('keep-told', { text });
  }

  /** Resolves when all is written and the thread has ended, or after `timeoutMs`. */
  async close(timeoutMs: number): Promise<void> {
    const worker = this.#worker;
    if (worker !== undefined) this.#request('close', {}).catch(() => undefined);
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

  #request<Name extends MemoryJobName>(
    name: Name,
    job: MemoryJobs[Name],
    { transfer = [], settle }: RequestOptions = {},
  ): Promise<MemoryAnswers[Name]> {
    if (this.#isClosed) return Promise.reject(new Error('the memory of what was seen is closed'));
    const worker = this.#worker ?? this.#start();
    if (worker === undefined) return Promise.reject(new Error('the thread of the memory has just died'));
    const number = ++this.#number;
    const request: MemoryRequest<Name> = { number, name, job };
    return new Promise((resolve, reject) => {
      // The answer to a request is of its name.
      this.#waiting.set(number, { settle, resolve: resolve as Waiting['resolve'], reject });
      worker.postMessage(request, transfer);
    });
  }

  #start(): Worker | undefined {
    const nowMs = performance.now();
    if (nowMs - this.#startedMs < restartAfterMs) return undefined;
    this.#startedMs = nowMs;
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      name: 'memory',
      workerData: this.#settings,
      // What the process was started with may not be for a thread: `--eval`, `--input-type`.
      execArgv: [],
      resourceLimits: heapBounds,
    });
    let reason = 'it ended';
    worker.on('message', (answer: MemoryAnswer) => this.#onAnswer(answer));
    worker.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    worker.on('exit', () => this.#onExit(reason));
    this.#worker = worker;
    return worker;
  }

  #onAnswer({ number, answer, fault, state }: MemoryAnswer): void {
    this.#told = state;
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    waiting?.settle?.(fault);
    if (answer !== undefined) waiting?.resolve(answer);
    else waiting?.reject(new Error(fault));
  }

  #onExit(reason: string): void {
    this.#worker = undefined;
    const unanswered = [...this.#waiting.values()];
    this.#waiting.clear();
    // What it had summed up is gone with it.
    this.#lost += this.#takenEntries;
    this.#takenEntries = 0;
    const fault = `the thread of the memory has died: ${reason}`;
    for (const { settle, reject } of unanswered) {
      settle?.(fault);
      reject(new Error(fault));
    }
  }
}
