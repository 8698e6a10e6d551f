/**
 * A CSV file of boxes -> what is to be enrolled, or every fault in it with its line. Made for what spreadsheets write: a mark at the beginning (BOM),
 * commas or semicolons, empty lines at the end. Does not look into the register.
 */
import { parse } from 'csv-parse/sync';
import { type Contact, contactSchema } from '../../firmware/contract/claim.ts';
import { boxIdPattern } from '../../firmware/contract/topics.ts';
import { tagPattern, tagsMax } from '../register/boxes.ts';

/** A province has some hundreds of boxes. */
const rowsMax = 5_000;
export const contactsMax = 10;
const agencyCharactersMax = 200;
const columns = ['agency', 'id', 'tags', 'contacts'] as const;
type Column = (typeof columns)[number];

export interface Enrolment {
  agency: string;
  id?: string;
  tags: readonly string[];
  contacts: readonly Contact[];
}

export interface ListedEnrolment extends Enrolment {
  line: number;
}

export interface ListFault {
  line: number;
  text: string;
}

/** `name;role;phone;email`; what is missing at the end is left out. Undefined where it is no contact. */
export function contactOf(text: string): Contact | undefined {
  const [name = '', role, phone, email, ...more] = text.split(';').map((part) => part.trim());
  const given = Object.entries({ role, phone, email }).filter(([, value]) => value !== undefined && value !== '');
  return more.length > 0 ? undefined : contactSchema.safeParse({ name, ...Object.fromEntries(given) }).data;
}

/** All that is wrong with one; empty: it can be enrolled. */
export function faultsOf({ agency, id, tags }: Enrolment): string[] {
  return [
    ...(agency === '' ? ['the agency has no name'] : []),
    ...(agency.length > agencyCharactersMax ? [`the name of the agency is longer than ${agencyCharactersMax} characters`] : []),
    ...(id === undefined || boxIdPattern.test(id) ? [] : [`"${id}" is no id of a box: 4 to 32 of a-z, 0-9 and -`]),
    ...(tags.length > tagsMax ? [`more than ${tagsMax} tags`] : []),
    ...tags.filter((tag) => !tagPattern.test(tag)).map((tag) => `"${tag}" is no tag: up to 32 of a-z, 0-9 and -`),
  ];
}

export function readEnrolmentList(bytes: Uint8Array): { rows: ListedEnrolment[]; faults: ListFault[] } {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { rows: [], faults: [{ line: 1, text: 'is not UTF-8: save it as "CSV UTF-8"' }] };
  }
  const records = recordsOf(text);
  if (!Array.isArray(records)) return { rows: [], faults: [records] };
  const [head, ...body] = records;
  const places = head === undefined ? [{ line: 1, text: 'is empty' }] : placesOf(head);
  if (Array.isArray(places)) return { rows: [], faults: places };
  if (body.length === 0) return { rows: [], faults: [{ line: 1, text: 'has a header and no boxes' }] };
  if (body.length > rowsMax) return { rows: [], faults: [{ line: 1, text: `has ${body.length} boxes; at most ${rowsMax} at once` }] };
  const faults: ListFault[] = [];
  const rows = body.map((record) => rowOf(record, places, faults));
  return { rows, faults: [...faults, ...repeated(rows)].sort((one, other) => one.line - other.line) };
}

interface Line {
  line: number;
  cells: readonly string[];
}

function recordsOf(text: string): Line[] | ListFault {
  const [first = ''] = text.split(/\r?\n/, 1);
  // Spreadsheets of many languages, Vietnamese among them, part cells with semicolons.
  const delimiter = first.includes(';') && !first.includes(',') ? ';' : ',';
  try {
    const options = { bom: true, delimiter, info: true, relax_column_count: true, skip_empty_lines: true, trim: true } as const;
    const found: unknown = parse(text, options);
    const entries = (Array.isArray(found) ? found : []) as { info: { lines: number }; record: string[] }[];
    return entries
      .map(({ info, record }) => ({ line: info.lines, cells: record }))
      .filter(({ cells }) => cells.some((cell) => cell !== ''));
  } catch (error) {
    const line = error instanceof Error && 'lines' in error && typeof error.lines === 'number' ? error.lines : 1;
    return { line, text: `is not proper CSV: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Where each column stands, or what is wrong with the header. */
function placesOf({ line, cells }: Line): Map<Column, number> | ListFault[] {
  const names = cells.map((cell) => cell.toLowerCase());
  const known = new Set<string>(columns);
  const faults = names
    .filter((name) => !known.has(name))
    .map((name) => ({ line, text: `the header names "${name}"; columns are ${columns.join(', ')}` }));
  if (!names.includes('agency')) faults.unshift({ line, text: 'the header names no column "agency"' });
  if (new Set(names).size < names.length) faults.push({ line, text: 'the header names a column twice' });
  return faults.length > 0 ? faults : new Map(columns.filter((name) => names.includes(name)).map((name) => [name, names.indexOf(name)]));
}

function rowOf({ line, cells }: Line, places: Map<Column, number>, faults: ListFault[]): ListedEnrolment {
  const cell = (column: Column) => cells[places.get(column) ?? Number.POSITIVE_INFINITY] ?? '';
  const contacts: Contact[] = [];
  for (const text of cell('contacts').split('|')) {
    if (text.trim() === '') continue;
    const contact = contactOf(text);
    if (contact !== undefined) contacts.push(contact);
    else faults.push({ line, text: `"${text.trim().slice(0, 100)}" is no contact: name;role;phone;email, with | between two of them` });
  }
  if (contacts.length > contactsMax) faults.push({ line, text: `more than ${contactsMax} contacts` });
  if (cells.length > places.size) faults.push({ line, text: 'has more cells than the header; put quotes around a cell with a comma' });
  const id = cell('id');
  const tags = cell('tags')
    .split(/[\s,;]+/)
    .filter((tag) => tag !== '');
  const row = { line, agency: cell('agency').normalize('NFC'), ...(id === '' ? {} : { id }), tags, contacts };
  faults.push(...faultsOf(row).map((text) => ({ line, text })));
  return row;
}

function repeated(rows: readonly ListedEnrolment[]): ListFault[] {
  const firstLines = new Map<string, number>();
  return rows.flatMap(({ id, line }) => {
    if (id === undefined) return [];
    const first = firstLines.get(id);
    firstLines.set(id, first ?? line);
    return first === undefined ? [] : [{ line, text: `"${id}" stands in line ${first} already` }];
  });
}
