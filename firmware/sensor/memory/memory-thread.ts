/** Requests to the thread that keeps the memory of what was seen. What it cannot take is counted, not kept waiting. */
import type { SeenMemory } from '../../contract/sighting.ts';
import { RestartingWorker } from '../../restarting-worker.ts';
import type { BlockSource } from './collect.ts';
import type { JournalPart } from './journal.ts';
import { type MemoryAnswers, type MemoryJobs, type MemorySettings, type MemoryTold, nothingKept } from './protocol.ts';

/** 4 MB that wait for the disk. */
const partsMax = 4;
const restartAfterMs = 10_000;
/** Merging the fullest day takes this much within the heap, and as much outside of it. */
const heapBounds = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 8 };

export class MemoryThread {
  readonly #worker: RestartingWorker<MemoryJobs, MemoryAnswers, MemoryTold>;
  #taking = 0;
  #lost = 0;
  /** Handed over since an interval was written. */
  #takenEntries = 0;
  #fault: string | undefined;
  #told: SeenMemory = nothingKept;

  constructor(settings: MemorySettings) {
    const file = new URL('./worker.ts', import.meta.url);
    const words = { whole: 'the memory of what was seen', thread: 'the thread of the memory' };
    this.#worker = new RestartingWorker(
      { name: 'memory', file, data: settings, restartAfterMs, heapBounds, words },
      {
        onTold: ({ state }) => {
          this.#told = state;
        },
        onExit: () => {
          // What it had summed up is gone with it.
          this.#lost += this.#takenEntries;
          this.#takenEntries = 0;
        },
      },
    );
  }

  get state(): SeenMemory {
    const fault = this.#fault?.slice(0, 500);
    return { ...this.#told, lost: this.#told.lost + this.#lost, ...(fault === undefined ? {} : { fault }) };
  }

  /** False: there is no room, or no thread. */
  take(part: JournalPart, isOver: boolean, today?: number): boolean {
    if (this.#taking >= partsMax || this.#worker.isAway) return false;
    this.#taking++;
    this.#takenEntries += part.entries;
    const settle = (fault: string | undefined) => {
      this.#taking--;
      this.#fault = fault;
      if (isOver) this.#takenEntries = 0;
    };
    const job = { part, isOver, ...(today === undefined ? {} : { today }) };
    this.#worker.request('take', job, { transfer: [part.words.buffer], settle }).catch(() => undefined);
    return true;
  }

  /** Everything since a day. Only one at a time. */
  walk(sinceDay: number): BlockSource {
    let job: MemoryJobs['walk'] = { sinceDay };
    return {
      next: async () => {
        const { block } = await this.#worker.request('walk', job);
        job = {};
        // What comes from a thread is a plain array of bytes.
        return block && { day: block.day, values: Buffer.from(block.values.buffer, block.values.byteOffset, block.values.length) };
      },
      rows: async (values) => (await this.#worker.request('rows', { values })).rows,
    };
  }

  async keepTold(text: string): Promise<void> {
    await this.#worker.request('keep-told', { text });
  }

  /** Resolves when all is written and the thread has ended, or after `timeoutMs`. */
  close(timeoutMs: number): Promise<void> {
    return this.#worker.close(timeoutMs);
  }
}
