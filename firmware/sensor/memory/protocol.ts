/** What the sensor asks of the thread that keeps its memory, and what that answers. */
import type { SeenMemory } from '../../contract/sighting.ts';
import type { WorkerAnswer, WorkerRequest } from '../../restarting-worker.ts';
import type { FoundRow } from './collect.ts';
import type { JournalPart } from './journal.ts';
import type { MemoryOptions } from './options.ts';

export interface MemorySettings {
  folder: string;
  options: Pick<MemoryOptions, 'days' | 'bytesMax' | 'sightingsMax'>;
}

export interface MemoryJobs {
  /** `isOver`: the interval ends with this part. `today`: days since 1970, where somebody vouches for the clock. */
  take: { part: JournalPart; isOver: boolean; today?: number };
  /** The first or the next block of those since a day: one walk at a time. */
  walk: { sinceDay?: number };
  /** Of the block in hand. */
  rows: { values: readonly number[] };
  'keep-told': { text: string };
  close: Record<string, never>;
}
export type MemoryJobName = keyof MemoryJobs;

export interface MemoryAnswers {
  take: Record<string, never>;
  walk: { block?: { day: number; values: Buffer } };
  rows: { rows: FoundRow[] };
  'keep-told': Record<string, never>;
  close: Record<string, never>;
}

export type MemoryRequest<Name extends MemoryJobName = MemoryJobName> = WorkerRequest<MemoryJobs, Name>;

/** Said with each answer. */
export interface MemoryTold {
  state: SeenMemory;
}

export type MemoryAnswer = WorkerAnswer<MemoryAnswers> & MemoryTold;

/** Before the folder could be opened. */
export const nothingKept: SeenMemory = { days: 0, bytes: 0, droppedForRoom: 0, damaged: 0, refused: 0, lost: 0, writtenBytes: 0 };
