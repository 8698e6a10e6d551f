/** Reads CSV whose header names its columns, also in a comment (abuse.ch), or whose columns the operator named. Quotes may span lines. */
import { splitRecord } from '../../../../firmware/sensor/intel/csv.ts';
import { UserError } from '../../../command/user-error.ts';
import type { Harvest } from '../harvest.ts';
import { eachLine, type Input } from '../input.ts';
import { readAny } from '../value/any-value.ts';
import { type ColumnMap, headerColumns, mappedColumns, type TableColumns } from './csv-columns.ts';
import { splitWanted } from './csv-fields.ts';
import { TableRows } from './table-row.ts';

/** Lines that one quoted field may span. Beyond, the quote is taken for a stray one and only its own line is refused. */
const quotedLinesMax = 16;
const quotedLengthMax = 1 << 17;

export function readCsv(input: Input, harvest: Harvest, map: ColumnMap | undefined): void {
  const reader = new CsvReader(input.from, harvest, map);
  eachLine(input, harvest, (line, number) => reader.line(line, number));
  reader.end();
}

class CsvReader {
  private readonly from: string;
  private readonly harvest: Harvest;
  private readonly map: ColumnMap | undefined;
  private columns: TableColumns | undefined;
  private rows: TableRows | undefined;
  /** By column; of a record only these are looked at. */
  private wanted: boolean[] = [];
  private readonly fields: string[] = [];
  /** Lines of a record whose quote is open. */
  private open: { text: string; number: number }[] = [];

  constructor(from: string, harvest: Harvest, map: ColumnMap | undefined) {
    this.from = from;
    this.harvest = harvest;
    this.map = map;
  }

  line(line: string, number: number): void {
    if (this.columns === undefined) this.beforeHeader(line, number);
    else this.record(line, number, this.columns, this.rows!);
  }

  /** Gives up on a quote that is still open. */
  end(): void {
    if (this.columns === undefined)
      throw new UserError(`${this.from} has no header that names a column of values: use --as csv --map value=…`);
    while (this.open.length > 0) this.giveUpQuote();
  }

  private beforeHeader(line: string, number: number): void {
    const text = line.trim();
    if (text === '') return;
    if (this.map === undefined) {
      const columns = headerColumns(text);
      if (columns !== undefined) this.use(columns);
      else if (!text.startsWith('#'))
        throw new UserError(`${this.from} has no header that names a column of values: use --as csv --map value=…`);
      return;
    }
    const delimiter = delimiterOf(text);
    const cells = splitRecord(text.replace(/^#+\s*/, ''), delimiter) ?? [];
    const names = [...this.map.values()].map((name) => name.toLowerCase());
    if (cells.some((cell) => names.includes(cell.toLowerCase()))) {
      this.use(mappedColumns(this.map, cells, delimiter));
      return;
    }
    if (text.startsWith('#')) return;
    // Columns by number: the first line is a header unless it holds values.
    this.use(mappedColumns(this.map, names.every((name) => /^\d+$/.test(name)) ? undefined : cells, delimiter));
    const hasValue = this.columns!.values.some(({ at }) => typeof readAny(cells[at] ?? '') !== 'string');
    if (hasValue) this.line(line, number);
  }

  private use(columns: TableColumns): void {
    this.columns = columns;
    this.rows = new TableRows(columns, this.harvest);
    const places = [...columns.values.map(({ at }) => at), ...Object.values(columns.place)];
    this.wanted = Array.from({ length: Math.max(...places) + 1 }, (_, at) => places.includes(at));
  }

  private record(line: string, number: number, columns: TableColumns, rows: TableRows): void {
    if (this.open.length === 0) {
      if (line.startsWith('#') || /^[\s,;|"]*$/.test(line)) return;
      if (splitWanted(line, columns.delimiter, this.wanted, this.fields)) {
        rows.read(this.fields, number);
        return;
      }
    }
    this.open.push({ text: line, number });
    const text = this.open.map((part) => part.text).join('\n');
    if (this.open.length > 1 && splitWanted(text, columns.delimiter, this.wanted, this.fields)) {
      const first = this.open[0]!.number;
      this.open = [];
      rows.read(this.fields, first);
    } else if (this.open.length >= quotedLinesMax || text.length > quotedLengthMax) this.giveUpQuote();
  }

  /** Refuses the line with the open quote and reads those after it anew. */
  private giveUpQuote(): void {
    const [first, ...rest] = this.open;
    this.open = [];
    if (first === undefined) return;
    this.harvest.refuse('open-quote', first.text, first.number);
    for (const part of rest) this.line(part.text, part.number);
  }
}

function delimiterOf(line: string): string {
  return ['\t', ',', ';', '|'].find((candidate) => line.includes(candidate)) ?? ',';
}
