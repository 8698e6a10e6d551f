/**
 * A source on disk: its lines, sorted, and as the last line a summary of the whole, by which a file that was cut is known. Written beside and
 * renamed, so that a reader sees the list before or the one after. Knows nothing of what is said of a value.
 */
import { closeSync, fstatSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../command/user-error.ts';
import { kinds, type SourceSummary } from './library-entry.ts';
import { LineReader } from './line-reader.ts';

export const sourceExtension = '.list';

/** `folder`: of the library. */
export function sourcePath(folder: string, source: string): string {
  return join(folder, 'sources', source + sourceExtension);
}

/** Where what was not understood of a list is kept, to be looked at. */
export function refusedPath(folder: string, source: string): string {
  return join(folder, 'refused', `${source}.tsv`);
}

const summaryBytesMax = 1 << 16;
/** No line is a third as long; also what one open source costs in memory. */
const lineBytesMax = 1 << 16;
const writtenAtOnce = 8192;

const count = z.int().min(0);
const countsShape = Object.fromEntries([...kinds, 'allow' as const].map((kind) => [kind, count]));
const summarySchema = z.object({
  schema: z.literal('intel-source/1'),
  source: z.string(),
  format: z.string(),
  from: z.string(),
  importedFirstMs: z.number(),
  importedLastMs: z.number(),
  counts: z.object(countsShape as Record<keyof SourceSummary['counts'], typeof count>),
  refused: count,
  refusedByReason: z.record(z.string(), count),
});

function damaged(path: string, what: string): UserError {
  return new UserError(`${path} is damaged (${what}): import that source again, or take it out with intel forget`);
}

/** Gives the lines of a source in order, one at a time. */
export class SourceReader {
  readonly path: string;
  readonly summary: SourceSummary;
  /** Of the line that stands here; undefined behind the last. */
  key: string | undefined;
  /** When the source first brought the value, milliseconds since 1970. */
  sinceMs = 0;
  /** What is said of the value. */
  tail = '';
  private readonly file: number;
  private readonly lines: LineReader;
  private isOpen = true;

  /** Stands before the first line. Throws a `UserError` for a damaged file. */
  constructor(path: string) {
    this.path = path;
    this.file = openSync(path, 'r');
    try {
      this.summary = readSummary(this.file, path);
      this.lines = new LineReader(this.file, lineBytesMax);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** False behind the last line. */
  next(): boolean {
    const line = this.lines.line();
    if (line === null || line === undefined) throw damaged(this.path, 'it has no end');
    if (line.charCodeAt(0) === 0x7b) {
      this.key = undefined;
      return false;
    }
    const first = line.indexOf('\t');
    const second = line.indexOf('\t', first + 1);
    if (first < 3 || second < 0) throw damaged(this.path, 'a line is no entry');
    const key = line.slice(0, first);
    if (this.key !== undefined && key < this.key) throw damaged(this.path, 'its lines are out of order');
    this.key = key;
    this.sinceMs = Number.parseInt(line.slice(first + 1, second), 36);
    this.tail = line.slice(second + 1);
    return true;
  }

  close(): void {
    if (this.isOpen) closeSync(this.file);
    this.isOpen = false;
  }

  damaged(what: string): UserError {
    return damaged(this.path, what);
  }
}

function readSummary(file: number, path: string): SourceSummary {
  const { size } = fstatSync(file);
  const length = Math.min(size, summaryBytesMax);
  const buffer = Buffer.alloc(length);
  readSync(file, buffer, 0, length, size - length);
  const text = buffer.toString('utf8');
  const start = text.lastIndexOf('\n{') + 1;
  try {
    const { schema: _, ...summary } = summarySchema.parse(JSON.parse(text.slice(start)));
    return summary;
  } catch {
    throw damaged(path, 'its summary cannot be read');
  }
}

export function readSummaryOf(path: string): SourceSummary {
  const file = openSync(path, 'r');
  try {
    return readSummary(file, path);
  } finally {
    closeSync(file);
  }
}

/** Writes the lines of a source one after another; nothing is in place until `finish`. */
export class SourceWriter {
  private readonly path: string;
  private readonly temporary: string;
  private readonly file: number;
  private waiting: string[] = [];
  /** Most lines of a source came at once. */
  private lastSinceMs = Number.NaN;
  private lastSince = '';

  constructor(path: string, temporary: string) {
    this.path = path;
    this.temporary = temporary;
    this.file = openSync(temporary, 'w', 0o640);
  }

  /** `tail` begins with a tab. */
  line(key: string, sinceMs: number, tail: string): void {
    if (sinceMs !== this.lastSinceMs) {
      this.lastSinceMs = sinceMs;
      this.lastSince = `\t${sinceMs.toString(36)}`;
    }
    this.waiting.push(key + this.lastSince + tail);
    if (this.waiting.length >= writtenAtOnce) this.flush();
  }

  finish(summary: SourceSummary): void {
    this.waiting.push(JSON.stringify({ schema: 'intel-source/1', ...summary }));
    this.flush();
    fsyncSync(this.file);
    closeSync(this.file);
    renameSync(this.temporary, this.path);
    syncFolder(dirname(this.path));
  }

  abandon(): void {
    closeSync(this.file);
    rmSync(this.temporary, { force: true });
  }

  private flush(): void {
    if (this.waiting.length === 0) return;
    const bytes = Buffer.from(`${this.waiting.join('\n')}\n`);
    this.waiting = [];
    for (let at = 0; at < bytes.length; ) at += writeSync(this.file, bytes, at);
  }
}

/** So that a rename or a removal outlives a power cut. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
