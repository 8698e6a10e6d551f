/**
 * Turns the header line of a CSV list into the columns that mean something to us, by their names in any order and case; also where the
 * header stands in a comment, as abuse.ch writes it. A line that names no column for values is no header.
 */
import { splitRecord } from './csv.ts';
import type { ValueType } from './parse-value.ts';

/** Names of a column, the more telling first, in lower case without spaces, hyphens and underscores. */
const columnNames = {
  type: ['type', 'ioctype', 'indicatortype'],
  family: ['family', 'malwareprintable', 'malware', 'listingreason', 'threat'],
  source: ['source', 'feed'],
  confidence: ['confidence', 'confidencelevel'],
  tlp: ['tlp'],
  firstSeen: ['firstseen', 'firstseenutc', 'dateadded', 'listingdate'],
  validUntil: ['validuntil', 'expires'],
  reference: ['reference', 'urlhauslink', 'link', 'url'],
  list: ['list', 'action'],
  port: ['dstport', 'port'],
} as const;

/** Columns that hold the value, with the type that their name says. `url` is last: it may also be the reference. */
const valueNames: ReadonlyMap<string, ValueType | undefined> = new Map<string, ValueType | undefined>([
  ['value', undefined],
  ['indicator', undefined],
  ['ioc', undefined],
  ['iocvalue', undefined],
  ['dstip', 'address'],
  ['ip', 'address'],
  ['ipaddress', 'address'],
  ['domain', 'domain'],
  ['hostname', 'domain'],
  ['ja3md5', 'ja3'],
  ['ja3', 'ja3'],
  ['ja4', 'ja4'],
  ['sha1', 'cert-sha1'],
  ['useragent', 'user-agent'],
  ['url', 'url'],
]);

type Role = keyof typeof columnNames;

export interface ListColumns {
  delimiter: string;
  value: number;
  /** What the name of the value's column says; undefined where the shape or the type column decides. */
  valueType: ValueType | undefined;
  /** Place of each column; -1 where there is none. */
  place: Readonly<Record<Role, number>>;
}

/** `\t` and `;` too: spreadsheets write them where the comma is the decimal mark. */
const delimiters = [',', ';', '\t'];

/** Undefined when `line` is not a header. A line of one word is one when it is the name of a value column. */
export function readHeader(line: string): ListColumns | undefined {
  const commented = line.startsWith('#');
  const text = commented ? line.replace(/^#+\s*/, '') : line;
  const delimiter = delimiters.find((candidate) => text.includes(candidate)) ?? ',';
  const names = splitRecord(text, delimiter)?.map((name) => name.toLowerCase().replace(/[\s_-]/g, ''));
  // Any comment may begin with the word "domain"; only one that lists several names is a header.
  if (names === undefined || (commented && names.length < 2)) return undefined;
  if (!names.every((name) => /^[a-z0-9]*$/.test(name))) return undefined;
  const valueName = [...valueNames.keys()].find((name) => names.includes(name));
  if (valueName === undefined) return undefined;
  const value = names.indexOf(valueName);
  const place = Object.fromEntries(
    Object.entries(columnNames).map(([role, synonyms]) => {
      const name = synonyms.find((synonym) => names.includes(synonym) && names.indexOf(synonym) !== value);
      return [role, name === undefined ? -1 : names.indexOf(name)];
    }),
  ) as Record<Role, number>;
  return { delimiter, value, valueType: valueNames.get(valueName), place };
}

/** Words for a type in a column; those of file hashes and addresses of e-mail are known so that they are refused by their true name. */
const typeWords: ReadonlyMap<string, ValueType | 'file-hash' | 'email'> = new Map<string, ValueType | 'file-hash' | 'email'>([
  ...['ip', 'ipv4', 'ipv6', 'ipdst', 'ipsrc', 'address', 'ipaddress', 'cidr', 'network', 'ipv4addr', 'ipv6addr'].map(
    (word) => [word, 'address'] as const,
  ),
  ...['ipport', 'addressport', 'ipdst|port'].map((word) => [word, 'address-port'] as const),
  ...['domain', 'hostname', 'fqdn', 'domainname', 'host'].map((word) => [word, 'domain'] as const),
  ...['url', 'uri', 'link'].map((word) => [word, 'url'] as const),
  ...['ja3', 'ja3md5', 'ja3fingerprintmd5'].map((word) => [word, 'ja3'] as const),
  ['ja4', 'ja4'],
  ...['sha1', 'certsha1', 'x509fingerprintsha1', 'sslcertsha1'].map((word) => [word, 'cert-sha1'] as const),
  ...['sha256', 'certsha256', 'x509fingerprintsha256', 'sslcertsha256'].map((word) => [word, 'cert-sha256'] as const),
  ...['useragent', 'ua'].map((word) => [word, 'user-agent'] as const),
  ...['md5', 'md5hash', 'sha1hash', 'sha256hash', 'filehash', 'filehashmd5', 'filehashsha1', 'filehashsha256'].map(
    (word) => [word, 'file-hash'] as const,
  ),
  ...['email', 'emailaddress', 'emailsrc'].map((word) => [word, 'email'] as const),
]);

/** The type that a cell names; undefined for an unknown word. */
export function readTypeWord(cell: string): ValueType | 'file-hash' | 'email' | undefined {
  return typeWords.get(cell.toLowerCase().replace(/[\s_:-]/g, ''));
}
