/** A list just read and what its source said before -> the source as it is now, with since when each value is in it. Knows no format. */
import { existsSync } from 'node:fs';
import { UserError } from '../../command/user-error.ts';
import { canonicalValues } from './covering.ts';
import { kinds, type SourceSummary } from './library-entry.ts';
import { SourceReader, type SourceWriter, sourcePath } from './source-file.ts';
import { isAllowanceKey, kindOfKey, valueOfKey } from './source-line.ts';

/** A list as it was read. */
export interface NewList {
  source: string;
  format: string;
  from: string;
  /** Keys with tails, sorted; equal ones may repeat. */
  lines: Iterable<string>;
  isEmpty: boolean;
  refused: number;
  refusedByReason: Record<string, number>;
  nowMs: number;
}

export interface ReplacedSource {
  counts: SourceSummary['counts'];
  /** Values that the source had not before, and that it has no more. */
  added: number;
  gone: number;
  before: number;
  /** False: the list holds nothing, and the source was left as it was; or nothing was to be written. */
  isKept: boolean;
}

/** Of one value a source may say so many things: the events of a MISP feed. More say nothing new. */
const saidOfValueMax = 32;

export function noCounts(): SourceSummary['counts'] {
  return Object.fromEntries([...kinds, 'allow' as const].map((kind) => [kind, 0])) as SourceSummary['counts'];
}

export function countKey(counts: SourceSummary['counts'], key: string): void {
  counts[isAllowanceKey(key) ? 'allow' : kindOfKey(key)]++;
}

/** The source as it was, asked for keys in their order. */
class Before {
  values = 0;
  met = 0;
  readonly importedFirstMs: number | undefined;
  private reader: SourceReader | undefined;
  private lastKey: string | undefined;

  /** A damaged file is as none: it is about to be replaced. */
  constructor(path: string | undefined) {
    try {
      this.reader = path !== undefined && existsSync(path) ? new SourceReader(path) : undefined;
      this.importedFirstMs = this.reader?.summary.importedFirstMs;
      this.advance();
    } catch (error) {
      this.giveUp(error);
    }
  }

  /** When `key` came into the source; undefined when it was not in it. */
  sinceOf(key: string): number | undefined {
    while (this.reader?.key !== undefined && this.reader.key < key) this.advance();
    if (this.reader?.key !== key) return undefined;
    this.met++;
    return this.reader.sinceMs;
  }

  /** Counts what is left. */
  end(): void {
    while (this.reader?.key !== undefined) this.advance();
    this.reader?.close();
  }

  private advance(): void {
    try {
      this.reader?.next();
    } catch (error) {
      this.giveUp(error);
    }
    const key = this.reader?.key;
    if (key !== undefined && key !== this.lastKey) this.values++;
    this.lastKey = key;
  }

  private giveUp(error: unknown): void {
    if (!(error instanceof UserError)) throw error;
    this.reader?.close();
    this.reader = undefined;
  }
}

/** Says what `replaceSource` would do. `folder`: of a library, undefined where there is none. */
export function compareSource(folder: string | undefined, list: NewList): ReplacedSource {
  return replaceSource(folder === undefined ? undefined : sourcePath(folder, list.source), list, undefined);
}

/** `makeWriter` undefined: only says what would be. */
export function replaceSource(path: string | undefined, list: NewList, makeWriter: (() => SourceWriter) | undefined): ReplacedSource {
  const before = new Before(path);
  const counts = noCounts();
  const isKept = makeWriter !== undefined && (!list.isEmpty || before.importedFirstMs === undefined);
  const writer = isKept ? makeWriter() : undefined;
  let lastKey = '';
  let lastLine = '';
  let sinceMs = 0;
  let said = 0;
  let values = 0;
  for (const line of list.lines) {
    if (line === lastLine) continue;
    lastLine = line;
    const tab = line.indexOf('\t');
    const key = line.slice(0, tab);
    if (key === lastKey) {
      if (++said > saidOfValueMax) continue;
    } else {
      sinceMs = before.sinceOf(key) ?? list.nowMs;
      said = 1;
      values++;
      countKey(counts, key);
      lastKey = key;
    }
    writer?.line(key, sinceMs, line.slice(tab));
  }
  before.end();
  const { source, format, from, refused, refusedByReason, nowMs } = list;
  const importedFirstMs = before.importedFirstMs ?? nowMs;
  writer?.finish({ source, format, from, importedFirstMs, importedLastMs: nowMs, counts, refused, refusedByReason });
  return { counts, added: values - before.met, gone: before.values - before.met, before: before.values, isKept };
}

/** Writes the source anew without the value, whatever kind it is. Number of entries that went. */
export function forgetValue(path: string, makeWriter: () => SourceWriter, value: string): number {
  const reader = new SourceReader(path);
  try {
    const texts = canonicalValues(value);
    const counts = noCounts();
    const writer = makeWriter();
    const gone = new Set<string>();
    let lastKey: string | undefined;
    while (reader.next()) {
      const key = reader.key!;
      if (texts.has(valueOfKey(key))) gone.add(key);
      else {
        if (key !== lastKey) countKey(counts, key);
        writer.line(key, reader.sinceMs, `\t${reader.tail}`);
      }
      lastKey = key;
    }
    if (gone.size === 0) {
      writer.abandon();
      throw new UserError(`${reader.summary.source} has no value ${value}: intel show ${value} tells who has it`);
    }
    writer.finish({ ...reader.summary, counts });
    return gone.size;
  } finally {
    reader.close();
  }
}
