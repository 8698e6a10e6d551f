/**
 * The folder of the memory: one file for each day, `2026-01-19.seen`, of blocks (block.ts). What both sides know of it: the sensor, which writes, and
 * whoever asks. Only reads.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Block, readBlocks } from './block.ts';
import { dayMs } from './sighting.ts';

const filePattern = /^(\d{4}-\d{2}-\d{2})\.seen$/;

export interface DayFile {
  day: number;
  path: string;
}

/** `2026-01-19`. */
export function dateOf(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}

export function dayFile(folder: string, day: number): DayFile {
  return { day, path: join(folder, `${dateOf(day)}.seen`) };
}

export function toldPath(folder: string): string {
  return join(folder, 'told.json');
}

/** Oldest first. None where there is no folder; throws where it may not be read. */
export function dayFiles(folder: string): DayFile[] {
  return namesIn(folder)
    .map((name) => ({ date: filePattern.exec(name)?.[1], path: join(folder, name) }))
    .filter((file): file is { date: string; path: string } => file.date !== undefined && !Number.isNaN(Date.parse(file.date)))
    .map(({ date, path }) => ({ day: Date.parse(date) / dayMs, path }))
    .sort((one, other) => one.day - other.day);
}

export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

export interface SeenDays {
  blocks: Generator<{ day: number; block: Block }>;
  /** Days of which something could not be read, so far; whoever looks into the blocks adds to it. */
  damaged: Set<number>;
  /** Days that were looked at, so far. */
  days: Set<number>;
}

/** The blocks of all days from `sinceDay` on, not looked into; one file is in memory at a time. What is cut off at the end of a file was being written. */
export function readDays(folder: string, sinceDay: number): SeenDays {
  const damaged = new Set<number>();
  const days = new Set<number>();
  function* blocks() {
    for (const { day, path } of dayFiles(folder)) {
      if (day < sinceDay) continue;
      const file = read(path);
      if (file === undefined) continue;
      days.add(day);
      const found = readBlocks(file);
      if (found.isDamaged) damaged.add(day);
      for (const block of found.blocks) yield { day, block };
    }
  }
  return { blocks: blocks(), damaged, days };
}

/** Undefined where the file has just been given up. */
function read(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
