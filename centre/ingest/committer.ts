/**
 * The inbox -> the store, in batches, and only then to the acknowledger. A store that fails is tried again, for as long as it takes, with
 * nothing acknowledged meanwhile; a message that no store can hold is found by halving its batch, and does not stop the others.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { backoff } from '../backoff.ts';
import type { Arrival, Sighting, Store, UnnumberedAlert } from '../store/store.ts';
import { type Batch, batchOf, type Refusal, standIn } from './batch.ts';
import type { Inbox } from './inbox.ts';
import { isFaultOfMessage } from './store-fault.ts';

/** A transaction of this size costs little more than one of a few, and holds other writers up for some milliseconds only. */
const batchMessagesMax = 500;
/** So long a message may wait for others; each commit waits for the disk once. */
const gatherMs = 10;
const firstRetryMs = 200;
const longestRetryMs = 5_000;
/** A commit takes milliseconds; one that takes so long is worth a word, even where it may still succeed. */
const answerMs = 5_000;

export interface CommitterParts {
  store: Store;
  inbox: Inbox;
  /** These are durable. */
  committed: (arrivals: readonly Arrival[]) => void;
  refused: (refusal: Refusal) => void;
  /** Before the box may forget what it lost, somebody must know of it. Rejects where the store does. */
  lost: (losses: Batch['losses']) => Promise<void>;
  heard: (sighting: Sighting) => void;
  /** The store takes nothing, and since when (ms of the monotonic clock); undefined: it takes again. */
  storeState: (failure: { error: unknown; sinceMs: number } | undefined) => void;
}

/** Since the start. */
export interface CommitterCounts {
  received: number;
  stored: number;
  repeats: number;
  refused: number;
  commits: number;
}

export class Committer {
  readonly counts: CommitterCounts = { received: 0, stored: 0, repeats: 0, refused: 0, commits: 0 };
  readonly #parts: CommitterParts;

  constructor(parts: CommitterParts) {
    this.#parts = parts;
  }

  /** Until the inbox is closed and empty, or `signal` is aborted: then what is not stored is given up. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { inbox } = this.#parts;
    let before: Promise<void> = Promise.resolve();
    while (!signal.aborted && (await inbox.ready())) {
      if (inbox.messages < batchMessagesMax) await sleep(gatherMs);
      const batch = this.#read();
      // One commit at a time; the next batch is read while it waits for the disk.
      await before;
      before = this.#settle(batch, signal);
    }
    await before;
  }

  #read(): Batch {
    const waiting = this.#parts.inbox.take(batchMessagesMax);
    this.counts.received += waiting.length;
    const batch = batchOf(waiting);
    for (const refusal of batch.refusals) this.#refuse(refusal);
    for (const sighting of batch.sightings) this.#parts.heard(sighting);
    return batch;
  }

  #refuse(refusal: Refusal): void {
    this.counts.refused++;
    this.#parts.refused(refusal);
  }

  async #settle({ arrivals, unnumbered, sightings, losses }: Batch, signal: AbortSignal): Promise<void> {
    const { store } = this.#parts;
    await this.#persist(sightings, (some) => store.saw(some), undefined, signal);
    await this.#persist(unnumbered, (some) => this.#commit([], some), undefined, signal);
    const kept = await this.#persist(arrivals, (some) => this.#commit(some, []), standIn, signal);
    if (losses.length > 0) await this.#persist([losses], ([all = []]) => this.#parts.lost(all), undefined, signal);
    if (kept.length > 0 && !signal.aborted) this.#parts.committed(kept);
  }

  async #commit(arrivals: readonly Arrival[], unnumbered: readonly UnnumberedAlert[]): Promise<void> {
    const { fresh, repeats } = await this.#parts.store.commit(arrivals, unnumbered);
    this.counts.commits++;
    this.counts.stored += fresh + unnumbered.length;
    this.counts.repeats += repeats;
  }

  /** Resolves with what is stored: all of it, save what the store cannot hold even as a stand-in. Gives up where `signal` is aborted. */
  async #persist<T>(
    items: readonly T[],
    write: (items: readonly T[]) => Promise<unknown>,
    replace: ((item: T) => T) | undefined,
    signal: AbortSignal,
  ): Promise<readonly T[]> {
    if (items.length === 0) return items;
    const waits = backoff(firstRetryMs, longestRetryMs);
    const sinceMs = performance.now();
    let failure: unknown;
    const tell = () => {
      failure ??= new Error('it does not answer');
      this.#parts.storeState({ error: failure, sinceMs });
    };
    const patience = setInterval(tell, answerMs);
    try {
      while (!signal.aborted) {
        try {
          await write(items);
          if (failure !== undefined) this.#parts.storeState(undefined);
          return items;
        } catch (error) {
          if (isFaultOfMessage(error)) {
            if (failure !== undefined) this.#parts.storeState(undefined);
            return await this.#isolate(items, error, write, replace, signal);
          }
          failure = error;
          tell();
          await sleep(waits.next().value, undefined, { signal }).catch(() => undefined);
        }
      }
      return [];
    } finally {
      clearInterval(patience);
    }
  }

  async #isolate<T>(
    items: readonly T[],
    error: unknown,
    write: (items: readonly T[]) => Promise<unknown>,
    replace: ((item: T) => T) | undefined,
    signal: AbortSignal,
  ): Promise<readonly T[]> {
    const [only] = items;
    if (items.length > 1) {
      const middle = items.length >> 1;
      const left = await this.#persist(items.slice(0, middle), write, replace, signal);
      return [...left, ...(await this.#persist(items.slice(middle), write, replace, signal))];
    }
    const box = typeof only === 'object' && only !== null && 'box' in only ? String(only.box) : '-';
    this.#refuse({ box, why: `the store cannot hold it: ${error instanceof Error ? error.message : error}` });
    return only === undefined || replace === undefined ? [] : await this.#persist([replace(only)], write, undefined, signal);
  }
}
