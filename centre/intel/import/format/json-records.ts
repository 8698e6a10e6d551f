/**
 * Reads JSON made of flat records, as abuse.ch gives its lists beside CSV (ThreatFox, URLhaus, Feodo Tracker): a list, a list under `data`, or lists
 * under ids. The names of the fields are read as the header of a table.
 */
import { UserError } from '../../../command/user-error.ts';
import type { Harvest } from '../harvest.ts';
import { type Fields, fieldsIn, isFields, textOf } from '../input.ts';
import { type ColumnMap, headerColumns, mappedColumns, type TableColumns } from './csv-columns.ts';
import { TableRows } from './table-row.ts';

/** The fields of the first records; records need not all have each. */
const recordsLookedAt = 100;

/** Throws a `UserError` where no field is known to hold values. */
export function readRecords(document: unknown, from: string, harvest: Harvest, map: ColumnMap | undefined): void {
  const records = recordsOf(document);
  if (records.length === 0) return;
  const names = [...new Set(records.slice(0, recordsLookedAt).flatMap(({ record }) => Object.keys(record)))];
  const columns = map === undefined ? recordColumns(records.map(({ record }) => record)) : mappedColumns(map, names, ',');
  if (columns === undefined) throw new UserError(`${from} is JSON in which no field is known to hold values: use --as json --map value=…`);
  const rows = new TableRows(columns, harvest);
  for (const { record, where } of records) {
    harvest.entry();
    rows.read(
      names.map((name) => textOf(record[name]).trim()),
      where,
    );
  }
}

/** Undefined where no field is known to hold values. */
export function recordColumns(records: readonly Fields[]): TableColumns | undefined {
  const names = [...new Set(records.slice(0, recordsLookedAt).flatMap((record) => Object.keys(record)))];
  // One name alone would be read as a value.
  return names.length < 2 ? undefined : headerColumns(names.map((name) => name.replace(/[",\t;#]/g, ' ')).join(','));
}

export function recordsOf(document: unknown): { record: Fields; where: string | number }[] {
  const list = isFields(document) && Array.isArray(document.data) ? document.data : document;
  if (Array.isArray(list)) return fieldsIn(list).map((record, index) => ({ record, where: index + 1 }));
  if (!isFields(list)) return [];
  return Object.entries(list).flatMap(([id, value]) =>
    fieldsIn(Array.isArray(value) ? value : [value]).map((record) => ({ record, where: id })),
  );
}
