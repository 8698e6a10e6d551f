/**
 * The columns of a table (CSV, or JSON records) that mean something to us: recognised by the header's names as the box's own lists are, or named
 * by the operator. Reads no rows.
 */
import { splitRecord } from '../../../../firmware/sensor/intel/csv.ts';
import { readHeader } from '../../../../firmware/sensor/intel/list-columns.ts';
import { readTypeWord } from '../../../../firmware/sensor/intel/type-words.ts';
import { UserError } from '../../../command/user-error.ts';
import type { ValueType } from '../value/typed-value.ts';

export const roles = [
  'type',
  'port',
  'family',
  'source',
  'confidence',
  'tlp',
  'firstSeen',
  'lastSeen',
  'validUntil',
  'reference',
  'status',
  'list',
  'toIds',
] as const;
export type Role = (typeof roles)[number];

export interface TableColumns {
  delimiter: string;
  /** Each may hold a value in every row; undefined where the column of types or the form of the value tells its type. */
  values: { at: number; type: ValueType | undefined }[];
  place: Partial<Record<Role, number>>;
}

/** Columns that lists have beside those that the box knows of. */
const furtherNames = [
  ['lastSeen', ['lastseenutc', 'lastseen', 'lastonline']],
  ['status', ['urlstatus', 'c2status', 'status']],
  // MISP's own export.
  ['toIds', ['toids']],
] as const;
type FurtherRole = (typeof furtherNames)[number][0];

function isFurther(role: Role): role is FurtherRole {
  return furtherNames.some(([name]) => name === role);
}

const typeOfIndicator: Readonly<Record<string, ValueType>> = {
  address: 'address',
  'address-port': 'address',
  domain: 'domain',
  url: 'url',
  ja3: 'ja3',
  ja4: 'ja4',
  'cert-sha1': 'cert_sha1',
  'cert-sha256': 'cert_sha256',
  'user-agent': 'user_agent',
};

export function plainName(cell: string): string {
  return cell.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** Undefined when the line is no header; one in a comment is one. */
export function headerColumns(line: string): TableColumns | undefined {
  const known = readHeader(line.trim());
  if (known === undefined) return undefined;
  const names = (splitRecord(line.trim().replace(/^#+\s*/, ''), known.delimiter) ?? []).map(plainName);
  let values = known.values.map(({ at, type }) => ({ at, type: type === undefined ? undefined : typeOfIndicator[type] }));
  // Beside its address the name of a server is what its provider calls it (Feodo Tracker).
  if (values.some(({ type }) => type === 'address') && known.place.port >= 0) values = values.filter(({ type }) => type === 'address');
  // A row with the state of a URL is about the URL (URLhaus): its host is no value of its own, nor its URL a reference.
  const url = names.indexOf('url');
  if (url >= 0 && names.includes('urlstatus')) values = [{ at: url, type: 'url' }];
  const place: TableColumns['place'] = {};
  for (const role of roles) {
    const at = isFurther(role) ? -1 : known.place[role];
    if (at >= 0 && !values.some((value) => value.at === at)) place[role] = at;
  }
  for (const [role, words] of furtherNames) {
    const at = names.findIndex((name, index) => (words as readonly string[]).includes(name) && !values.some((value) => value.at === index));
    if (at >= 0) place[role] = at;
  }
  return { delimiter: known.delimiter, values, place };
}

/** By the operator's word: `value=ioc,family=malware`; a column is named, or numbered from 1. */
export type ColumnMap = ReadonlyMap<string, string>;

const roleOfWord = new Map(roles.map((role) => [plainName(role), role]));

/** Throws a `UserError` for what is no mapping. */
export function readColumnMap(text: string): ColumnMap {
  const map = new Map<string, string>();
  for (const part of text.split(',')) {
    const [name = '', column = ''] = part.split(/=(.*)/s).map((side) => side.trim());
    const known = plainName(name) === 'value' || roleOfWord.has(plainName(name)) || valueTypeOf(name) !== undefined;
    if (!known || column === '') {
      const words = ['value', ...roles, 'or a type of values such as domain'].join(', ');
      throw new UserError(`--map ${text}: write NAME=COLUMN, several with commas between; NAME is one of ${words}`);
    }
    map.set(name, column);
  }
  return map;
}

/** The type of values that a word names. */
export function valueTypeOf(word: string): ValueType | undefined {
  const type = readTypeWord(word);
  if (type === undefined || type === 'file-hash' || type === 'email') return undefined;
  return type === 'certificate' ? 'certificate' : typeOfIndicator[type];
}

/** Throws a `UserError` where a column is not there. `header` undefined: columns are numbers. */
export function mappedColumns(map: ColumnMap, header: readonly string[] | undefined, delimiter: string): TableColumns {
  const columns: TableColumns = { delimiter, values: [], place: {} };
  for (const [name, column] of map) {
    const at = placeOf(column, header);
    const role = roleOfWord.get(plainName(name));
    if (role !== undefined) columns.place[role] = at;
    else columns.values.push({ at, type: plainName(name) === 'value' ? undefined : valueTypeOf(name) });
  }
  if (columns.values.length === 0) throw new UserError('--map names no column for values: write value=COLUMN');
  return columns;
}

function placeOf(column: string, header: readonly string[] | undefined): number {
  const named = header?.findIndex((name) => name.toLowerCase() === column.toLowerCase()) ?? -1;
  if (named >= 0) return named;
  if (/^[1-9]\d{0,3}$/.test(column)) return Number(column) - 1;
  throw new UserError(`there is no column ${column}; the list has ${header === undefined ? 'no header' : header.join(', ')}`);
}
