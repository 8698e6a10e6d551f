/**
 * Writes the memory of what was seen: appends the sightings of each interval to the file of their day, makes one block of a day that is over, gives up
 * old days, sets aside what is damaged. Blocks its thread, so it runs in one of its own.
 *
 * A sudden end at any byte leaves whole blocks: what was cut off is cut away at the next start, and a day is replaced by renaming. The folder is for
 * the two users of the box alone: the sensor writes, the agent reads.
 */
import {
  chmodSync,
  closeSync,
  existsSync,
  fchmodSync,
  fdatasyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { SeenMemory } from '../../contract/sighting.ts';
import { type Block, encodeBlock, readBlocks } from './block.ts';
import { type DayFile, dateOf, dayFile, dayFiles, namesIn, toldPath } from './day-files.ts';
import { merge } from './merge.ts';
import type { MemoryOptions } from './options.ts';
import { daysToDrop, type KeptDay } from './retention.ts';
import type { SightingBatch } from './sighting.ts';

const folderMode = 0o750;
const fileMode = 0o640;
/** One day takes at most this share, however much is seen on it. */
const dayShare = 10;
/** Damaged days that are kept for whoever wants to know. */
const setAsideMax = 1;
const ownPattern = /^(\d{4}-\d{2}-\d{2}\.(seen|damaged|tmp)|told\.(json|tmp))$/;

interface WrittenDay extends KeptDay {
  blocks: number;
  /** When it was last made one block; 0 where it never was. */
  mergedBytes: number;
}

/** Removes what was kept, and nothing else. */
export function forgetAll(folder: string): void {
  for (const name of namesIn(folder)) if (ownPattern.test(name)) rmSync(join(folder, name), { force: true });
}

export class SeenStore {
  private readonly folder: string;
  private readonly options: Pick<MemoryOptions, 'days' | 'bytesMax'>;
  private readonly days = new Map<number, WrittenDay>();
  private sequence = 0;
  private lastDay: number | undefined;
  private readonly counts = { droppedForRoom: 0, damaged: 0, refused: 0, lost: 0, writtenBytes: 0 };

  /** Makes the folder, and mends what a sudden end or a bad disk has left. Throws where the disk does not let it. */
  constructor(folder: string, options: Pick<MemoryOptions, 'days' | 'bytesMax'>) {
    this.folder = folder;
    this.options = options;
    mkdirSync(folder, { recursive: true, mode: folderMode });
    chmodSync(folder, folderMode);
    for (const name of namesIn(folder)) if (name.endsWith('.tmp') && ownPattern.test(name)) rmSync(join(folder, name));
    for (const file of dayFiles(folder)) this.open(file);
    this.lastDay = [...this.days.values()].sort((one, other) => one.sequence - other.sequence).at(-1)?.day;
    for (const day of this.days.keys()) if (day !== this.lastDay) this.compact(day);
  }

  get state(): SeenMemory {
    const days = [...this.days.keys()].sort((one, other) => one - other);
    const [oldest, newest] = [days[0], days.at(-1)];
    return {
      days: days.length,
      bytes: this.bytes,
      ...(oldest === undefined || newest === undefined ? {} : { oldest: dateOf(oldest), newest: dateOf(newest) }),
      ...this.counts,
    };
  }

  private get bytes(): number {
    let sum = 0;
    for (const { bytes } of this.days.values()) sum += bytes;
    return sum;
  }

  /** `today`: days since 1970, where the clock is known to be right. Throws where the disk does not take it. */
  append(batch: SightingBatch, today?: number): void {
    if (batch.day !== this.lastDay && this.lastDay !== undefined) this.compact(this.lastDay);
    const block = encodeBlock(batch, this.sequence + 1, 1, false);
    const dayBytesMax = this.options.bytesMax / dayShare;
    if (this.bytesOf(batch.day) + block.length > dayBytesMax) this.compactIfWorth(batch.day);
    if (this.bytesOf(batch.day) + block.length > dayBytesMax) {
      this.counts.lost += batch.rows;
      return;
    }
    this.sequence++;
    this.lastDay = batch.day;
    const { path } = dayFile(this.folder, batch.day);
    // Somebody may have removed it by hand.
    if (!existsSync(path)) this.days.delete(batch.day);
    const written = this.days.get(batch.day) ?? { day: batch.day, sequence: 0, writings: 0, bytes: 0, blocks: 0, mergedBytes: 0 };
    this.write(path, written.bytes, block);
    written.sequence = this.sequence;
    written.writings++;
    written.blocks++;
    written.bytes += block.length;
    this.days.set(batch.day, written);
    this.keepWithin(today);
  }

  private bytesOf(day: number): number {
    return this.days.get(day)?.bytes ?? 0;
  }

  /** At the end of what is whole: bytes behind it were left by a writing that failed. */
  private write(path: string, at: number, block: Buffer): void {
    const file = openSync(path, at === 0 ? 'w' : 'r+', fileMode);
    try {
      // Whatever the mask of the process is.
      if (at === 0) fchmodSync(file, fileMode);
      for (let done = 0; done < block.length; ) done += writeSync(file, block, done, block.length - done, at + done);
      ftruncateSync(file, at + block.length);
      fdatasyncSync(file);
    } finally {
      closeSync(file);
    }
    this.counts.writtenBytes += block.length;
  }

  private keepWithin(today: number | undefined): void {
    const { days, bytesMax } = this.options;
    for (const { day, why } of daysToDrop([...this.days.values()], { days, bytesMax, ...(today === undefined ? {} : { today }) })) {
      rmSync(dayFile(this.folder, day).path, { force: true });
      rmSync(this.asidePath(day), { force: true });
      this.days.delete(day);
      if (why === 'room') this.counts.droppedForRoom++;
    }
  }

  private compactIfWorth(day: number): void {
    const written = this.days.get(day);
    if (written !== undefined && written.bytes > written.mergedBytes * 2) this.compact(day);
  }

  /** Makes one block of the blocks of a day. */
  private compact(day: number): void {
    const written = this.days.get(day);
    if (written === undefined || written.blocks < 2) return;
    const { path } = dayFile(this.folder, day);
    const { batch, refused, writings } = merge(readBlocks(readFileSync(path)).blocks, day);
    this.counts.refused += refused;
    this.replace(path, encodeBlock(batch, written.sequence, writings, true));
    this.take(day, readBlocks(readFileSync(path)).blocks, true);
  }

  /** What was told of what was remembered. */
  keepTold(text: string): void {
    this.replace(toldPath(this.folder), Buffer.from(text));
  }

  private replace(path: string, content: Buffer): void {
    const temporary = path.replace(/\.[a-z]+$/, '.tmp');
    this.write(temporary, 0, content);
    renameSync(temporary, path);
    // Else a power cut may bring back the file before, or neither.
    const folder = openSync(this.folder, 'r');
    try {
      fdatasyncSync(folder);
    } finally {
      closeSync(folder);
    }
  }

  private take(day: number, blocks: readonly Block[], isMerged: boolean): void {
    const headers = blocks.map(({ header }) => header);
    const sum = (of: 'bytes' | 'writings') => headers.reduce((total, header) => total + header[of], 0);
    const bytes = sum('bytes');
    const sequence = Math.max(0, ...headers.map((header) => header.sequence));
    const mergedBytes = isMerged ? bytes : 0;
    this.days.set(day, { day, sequence, writings: sum('writings'), bytes, blocks: blocks.length, mergedBytes });
    this.sequence = Math.max(this.sequence, sequence);
  }

  private open({ day, path }: DayFile): void {
    const file = readFileSync(path);
    const { blocks, isDamaged } = readBlocks(file);
    const whole = blocks.filter((block) => block.isWhole);
    const bytes = whole.reduce((total, { header }) => total + header.bytes, 0);
    // What was cut off is the last block, and not the only one: a day in one block was renamed into its place.
    const isCutOff =
      !isDamaged && whole.every((block, index) => block === blocks[index]) && blocks.length - whole.length <= Math.min(1, whole.length);
    if (bytes < file.length && isCutOff) this.cut(path, bytes);
    else if (bytes < file.length) this.setAside(day, path, whole);
    if (whole.length === 0) rmSync(path, { force: true });
    else this.take(day, whole, whole.length === 1);
  }

  private cut(path: string, bytes: number): void {
    const file = openSync(path, 'r+');
    try {
      ftruncateSync(file, bytes);
      fdatasyncSync(file);
    } finally {
      closeSync(file);
    }
  }

  /** The file as it is goes aside; what of it can be read stays. */
  private setAside(day: number, path: string, whole: readonly Block[]): void {
    this.counts.damaged++;
    const before = namesIn(this.folder).filter((name) => name.endsWith('.damaged') && ownPattern.test(name));
    for (const name of before.sort().slice(0, Math.max(0, before.length + 1 - setAsideMax)))
      rmSync(join(this.folder, name), { force: true });
    renameSync(path, this.asidePath(day));
    if (whole.length > 0) this.replace(path, Buffer.concat(whole.map((block) => block.bytes)));
  }

  private asidePath(day: number): string {
    return join(this.folder, `${dateOf(day)}.damaged`);
  }
}
