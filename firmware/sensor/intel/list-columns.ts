/**
 * Turns the header line of a CSV list into the columns that mean something to us, by their names in any order and case; also where the
 * header stands in a comment, as abuse.ch writes it. A line that names no column for values is no header.
 */
import { splitRecord } from './csv.ts';
import { parseValue, type ValueType } from './parse-value.ts';

/** Names of a column, the more telling first, as `plainName` gives them. */
const columnNames = {
  type: ['type', 'ioctype', 'indicatortype', 'observabletype', 'valuetype'],
  family: ['family', 'malwareprintable', 'malwarefamily', 'malware', 'malwarename', 'listingreason', 'threat'],
  source: ['source', 'feed', 'provider'],
  confidence: ['confidence', 'confidencelevel', 'confidencescore'],
  tlp: ['tlp'],
  firstSeen: ['firstseen', 'firstseenutc', 'dateadded', 'listingdate', 'validfrom'],
  validUntil: ['validuntil', 'expires', 'expiry', 'expiration', 'expirationdate', 'expiresat'],
  reference: ['reference', 'urlhauslink', 'link', 'url'],
  list: ['list', 'action'],
  port: ['dstport', 'destinationport', 'port'],
} as const;
const roleNames: ReadonlySet<string> = new Set(Object.values(columnNames).flat());

/** Columns of which one holds the value, of whatever type, the more telling first. */
const anyValueNames = ['value', 'indicator', 'ioc', 'iocvalue', 'indicatorvalue', 'observable', 'observablevalue'];
/** May be a value where there is no other column for one. */
const lastValueName = 'name';

function named(type: ValueType | undefined, names: string): [string, ValueType | undefined][] {
  return names.split(' ').map((name) => [name, type]);
}

/** Columns that each hold a value of their own, with the type that their name says; undefined where the form of the value tells. */
const typedValueNames: ReadonlyMap<string, ValueType | undefined> = new Map([
  ...named('address', 'dstip destinationip ip ipaddress ipv4 ipv6 ipv4address ipv6address address cidr network'),
  ...named('domain', 'domain domainname fqdn'),
  ...named(undefined, 'host hostname fingerprint certfingerprint certificatefingerprint'),
  ...named('url', 'uri url'),
  ...named('ja3', 'ja3md5 ja3 ja3hash ja3fingerprint'),
  ...named('ja4', 'ja4 ja4fingerprint'),
  ...named(
    'cert-sha1',
    'sha1 certsha1 certificatesha1 sha1fingerprint fingerprintsha1 certfingerprintsha1 x509fingerprintsha1 sslcertsha1',
  ),
  ...named('cert-sha256', 'sha256 certsha256 certificatesha256 sha256fingerprint fingerprintsha256 certfingerprintsha256'),
  ...named('cert-sha256', 'x509fingerprintsha256 sslcertsha256'),
  ...named('user-agent', 'useragent ua httpuseragent'),
]);

type Role = keyof typeof columnNames;

export interface ValueColumn {
  at: number;
  /** What its name says; undefined where the form of the value or the column of types decides. */
  type: ValueType | undefined;
}

export interface ListColumns {
  delimiter: string;
  /** At least one. Where there are several, each row may have a value in each. */
  values: readonly ValueColumn[];
  /** Place of each column; -1 where there is none. */
  place: Readonly<Record<Role, number>>;
}

/** `\t` and `;` too: spreadsheets write them where the comma is the decimal mark. */
const delimiters = ['\t', ',', ';'];

/** A name without what people decorate it with; what stands in brackets (`valid until (UTC)`) goes where the name is not known with it. */
function plainName(cell: string): string {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  const whole = plain(cell);
  return isKnown(whole) ? whole : plain(cell.replace(/(?<=\S\s*)(?:\([^)]*\)|\[[^\]]*\])/g, ''));
}

function isKnown(name: string): boolean {
  return roleNames.has(name) || typedValueNames.has(name) || anyValueNames.includes(name) || name === lastValueName;
}

/** Whether a cell is a value rather than the name of a column. */
function isValue(cell: string): boolean {
  return typeof parseValue(cell) !== 'string';
}

/** Undefined when `line` is not a header. A line of one word is one when it is the name of a value column. */
export function readHeader(line: string): ListColumns | undefined {
  const commented = line.startsWith('#');
  const text = commented ? line.replace(/^#+\s*/, '') : line;
  const delimiter = delimiters.find((candidate) => text.includes(candidate)) ?? ',';
  const cells = splitRecord(text, delimiter);
  if (cells === undefined) return undefined;
  const names = cells.map(plainName);
  // A comment may well speak of domains and addresses; only one that lists several known names is a header.
  if (commented && names.filter(isKnown).length < 2) return undefined;
  if (cells.some((cell, index) => !isKnown(names[index]!) && isValue(cell))) return undefined;
  const values = valueColumns(names);
  if (values.length === 0) return undefined;
  const place = Object.fromEntries(
    Object.entries(columnNames).map(([role, synonyms]) => {
      const isFree = (name: string) => names.includes(name) && !values.some(({ at }) => at === names.indexOf(name));
      const name = synonyms.find(isFree);
      return [role, name === undefined ? -1 : names.indexOf(name)];
    }),
  ) as Record<Role, number>;
  return { delimiter, values, place };
}

function valueColumns(names: readonly string[]): ValueColumn[] {
  const any = anyValueNames.find((name) => names.includes(name));
  if (any !== undefined) return [{ at: names.indexOf(any), type: undefined }];
  const typed = names.map((name, at) => ({ name, at, type: typedValueNames.get(name) })).filter(({ name }) => typedValueNames.has(name));
  // Beside other values a URL is where to read more of them, unless another column is that.
  const hasReference = columnNames.reference.some((name) => name !== 'url' && names.includes(name));
  const values = typed.filter(({ name }) => name !== 'url' || hasReference || typed.length === 1).map(({ at, type }) => ({ at, type }));
  if (values.length > 0 || !names.includes(lastValueName)) return values;
  return [{ at: names.indexOf(lastValueName), type: undefined }];
}
