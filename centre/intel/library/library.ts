/**
 * The library of a centre: every list that was imported, each in a file of its own below `sources/`, read joined. Importing a list again replaces
 * what that source says and keeps since when. One writer at a time; readers see a source before or after a change, never in between.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../../command/user-error.ts';
import { covering } from './covering.ts';
import type { LibraryEntry, SourceSummary } from './library-entry.ts';
import { lockFolder } from './lock.ts';
import { mergeSources } from './merge.ts';
import { forgetValue, type NewList, type ReplacedSource, replaceSource } from './replace-source.ts';
import { readSummaryOf, SourceReader, SourceWriter, sourceExtension, sourcePath, syncFolder } from './source-file.ts';

export interface Library {
  readonly folder: string;
  /** By name. Throws a `UserError` where a file is damaged, as do the others. */
  sources(): SourceSummary[];
  /**
   * All values, joined across sources; by kind in the order of `kinds`, then indicators before allowances, then by the value's UTF-16 code
   * units. Synchronous, in bounded memory. Revoked and expired ones are among them.
   */
  entries(): Iterable<LibraryEntry>;
  /** The value itself and whatever covers it: parent names, networks, the address of address:port, the host of a URL. */
  show(value: string, onProgress?: (entries: number) => void): LibraryEntry[];
  /** Number of values that went. Throws a `UserError` where there is no such source or value. */
  forget(source: string, value?: string): number;
  /** Puts a list in the place of what the source said before. */
  replace(list: NewList): ReplacedSource;
}

/** Between two signs of life. */
const entriesAtOnce = 16_384;
/** A name of a source is the name of its file. */
export const sourceNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** `folder`: `intel` of the centre's folder; made when something is first kept. */
export function openLibrary(folder: string): Library {
  const sourcesFolder = join(folder, 'sources');
  const pathOf = (source: string) => sourcePath(folder, source);
  const names = () =>
    existsSync(sourcesFolder)
      ? readdirSync(sourcesFolder)
          .filter((name) => name.endsWith(sourceExtension))
          .map((name) => name.slice(0, -sourceExtension.length))
          .filter((name) => sourceNamePattern.test(name))
          .sort()
      : [];
  const incoming = join(folder, 'incoming.tmp');
  const writer = (source: string) => () => new SourceWriter(pathOf(source), incoming);
  const locked = <T>(write: () => T): T => {
    const unlock = lockFolder(folder);
    try {
      return write();
    } finally {
      // Half of a list, where the disk was full: it would only keep it so.
      rmSync(incoming, { force: true });
      unlock();
    }
  };
  const readers = () => openAll(names().map(pathOf));
  return {
    folder,
    sources: () => names().map((name) => readSummaryOf(pathOf(name))),
    entries: () => ({ [Symbol.iterator]: () => mergeSources(readers()) }),
    show: (value, onProgress) => {
      const covers = covering(value);
      const found: LibraryEntry[] = [];
      let read = 0;
      for (const entry of mergeSources(readers())) {
        if (covers(entry)) found.push(entry);
        if (++read % entriesAtOnce === 0) onProgress?.(read);
      }
      return found;
    },
    forget: (source, value) => {
      if (!names().includes(source)) throw new UserError(`there is no source ${source}: intel sources lists them`);
      return locked(() => (value === undefined ? forgetSource(pathOf(source)) : forgetValue(pathOf(source), writer(source), value)));
    },
    replace: (list) => {
      mkdirSync(sourcesFolder, { recursive: true, mode: 0o750 });
      return locked(() => replaceSource(pathOf(list.source), list, writer(list.source)));
    },
  };
}

function openAll(paths: readonly string[]): SourceReader[] {
  const readers: SourceReader[] = [];
  try {
    for (const path of paths) readers.push(new SourceReader(path));
  } catch (error) {
    for (const reader of readers) reader.close();
    throw error;
  }
  return readers;
}

/** Takes a damaged file too. */
function forgetSource(path: string): number {
  let values = 0;
  try {
    const { counts } = readSummaryOf(path);
    values = Object.values(counts).reduce((sum, count) => sum + count, 0);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
  rmSync(path);
  syncFolder(dirname(path));
  return values;
}
