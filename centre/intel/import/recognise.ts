/** Tells by the content of a list which format it has. Names of files are never looked at: they say what somebody hoped. */
import { UserError } from '../../command/user-error.ts';
import { isPrivateAddress } from './fetch/private-address.ts';
import { headerColumns, plainName } from './format/csv-columns.ts';
import { isOwnName } from './format/hosts.ts';
import { recordColumns, recordsOf } from './format/json-records.ts';
import { eventsIn } from './format/misp-event.ts';
import { isManifest } from './format/misp-feed.ts';
import { isWarninglist } from './format/misp-warninglist.ts';
import { firstWord } from './format/plain.ts';
import { decodeText } from './format/suricata-dataset.ts';
import { type Format, formats } from './formats.ts';
import { type Fields, isFields } from './input.ts';
import { neighbourOf } from './neighbour.ts';
import { canonicalAddress } from './value/address.ts';
import { readAny } from './value/any-value.ts';
import { readDomain } from './value/name-and-url.ts';

/** Enough to see what most of its lines are. */
export const lookedAtBytes = 1 << 17;
const lineLookedAtMax = 2048;

export function recogniseDocument(document: unknown, from: string): Format {
  if (isFields(document)) {
    if (document.type === 'bundle' || (Array.isArray(document.objects) && !('Event' in document))) return 'stix21-bundle';
    if (isIndicator(document)) return 'stix21-bundle';
    if (isWarninglist(document)) return 'misp-warninglist';
    if (isManifest(document)) return 'misp-feed';
  }
  if (Array.isArray(document) && document.some(isIndicator)) return 'stix21-bundle';
  if (eventsIn(document).length > 0 || (isFields(document) && 'response' in document)) return 'misp-event';
  if (recordColumns(recordsOf(document).map(({ record }) => record)) !== undefined) return 'json';
  // An export without entries is a list, with nothing in it.
  if (isEmptyExport(document)) return 'json';
  throw new UserError(`${from} is JSON of no known format: name it with --as (${formats.join(', ')})`);
}

/** An object of STIX that stands outside of a bundle. */
function isIndicator(value: unknown): value is Fields {
  return isFields(value) && value.type === 'indicator' && typeof value.pattern === 'string';
}

function isEmptyExport(document: unknown): boolean {
  const list = isFields(document) ? document.data : document;
  return Array.isArray(list) && list.length === 0;
}

/** Whether a text may be JSON; a list of `[2001:db8::1]:443` begins with a bracket too. */
export function isLikeDocument(beginning: string): boolean {
  return /^\s*(?:\{|\[\s*[{\]"])/.test(beginning);
}

export function recogniseText(beginning: string, from: string): Format {
  // A page that asks for a login, say: the names in it are nobody's fault.
  if (/^\s*<(?:!doctype|html|head|body|\?xml)/i.test(beginning)) throw new UserError(`${from} is a web page or XML, not a list`);
  if (/\r[^\n]/.test(beginning) && !beginning.includes('\n'))
    throw new UserError(`${from} has line ends of an old Mac: save it with others`);
  const lines = beginning.split('\n').map((line) => line.slice(0, lineLookedAtMax).trim());
  const filled = lines.filter((line) => line !== '');
  const entries = filled.filter((line) => !/^(?:#|;|\/\/|!)/.test(line));
  const first = filled.find((line) => line.startsWith('#fields'));
  if (first?.includes('indicator_type') === true || share(entries, (line) => /\tIntel::[A-Z]/.test(line)) > 0.5) return 'zeek-intel';
  // Before tables: the names of a rule's buffers are also names of columns.
  if (entries.some(isLikeRule)) return 'suricata-rules';
  const csv = recogniseCsv(filled);
  if (csv !== undefined) return csv;
  if (/^\[Adblock|^\[AdGuard|^\[uBlock/i.test(filled[0] ?? '') || filled.some((line) => /^(?:@@)?\|\|[^|\s]+/.test(line))) return 'adblock';
  const neighbour = neighbourOf(entries);
  if (neighbour !== undefined) throw new UserError(`${from} ${neighbour}`);
  if (isLikeHosts(entries)) return 'hosts';
  if (isLikeTexts(entries)) return 'suricata-dataset-string';
  if (share(entries, (line) => /^(?:[0-9a-f]{4}:){7}[0-9a-f]{4}(?:,\d+)?$/i.test(line)) === 1) return 'suricata-dataset-ip';
  return isLikeReport(entries) ? 'defanged-text' : 'plain-list';
}

/** The header is the last comment that is one, or the first line that is none. */
function recogniseCsv(lines: readonly string[]): Format | undefined {
  const end = lines.findIndex((line) => !line.startsWith('#'));
  const candidates = end < 0 ? lines : lines.slice(0, end + 1);
  for (const line of candidates.toReversed()) {
    const columns = headerColumns(line);
    const isRow = end < 0 || line === lines[end] || lines[end]!.includes(columns?.delimiter ?? ',');
    if (columns === undefined || !isRow) continue;
    // One name alone is as likely a value or a heading.
    const names = line.replace(/^#+/, '').split(columns.delimiter).map(plainName);
    if (names.length < 2 && !/^#?\s*(?:value|indicator|ioc|domain|ip|url)$/i.test(line)) continue;
    return nameOfCsv(new Set(names));
  }
  return undefined;
}

function nameOfCsv(names: ReadonlySet<string>): Format {
  if (names.has('iocvalue') && names.has('ioctype')) return 'threatfox-csv';
  if (names.has('url') && (names.has('urlstatus') || names.has('urlhauslink'))) return 'urlhaus-csv';
  if (names.has('dstip') && names.has('dstport')) return 'feodo-csv';
  if (names.has('ja3md5')) return 'sslbl-ja3-csv';
  if (names.has('sha1') && names.has('listingreason')) return 'sslbl-cert-csv';
  return 'csv';
}

function share(lines: readonly string[], is: (line: string) => boolean): number {
  return lines.length === 0 ? 0 : lines.filter(is).length / lines.length;
}

/** With a header of seven words, or of a protocol alone (Snort 3). */
function isLikeRule(line: string): boolean {
  return /^(?:alert|drop|reject\w*|sdrop|pass)\s+[a-z][\w-]*\s+(?:\S.*\s(?:->|<>|=>)\s.*(?:\(|\\$)|\(\s*(?:msg|sid):)/.test(line);
}

/** Names behind addresses of the own machine, or all behind the same one. Names behind many addresses are what somebody saw, and a column of its own. */
function isLikeHosts(entries: readonly string[]): boolean {
  const counts = new Map<string, number>();
  for (const line of entries) {
    const [address = '', name = ''] = line.split(/\s+/, 2);
    const canonical = canonicalAddress(address.replace(/%\w+$/, ''));
    if (canonical === undefined || (typeof readDomain(name) === 'string' && !isOwnName(name))) continue;
    const place = isPrivateAddress(canonical) ? 'own' : canonical;
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values()) > entries.length / 2;
}

/** Texts as base64; not all need be values. */
function isLikeTexts(entries: readonly string[]): boolean {
  const texts = entries
    .map((line) => decodeText(line.split(',', 1)[0]!))
    .filter((text) => text !== undefined && /^[\x20-\x7e]+$/.test(text));
  return texts.length === entries.length && share(texts as string[], (text) => /[./:]/.test(text)) > 0.5;
}

/** Headings, words, and here and there a value that somebody made harmless. Without any such value, a text is a list with faults. */
function isLikeReport(entries: readonly string[]): boolean {
  const isDefanged = (line: string) => /[[({](?:\.|dot)[\])}]|\bhxxps?\b/i.test(line);
  const defanged = share(entries, isDefanged);
  if (defanged === 0) return false;
  // Of a list of values, what stands behind the first word of a line is not read.
  const isMore = (line: string) => isDefanged(line.slice(firstWord(line).length).replace(/\s(?:#|;|\/\/).*$/, ''));
  if (entries.some(isMore)) return true;
  const isValueLine = (line: string) => typeof readAny(firstWord(line)) !== 'string';
  if (share(entries, isValueLine) < 0.5) return share(entries, (line) => /\s/.test(line)) > 0.3 || defanged > 0.1;
  return defanged > 0.3 && entries.some((line) => /^[\p{L} ]+:$/u.test(line));
}
