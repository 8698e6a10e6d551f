/**
 * Requests to a worker thread and its answers, one to each. The thread is started with the first request, and again where it has died: what was asked of
 * it is then answered with a fault, for nobody knows whether it was done. Never blocks.
 */
import { type ResourceLimits, Worker } from 'node:worker_threads';

export interface WorkerSettings {
  /** Of the system, for whoever looks at threads. */
  name: string;
  file: URL;
  data: unknown;
  /** A thread that dies at once shall not be started all the time. */
  restartAfterMs: number;
  heapBounds: ResourceLimits;
  /** In messages of faults: what is gone when it is closed, and what the thread is called. */
  words: { whole: string; thread: string };
}

export interface WorkerRequest<Jobs, Name extends keyof Jobs = keyof Jobs> {
  number: number;
  name: Name;
  job: Jobs[Name];
}

export interface WorkerAnswer<Answers> {
  /** Of the request. */
  number: number;
  answer?: Answers[keyof Answers];
  /** Why the job could not be done, in words. */
  fault?: string;
}

export interface RequestOptions {
  transfer?: ArrayBuffer[];
  /** Called with the answer or the end of the thread, before anything that waits for either. */
  settle?: (fault: string | undefined) => void;
}

/** Each before what waits for an answer hears of it. */
export interface WorkerEvents<Told> {
  /** Also for what the thread says unasked. */
  onTold: (told: Told) => void;
  onStart?: () => void;
  onExit?: () => void;
}

interface Waiting<Answers> {
  settle: RequestOptions['settle'];
  resolve: (answer: Answers[keyof Answers]) => void;
  reject: (error: Error) => void;
}

/** `Told`: what the thread says with each answer. `close` is the name of the job that ends it. */
export class RestartingWorker<Jobs extends { close: object }, Answers extends Record<keyof Jobs, object>, Told> {
  readonly #settings: WorkerSettings;
  readonly #events: WorkerEvents<Told>;
  readonly #waiting = new Map<number, Waiting<Answers>>();
  #worker: Worker | undefined;
  #startedMs = Number.NEGATIVE_INFINITY;
  #number = 0;
  #isClosed = false;

  constructor(settings: WorkerSettings, events: WorkerEvents<Told>) {
    this.#settings = settings;
    this.#events = events;
  }

  /** True: a request made now would be refused. Starts the thread where there is none. */
  get isAway(): boolean {
    return this.#isClosed || this.#running() === undefined;
  }

  /** Rejects with what is wrong, in words. */
  request<Name extends keyof Jobs>(name: Name, job: Jobs[Name], { transfer = [], settle }: RequestOptions = {}): Promise<Answers[Name]> {
    const { words } = this.#settings;
    if (this.#isClosed) return Promise.reject(new Error(`${words.whole} is closed`));
    const worker = this.#running();
    if (worker === undefined) return Promise.reject(new Error(`${words.thread} has just died`));
    const number = ++this.#number;
    const request: WorkerRequest<Jobs, Name> = { number, name, job };
    return new Promise((resolve, reject) => {
      // The answer to a request is of its name.
      this.#waiting.set(number, { settle, resolve: resolve as Waiting<Answers>['resolve'], reject });
      worker.postMessage(request, transfer);
    });
  }

  /** Resolves when the thread has done all before and has ended, or after `timeoutMs`: a thread may wait for the disk for ever. */
  async close(timeoutMs: number): Promise<void> {
    const worker = this.#worker;
    if (worker !== undefined) this.request('close', {}).catch(() => undefined);
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

  #running(): Worker | undefined {
    return this.#worker ?? this.#start();
  }

  #start(): Worker | undefined {
    const { file, name, data, restartAfterMs, heapBounds } = this.#settings;
    const nowMs = performance.now();
    if (nowMs - this.#startedMs < restartAfterMs) return undefined;
    this.#startedMs = nowMs;
    this.#events.onStart?.();
    // What the process was started with may not be for a thread: `--eval`, `--input-type`.
    const worker = new Worker(file, { name, workerData: data, execArgv: [], resourceLimits: heapBounds });
    let reason = 'it ended';
    worker.on('message', (answer: WorkerAnswer<Answers> & Told) => this.#hear(answer));
    worker.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    worker.on('exit', () => this.#end(`${this.#settings.words.thread} has died: ${reason}`));
    this.#worker = worker;
    return worker;
  }

  #hear(told: WorkerAnswer<Answers> & Told): void {
    const { number, answer, fault } = told;
    this.#events.onTold(told);
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    waiting?.settle?.(fault);
    if (answer !== undefined) waiting?.resolve(answer);
    else waiting?.reject(new Error(fault));
  }

  #end(fault: string): void {
    this.#worker = undefined;
    const unanswered = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#events.onExit?.();
    for (const { settle, reject } of unanswered) {
      settle?.(fault);
      reject(new Error(fault));
    }
  }
}
