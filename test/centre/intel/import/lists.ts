/** Lists written into a folder of their own and imported, for the tests of the importer. Values are those set aside for documentation. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type ImportOptions, type ImportReport, importList } from '../../../../centre/intel/import/import-list.ts';
import { openLibrary } from '../../../../centre/intel/library/library.ts';
import type { LibraryEntry } from '../../../../centre/intel/library/library-entry.ts';

export const defaults: ImportOptions = { json: true, sizeLimit: 16, timeLimit: 20, keyHeader: 'Auth-Key', lang: 'en' };

/** Removed when the tests of the file are over. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'vonggac-intel-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export interface Read {
  report: ImportReport;
  entries: LibraryEntry[];
  /** `kind value`, allowances as `allow value`. */
  values: string[];
}

/** Imports a text into a library of its own. */
export async function read(folder: string, text: string | Buffer, options: Partial<ImportOptions> = {}): Promise<Read> {
  const place = mkdtempSync(join(folder, 'one-'));
  const path = join(place, 'list.txt');
  writeFileSync(path, text);
  return readNamed(place, path, options);
}

export async function readNamed(place: string, named: string, options: Partial<ImportOptions> = {}): Promise<Read> {
  const library = join(place, 'intel');
  const report = await importList(named, library, { ...defaults, ...options });
  const entries = [...openLibrary(library).entries()];
  return { report, entries, values: entries.map(({ kind, value, isAllowance }) => `${isAllowance ? 'allow' : kind} ${value}`) };
}
