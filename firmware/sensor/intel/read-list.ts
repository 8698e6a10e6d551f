/**
 * Turns a list (one value a line, or CSV with a header, recognised by it) into parsed values with their provenance. What is no
 * indicator is counted and reported with file and line; nothing is passed over silently.
 */

import { splitRecord } from './csv.ts';
import type { Provenance } from './indicator.ts';
import { type ListColumns, readHeader } from './list-columns.ts';
import { lineLengthMax, readLines } from './list-lines.ts';
import { RowReader } from './list-row.ts';
import { isLikeRow } from './list-shape.ts';
import { parseValue } from './parse-value.ts';
import type { ParsedValue } from './parsed-value.ts';
import type { Refusal } from './refusal.ts';

/** Enough to see what is wrong with a list; all are counted. */
const shownRefusalsMax = 100;
const shownValueMax = 80;
/** Lines that one quoted field may span. Beyond, the quote is taken for a stray one and only its own line is refused. */
const quotedLinesMax = 16;
const noHeader: Refusal = 'CSV without a known header: its first line must name the columns (value, or ip, domain, url …)';
const severalValues: Refusal = 'more than one value: a CSV list begins with a header; write url:… for a URL that has a comma';

export interface ListOptions {
  /** Every entry is an allowance, unless its own column says otherwise. */
  allow: boolean;
  /** What the list as a whole says; a column of the row comes first. */
  defaults: Provenance;
}

/** What became of the lines of all lists read with it. */
export class ListReport {
  lines = 0;
  taken = 0;
  refused = 0;
  /** The first of them, each `FILE:LINE: value: reason`. */
  readonly refusals: string[] = [];

  /** `isShown` false: of a fault that a line before has named for the whole file. */
  refuse(path: string, line: number, value: string, reason: Refusal, isShown = true): void {
    this.refused++;
    if (!isShown) return;
    if (this.refusals.length >= shownRefusalsMax) return;
    // A list may be hostile: what it holds goes to somebody's terminal without control characters.
    const shown = value.slice(0, shownValueMax).replace(/\p{C}/gu, '?') + (value.length > shownValueMax ? '…' : '');
    this.refusals.push(`${path}:${line}: ${shown === '' ? '' : `${shown}: `}${reason}`);
  }
}

export type OnEntry = (value: ParsedValue, provenance: Provenance, allow: boolean) => void;

/** Throws an `IntelError` when the file cannot be read or is no text. */
export function readList(path: string, options: ListOptions, report: ListReport, onEntry: OnEntry): void {
  const reader = new ListReader(path, options, report, onEntry);
  readLines(path, (line, number) => reader.line(line, number));
  reader.end();
}

class ListReader {
  private readonly path: string;
  private readonly options: ListOptions;
  private readonly report: ListReport;
  private readonly onEntry: OnEntry;
  private columns: ListColumns | undefined;
  private rows: RowReader | undefined;
  /** A header in a comment; it counts when the first value line has its delimiter. */
  private commentHeader: ListColumns | undefined;
  private sawValue = false;
  /** The file is CSV, and nothing says what its columns hold. */
  private lacksHeader = false;
  /** Lines of a record whose quote is open. */
  private open: { text: string; number: number }[] = [];

  constructor(path: string, options: ListOptions, report: ListReport, onEntry: OnEntry) {
    this.path = path;
    this.options = options;
    this.report = report;
    this.onEntry = onEntry;
  }

  line(line: string | undefined, number: number): void {
    this.report.lines++;
    if (line === undefined) {
      this.end();
      this.report.refuse(this.path, number, '', 'line too long');
    } else if (this.columns !== undefined) this.record(line, number, this.columns);
    else this.textLine(line, number);
  }

  /** Gives up on a quote that is still open. */
  end(): void {
    while (this.open.length > 0) this.giveUpQuote();
  }

  private textLine(line: string, number: number): void {
    const text = line.trim();
    if (text === '') return;
    const header = this.sawValue ? undefined : readHeader(text);
    if (header !== undefined && text.startsWith('#')) this.commentHeader = header;
    else if (header !== undefined) this.useHeader(header);
    if (header !== undefined) return;
    const value = stripComment(text);
    if (value === '') return;
    if (!this.sawValue && this.commentHeader !== undefined && value.includes(this.commentHeader.delimiter)) {
      this.record(line, number, this.useHeader(this.commentHeader));
    } else this.value(value, number);
  }

  private useHeader(columns: ListColumns): ListColumns {
    this.columns = columns;
    this.rows = new RowReader(columns, this.options);
    return columns;
  }

  private value(text: string, number: number): void {
    if (isLikeRow(text)) {
      const isFirst = !this.sawValue && !this.lacksHeader;
      this.lacksHeader ||= isFirst;
      this.report.refuse(this.path, number, text, this.lacksHeader ? noHeader : severalValues, isFirst || !this.lacksHeader);
      return;
    }
    const parsed = parseValue(text);
    if (typeof parsed === 'string') {
      this.report.refuse(this.path, number, text, parsed);
      return;
    }
    this.sawValue = true;
    this.take(parsed, this.options.defaults, this.options.allow);
  }

  private record(line: string, number: number, columns: ListColumns): void {
    if (this.open.length === 0 && (line === '' || line.startsWith('#') || line.trim() === '')) return;
    this.open.push({ text: line, number });
    const text = this.open.length === 1 ? line : this.open.map((part) => part.text).join('\n');
    const fields = splitRecord(text, columns.delimiter);
    if (fields === undefined) {
      if (this.open.length >= quotedLinesMax || text.length > lineLengthMax) this.giveUpQuote();
      return;
    }
    const first = this.open[0]!.number;
    this.open = [];
    this.rows!.read(fields, (row) => {
      if (row.refusal !== undefined) this.report.refuse(this.path, first, row.shown, row.refusal);
      else this.take(row.value, row.provenance, row.allow);
    });
  }

  /** Refuses the line with the open quote and reads those after it anew. */
  private giveUpQuote(): void {
    const [first, ...rest] = this.open;
    this.open = [];
    if (first === undefined || this.columns === undefined) return;
    this.report.refuse(this.path, first.number, first.text, 'quote without an end');
    for (const part of rest) this.record(part.text, part.number, this.columns);
  }

  private take(value: ParsedValue, provenance: Provenance, allow: boolean): void {
    this.report.taken++;
    this.onEntry(value, provenance, allow);
  }
}

/** Drops a comment: a line that begins with `#`, `;` or `//`, and what follows a space and `#` or `;`. A User-Agent may hold them all. */
function stripComment(text: string): string {
  const first = text.charCodeAt(0);
  if (first === 0x23 || first === 0x3b || text.startsWith('//')) return '';
  if (/^ua:/i.test(text)) return text;
  const comment = text.search(/\s[#;]/);
  return comment < 0 ? text : text.slice(0, comment).trimEnd();
}
