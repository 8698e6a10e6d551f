/** Turns the fields of one CSV row into a value and what the row says of it. */
import { formatAddress, isIPv4 } from '../bytes/address.ts';
import { type Provenance, tlps } from './indicator.ts';
import type { ListColumns } from './list-columns.ts';
import { parseAs, parseValue, type ValueType } from './parse-value.ts';
import type { ParsedValue } from './parsed-value.ts';
import type { Refusal } from './refusal.ts';
import { readTypeWord } from './type-words.ts';

export type Row = { refusal: Refusal; shown: string } | { refusal?: never; value: ParsedValue; provenance: Provenance; allow: boolean };

const sha1Digits = 40;
const never: Refusal = 'valid_until is not a time';

export class RowReader {
  private readonly columns: ListColumns;
  private readonly defaults: Provenance;
  private readonly allow: boolean;
  /** Of the row before: most rows of a list say the same, and the same object is found faster than an equal one. */
  private lastKey: string | undefined;
  private lastProvenance: Provenance | undefined;

  constructor(columns: ListColumns, options: { allow: boolean; defaults: Provenance }) {
    this.columns = columns;
    this.defaults = options.defaults;
    this.allow = options.allow;
  }

  /** Hands on the row's values, or why one is not taken, each to `onRow`; nothing for a row without any content. */
  read(fields: readonly string[], onRow: (row: Row) => void): void {
    const { place, values } = this.columns;
    if (values.length === 1) {
      if (fields[values[0]!.at] || fields.some((field) => field !== ''))
        onRow(this.row(fields, fields[values[0]!.at] ?? '', values[0]!.type));
      return;
    }
    let count = 0;
    for (const { at, type } of values) {
      const text = this.cell(fields, at);
      if (text === '') continue;
      count++;
      onRow(this.row(fields, text, type));
    }
    if (count === 0 && fields.some((field) => field !== '')) onRow({ refusal: 'empty value', shown: this.cell(fields, place.type) });
  }

  private row(fields: readonly string[], shown: string, type: ValueType | undefined): Row {
    const { place } = this.columns;
    const port = this.cell(fields, place.port);
    const value = this.value(shown, type, this.cell(fields, place.type), port);
    if (typeof value === 'string') return { refusal: value, shown: port === '' ? shown : `${shown} port ${port}` };
    const provenance = this.provenance(fields);
    if (typeof provenance === 'string') return { refusal: provenance, shown };
    const list = this.cell(fields, place.list).toLowerCase();
    const isAllow = /^(?:allow|allowed|white|whitelist|allowlist|pass)$/.test(list);
    if (list !== '' && !isAllow && !/^(?:block|blocked|bad|black|blacklist|blocklist|deny|alert)$/.test(list)) {
      return { refusal: 'unknown list: it is allow or block', shown };
    }
    return { value, provenance, allow: list === '' ? this.allow : isAllow };
  }

  /** Text of a cell; empty where there is none, or one of the words that lists write for nothing. */
  private cell(fields: readonly string[], place: number): string {
    const text = place < 0 ? '' : (fields[place] ?? '');
    return text === '-' || text === 'None' || text === 'null' ? '' : text;
  }

  private value(text: string, columnType: ValueType | undefined, typeCell: string, port: string): ParsedValue | Refusal {
    // Where several columns hold values, each says by its name what it holds.
    const word = typeCell === '' || this.columns.values.length > 1 ? undefined : readTypeWord(typeCell);
    if (word === 'file-hash') return 'a hash of a file is never seen on the network';
    if (word === 'email') return 'an e-mail address is not matched';
    if (word === 'certificate') return parseAs(text.replaceAll(':', '').length > sha1Digits ? 'cert-sha256' : 'cert-sha1', text);
    const type = word ?? columnType;
    if (type === undefined) return typeCell === '' || this.columns.values.length > 1 ? withPort(parseValue(text), port) : 'unknown type';
    if (type === 'address') return withPort(parseAs(type, text), port);
    if (type !== 'address-port') return parseAs(type, text);
    const parsed = withPort(parseAs(type, text.replace(/^(.*:.*)\|/, '[$1]:').replace('|', ':')), port);
    return typeof parsed !== 'string' && parsed.type !== type ? 'not of the type that its column says' : parsed;
  }

  private provenance(fields: readonly string[]): Provenance | Refusal {
    const { place } = this.columns;
    const cells = [place.family, place.source, place.confidence, place.tlp, place.firstSeen, place.validUntil, place.reference].map((at) =>
      this.cell(fields, at),
    );
    const key = cells.join('\0');
    if (key === this.lastKey && this.lastProvenance !== undefined) return this.lastProvenance;
    const [family = '', source = '', confidence = '', tlp = '', firstSeen = '', validUntil = '', reference = ''] = cells;
    const provenance: Provenance = { ...this.defaults };
    if (family !== '') provenance.family = family;
    if (source !== '') provenance.source = source;
    if (reference !== '') provenance.reference = reference;
    if (confidence !== '') {
      if (!/^\d{1,3}(?:\.\d+)?%?$/.test(confidence) || Number.parseFloat(confidence) > 100)
        return 'confidence is not a number from 0 to 100';
      provenance.confidence = Math.round(Number.parseFloat(confidence));
    }
    if (tlp !== '') {
      const known = readTlp(tlp);
      if (known === undefined) return 'unknown TLP';
      provenance.tlp = known;
    }
    // When something was first seen is only shown; until when it counts decides: an unreadable end must not mean "for ever".
    const seen = readTime(firstSeen);
    if (seen !== undefined) provenance.firstSeenMs = seen;
    if (validUntil !== '') {
      const end = readTime(validUntil);
      if (end === undefined) return never;
      provenance.validUntilMs = end;
    }
    this.lastKey = key;
    this.lastProvenance = provenance;
    return provenance;
  }
}

/** A whole address takes the port that the row names; a network and any other value have none. */
function withPort(value: ParsedValue | Refusal, port: string): ParsedValue | Refusal {
  if (port === '' || typeof value === 'string' || value.type !== 'address') return value;
  const isFour = isIPv4(value.a, value.b, value.c);
  const address = formatAddress(value.a, value.b, value.c, value.d);
  return value.prefixLength === (isFour ? 32 : 128)
    ? parseAs('address-port', isFour ? `${address}:${port}` : `[${address}]:${port}`)
    : value;
}

/** `amber`, `TLP:AMBER`, and `white` of TLP 1.0, which is `clear` now. */
export function readTlp(text: string): Provenance['tlp'] | undefined {
  const word = text.toLowerCase().replace(/^tlp[:\s-]*/, '');
  return tlps.find((tlp) => tlp === (word === 'white' ? 'clear' : word));
}

/** Milliseconds since 1970 of `2026-08-01`, `2026-08-01 10:00:00`, RFC 3339 (UTC where no zone is named) or a count of seconds or milliseconds. */
export function readTime(text: string): number | undefined {
  if (/^\d{9,10}$/.test(text)) return Number(text) * 1000;
  if (/^\d{12,13}$/.test(text)) return Number(text);
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(?: ?(Z|UTC|[+-]\d{2}:?\d{2}))?)?$/i.exec(text);
  if (match === null) return undefined;
  const [, date, time = '00:00', zone = 'Z'] = match;
  const offset = /^(?:z|utc)$/i.test(zone) ? 'Z' : zone.includes(':') ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`;
  const milliseconds = Date.parse(`${date}T${time}${offset}`);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}
