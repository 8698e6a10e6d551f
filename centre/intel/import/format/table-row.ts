/** One row of a table -> its values and what it says of them. */
import { readTime, readTlp } from '../../../../firmware/sensor/intel/list-row.ts';
import { readTypeWord } from '../../../../firmware/sensor/intel/type-words.ts';
import type { Harvest, Said } from '../harvest.ts';
import type { Reason } from '../reason.ts';
import { readAddress, withPort } from '../value/address.ts';
import { readAny } from '../value/any-value.ts';
import { isNothing, type Reading } from '../value/reading.ts';
import { refang } from '../value/refang.ts';
import { readTyped, type ValueType } from '../value/typed-value.ts';
import { type Role, type TableColumns, valueTypeOf } from './csv-columns.ts';
import { isValue, readAttribute } from './misp-attribute.ts';

const allowWords = /^(?:allow|allowed|white|whitelist|allowlist|pass)$/i;
const blockWords = /^(?:block|blocked|bad|black|blacklist|blocklist|deny|alert)$/i;
const noTypeWords: ReadonlySet<string> = new Set(['hash', 'md5', 'sha1', 'sha256']);
const shownLengthMax = 200;
const saidRoles = ['family', 'source', 'confidence', 'tlp', 'firstSeen', 'lastSeen', 'validUntil', 'reference', 'status', 'toIds'] as const;

export class TableRows {
  private readonly columns: TableColumns;
  private readonly harvest: Harvest;
  /** Of the row before: most rows of a list say the same. */
  private lastKey: string | undefined;
  private lastSaid: Said | Reason = {};
  private lastTypeWord = '';
  private lastType: ValueType | undefined;

  constructor(columns: TableColumns, harvest: Harvest) {
    this.columns = columns;
    this.harvest = harvest;
  }

  /** `fields` may be used again by the caller. */
  read(fields: readonly string[], where: number | string): void {
    const { values } = this.columns;
    const filled = values.length === 1 ? values : values.filter(({ at }) => !isNothing(fields[at] ?? ''));
    if (filled.length === 0) this.harvest.refuse('empty', fields.join(' ').slice(0, shownLengthMax), where);
    for (const { at, type } of filled) this.value((fields[at] ?? '').trim(), type, fields, where);
  }

  private value(text: string, columnType: ValueType | undefined, fields: readonly string[], where: number | string): void {
    const typeWord = this.columns.values.length > 1 ? '' : this.cell(fields, 'type');
    const port = this.cell(fields, 'port');
    const type = typeWord === '' ? columnType : this.typeOf(typeWord);
    if (typeWord !== '' && type === undefined) {
      if (typeWord.includes('|')) this.pair(typeWord, text, fields, where);
      else this.refuseType(typeWord, text, where);
      return;
    }
    this.take(this.reading(text, type, port), [typeWord, text, port], fields, where);
  }

  /** A pair of MISP, as its export of tables has them too. */
  private pair(typeWord: string, text: string, fields: readonly string[], where: number | string): void {
    const readings = readAttribute(typeWord.toLowerCase(), text);
    const values = readings.filter(isValue);
    if (values.length === 0 && readings[0] === 'other-type') this.refuseType(typeWord, text, where);
    else for (const reading of values.length === 0 ? readings.slice(0, 1) : values) this.take(reading, [typeWord, text], fields, where);
  }

  private take(reading: Reading, parts: readonly string[], fields: readonly string[], where: number | string): void {
    const said = this.said(fields);
    const list = this.cell(fields, 'list');
    const isBadList = list !== '' && !allowWords.test(list) && !blockWords.test(list);
    if (typeof reading !== 'string' && typeof said !== 'string' && !isBadList) {
      this.harvest.take(reading.kind, reading.value, said, list !== '' && allowWords.test(list));
      return;
    }
    const shown = parts.filter((part) => part !== '').join(' ');
    const reason = typeof reading === 'string' ? reading : typeof said === 'string' ? said : 'bad-list-word';
    this.harvest.refuse(reason, shown, where);
  }

  /** Lists have a handful of words for types. */
  private typeOf(word: string): ValueType | undefined {
    if (word === this.lastTypeWord) return this.lastType;
    this.lastTypeWord = word;
    // A column may hold fingerprints alone; a type among others means the hash of a file.
    this.lastType = noTypeWords.has(word.toLowerCase()) ? undefined : valueTypeOf(word);
    return this.lastType;
  }

  private refuseType(typeWord: string, text: string, where: number | string): void {
    const named = readTypeWord(typeWord);
    const isHash = named === 'file-hash' || noTypeWords.has(typeWord.toLowerCase());
    if (isHash) this.harvest.refuse('file-hash', text, where);
    else if (named === 'email') this.harvest.refuse('email', text, where);
    else this.harvest.refuse('other-type', text, where, typeWord);
  }

  private reading(text: string, type: ValueType | undefined, port: string): Reading {
    const reading = type === undefined ? readAny(text) : readTyped(type, type === 'address' ? pairOf(text) : text);
    if (port === '' || typeof reading === 'string') return reading;
    return reading.kind === 'address' ? withPort(reading.value, port) : reading;
  }

  private cell(fields: readonly string[], role: Role): string {
    const at = this.columns.place[role];
    const text = at === undefined ? '' : (fields[at] ?? '').trim();
    return isNothing(text) ? '' : text;
  }

  /** The same object for rows that say the same. */
  private said(fields: readonly string[]): Said | Reason {
    let key = '';
    for (const role of saidRoles) if (this.columns.place[role] !== undefined) key += `${this.cell(fields, role)}\0`;
    if (key !== this.lastKey) {
      this.lastSaid = this.readSaid(fields);
      this.lastKey = key;
    }
    return this.lastSaid;
  }

  private readSaid(fields: readonly string[]): Said | Reason {
    const said: Said = {};
    const cell = (role: (typeof saidRoles)[number]) => this.cell(fields, role);
    const [family, origin, confidence, tlp] = [cell('family'), cell('source'), cell('confidence'), cell('tlp')];
    const [validUntil, reference] = [cell('validUntil'), cell('reference')];
    if (family !== '') said.family = family;
    if (origin !== '') said.origin = origin;
    if (reference !== '') said.reference = reference;
    const trust = confidenceOf(confidence);
    if (trust !== undefined) said.confidence = trust;
    else if (confidence !== '') this.harvest.passOver('bad-confidence');
    const marking = readTlp(tlp);
    if (marking !== undefined) said.tlp = marking;
    else if (tlp !== '') this.harvest.passOver('bad-tlp');
    const first = readTime(cell('firstSeen'));
    if (first !== undefined) said.firstSeenMs = first;
    const last = readTime(cell('lastSeen'));
    if (last !== undefined) said.lastSeenMs = last;
    if (/^offline$/i.test(cell('status'))) said.isOffline = true;
    if (/^(?:0|false|no)$/i.test(cell('toIds'))) said.isNotForDetection = true;
    if (validUntil === '') return said;
    // An end that cannot be read must not mean "for ever".
    const end = readTime(validUntil);
    if (end === undefined) return 'bad-end';
    said.validUntilMs = end;
    return said;
  }
}

/** `192.0.2.1|443` as some tools write a pair. */
function pairOf(text: string): string {
  const bar = text.indexOf('|');
  if (bar < 0) return text;
  const address = readAddress(refang(text.slice(0, bar)));
  const pair = typeof address === 'string' ? address : withPort(address.value, text.slice(bar + 1));
  return typeof pair === 'string' ? text : pair.value;
}

/** From 0 to 100, or undefined. */
export function confidenceOf(text: string): number | undefined {
  if (!/^\d{1,3}(?:\.\d+)?\s*%?$/.test(text)) return undefined;
  const number = Math.round(Number.parseFloat(text));
  return number <= 100 ? number : undefined;
}
