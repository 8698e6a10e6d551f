/** Requests to the outbox thread. Knows nothing of messages. */
import { RestartingWorker } from '../restarting-worker.ts';
import type { Answers, JobName, Jobs, ThreadSettings, Told } from './disk/protocol.ts';

const restartAfterMs = 1_000;
/** Rows pass through the thread and do not stay: without a bound its heap grows to many times what it needs. */
const heapBounds = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 };

export class DiskThread {
  /** As in `OutboxWriterState`. */
  begunAnew = 0;
  readonly #worker: RestartingWorker<Jobs, Answers, Told>;
  /** By threads that have died since. */
  #begunAnewBefore = 0;

  constructor(settings: ThreadSettings) {
    const file = new URL('./disk/worker.ts', import.meta.url);
    const words = { whole: 'the outbox', thread: 'the outbox thread' };
    this.#worker = new RestartingWorker(
      { name: 'outbox', file, data: settings, restartAfterMs, heapBounds, words },
      {
        onStart: () => {
          this.#begunAnewBefore = this.begunAnew;
        },
        onTold: ({ begunAnew }) => {
          this.begunAnew = this.#begunAnewBefore + begunAnew;
        },
      },
    );
  }

  /** Rejects with what is wrong, in words. */
  request<Name extends JobName>(name: Name, job: Jobs[Name]): Promise<Answers[Name]> {
    return this.#worker.request(name, job);
  }

  /** Resolves when the database is closed and the thread has ended, or after `timeoutMs`. */
  close(timeoutMs: number): Promise<void> {
    return this.#worker.close(timeoutMs);
  }
}
