/** The files of the ledger -> its lines, the oldest first. Changes nothing; a line that is torn or unknown is left out. */
import { readFile, stat } from 'node:fs/promises';
import { ledgerRows } from './ledger.ts';
import { type LedgerLine, lineOf } from './ledger-entry.ts';
import { filesOf } from './rotated-file.ts';

/** Far more than the ledger writes into one. */
const fileBytesMax = 16 * 1024 * 1024;

export interface LedgerQuery {
  /** The last so many. */
  linesMax?: number;
  /** ms since 1970. */
  sinceMs?: number;
}

/** Rejects with the error of the system where a file cannot be read. Without a folder: none. */
export async function readLedger(folder: string, { linesMax = Number.POSITIVE_INFINITY, sinceMs }: LedgerQuery): Promise<LedgerLine[]> {
  const [orders, sent] = [
    await lastOf(folder, ledgerRows.orders, linesMax, sinceMs),
    await lastOf(folder, ledgerRows.sent, linesMax, sinceMs),
  ];
  const merged = merge(orders, sent);
  return Number.isFinite(linesMax) ? merged.slice(Math.max(0, merged.length - linesMax)) : merged;
}

/** Reads no more files than it takes. */
async function lastOf(folder: string, name: string, linesMax: number, sinceMs: number | undefined): Promise<LedgerLine[]> {
  let found: LedgerLine[] = [];
  for (const { path } of (await filesOf(folder, name)).reverse()) {
    if (found.length >= linesMax) break;
    const lines = (await linesIn(path)).filter(({ ts }) => sinceMs === undefined || Date.parse(ts) >= sinceMs);
    found = [...lines, ...found];
  }
  return found;
}

async function linesIn(path: string): Promise<LedgerLine[]> {
  if ((await stat(path)).size > fileBytesMax) return [];
  const text = await readFile(path, 'utf8');
  return text.split('\n').flatMap((line) => {
    const read = line === '' ? undefined : lineOf(line);
    return read === undefined ? [] : [read];
  });
}

/** Each row stays in the order in which it was written, whatever the clock did. */
function merge(a: readonly LedgerLine[], b: readonly LedgerLine[]): LedgerLine[] {
  const merged: LedgerLine[] = [];
  let [atA, atB] = [0, 0];
  while (atA < a.length || atB < b.length) {
    const [nextA, nextB] = [a[atA], b[atB]];
    const isA = nextB === undefined || (nextA !== undefined && nextA.ts <= nextB.ts);
    const next = isA ? nextA : nextB;
    if (next !== undefined) merged.push(next);
    if (isA) atA++;
    else atB++;
  }
  return merged;
}
