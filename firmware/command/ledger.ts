/** `vonggac ledger`: what left the box, and which orders it received, in words or as kept. Changes nothing. */
import { access, constants } from 'node:fs/promises';
import { readLedger } from '../agent/ledger/ledger-reader.ts';
import { describeLine, gathered } from '../agent/ledger/ledger-words.ts';
import { outboxFolder, readConfig } from '../config.ts';
import { type Language, languageOf, type Words } from '../contract/language.ts';
import { stateFiles } from '../state-folder.ts';
import { LineOutput } from './line-output.ts';
import { UserError } from './user-error.ts';

export interface LedgerOptions {
  config?: string;
  json?: boolean;
  /** The last so many; 0: all. */
  lines?: number;
  /** A time (RFC 3339, or a day), or how long ago: `90m`, `24h`, `7d`. */
  since?: string;
  lang?: Language;
}

const linesDefault = 50;
const spanMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const nothing: Words = { vi: 'Sổ chưa có dòng nào.', en: 'There is nothing in the ledger.' };

/** Throws a `UserError` where there is no ledger, or it may not be read. */
export async function ledger(options: LedgerOptions): Promise<void> {
  const sinceMs = options.since === undefined ? undefined : sinceMsOf(options.since, Date.now());
  const folder = stateFiles.ledgerFolder(outboxFolder(readConfig(options.config)));
  // Who asks for a span of time wants all of it.
  const count = options.lines ?? (sinceMs === undefined ? linesDefault : 0);
  const lines = await inWords(folder, async () => {
    await access(folder, constants.R_OK | constants.X_OK);
    return readLedger(folder, { ...(count === 0 ? {} : { linesMax: count }), ...(sinceMs === undefined ? {} : { sinceMs }) });
  });
  const output = new LineOutput();
  if (options.json === true) for (const line of lines) output.line(JSON.stringify(line));
  else {
    const lang = options.lang ?? languageOf(process.env);
    for (const line of gathered(lines)) output.line(describeLine(line, lang));
    if (lines.length === 0) process.stderr.write(`${nothing[lang]}\n`);
  }
  output.flush();
}

function sinceMsOf(text: string, nowMs: number): number {
  const [, number, unit = ''] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  if (number !== undefined) return nowMs - Number(number) * (spanMs[unit] ?? 0);
  // A day is that of Vietnam.
  const ms = Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00+07:00` : text);
  if (!/^\d{4}-/.test(text) || Number.isNaN(ms))
    throw new UserError(`--since ${text}: give a time such as 2027-02-06, or a span such as 24h or 7d`);
  return ms;
}

const faults: Readonly<Record<string, string>> = {
  ENOENT: 'there is none; the agent writes it (--config FILE says where this box keeps its state)',
  EACCES: 'permission denied; try it with sudo',
  ENOTDIR: 'a part of the path is no folder',
};

async function inWords<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw new UserError(`cannot read the ledger in ${folder}: ${faults[String(error.code)] ?? error.message}`);
  }
}
