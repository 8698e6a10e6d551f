/**
 * Reads the attributes of MISP events, in objects too: `{"Event":…}`, lists of them, what a MISP server answers (`{"response":…}`), and lists of
 * single attributes. What MISP marked as deleted is no entry.
 */
import { readTime, readTlp } from '../../../../firmware/sensor/intel/list-row.ts';
import type { Harvest, Said } from '../harvest.ts';
import { type Fields, fieldsIn, isFields, textOf } from '../input.ts';
import { isValue, readAttribute } from './misp-attribute.ts';

/** Answers within answers; MISP wraps three times. */
const depthMax = 5;
/** Tags that name a family: those of galaxies, and of older taxonomies. */
const familyTag =
  /^(?:misp-galaxy:(?:malpedia|mitre-malware|rat|ransomware|banker|botnet|stealer|tool|mitre-tool|backdoor)|malware_classification:malware-family|malware)[:=]"?([^"]+?)"?$/i;

/** Events and, as events of their own, attributes that come without one. */
export function eventsIn(document: unknown, depth = 0): Fields[] {
  if (depth > depthMax) return [];
  if (Array.isArray(document)) return document.flatMap((element) => eventsIn(element, depth + 1));
  if (!isFields(document)) return [];
  if (isFields(document.Event) && !('type' in document && 'value' in document)) return [document.Event];
  if ('response' in document) return eventsIn(document.response, depth + 1);
  if (Array.isArray(document.Attribute) || (Array.isArray(document.Object) && 'uuid' in document)) return [document];
  return typeof document.type === 'string' && typeof document.value === 'string' ? [{ ...eventOf(document), Attribute: [document] }] : [];
}

/** An answer of attributes tells with each the event that it is of. */
function eventOf(attribute: Fields): Fields {
  return isFields(attribute.Event) ? attribute.Event : {};
}

export function readEvents(events: readonly Fields[], harvest: Harvest): void {
  for (const event of events) readEvent(event, harvest);
}

export function readEvent(event: Fields, harvest: Harvest): void {
  const said = saidOfEvent(event);
  for (const attribute of fieldsIn(event.Attribute)) readOne(attribute, event, said, harvest);
  for (const object of fieldsIn(event.Object)) {
    if (isTrue(object.deleted)) continue;
    for (const attribute of fieldsIn(object.Attribute)) readOne(attribute, event, said, harvest);
  }
}

function readOne(attribute: Fields, event: Fields, ofEvent: Said, harvest: Harvest): void {
  if (isTrue(attribute.deleted)) return;
  harvest.entry();
  const type = textOf(attribute.type);
  const value = textOf(attribute.value);
  const where = textOf(attribute.uuid) || textOf(attribute.id) || textOf(event.uuid);
  const readings = readAttribute(type, value);
  if (!readings.some(isValue)) {
    const reason = readings.find((reading) => typeof reading === 'string') ?? 'empty';
    harvest.refuse(reason, `${type} ${value}`, where, reason === 'other-type' ? type : '');
    return;
  }
  const said = saidOfAttribute(attribute, ofEvent);
  for (const reading of readings) {
    if (isValue(reading)) harvest.take(reading.kind, reading.value, said);
    else harvest.passOver(reading);
  }
}

function saidOfEvent(event: Fields): Said {
  const said: Said = {};
  const origin = isFields(event.Orgc) ? textOf(event.Orgc.name) : '';
  if (origin !== '') said.origin = origin;
  const reference = [`MISP event ${textOf(event.uuid)}`.trim(), textOf(event.info)].filter((part) => part !== '').join(': ');
  if (reference !== 'MISP event') said.reference = reference;
  const date = readTime(textOf(event.date));
  if (date !== undefined) said.firstSeenMs = date;
  return { ...said, ...saidByTags(event.Tag) };
}

/** The same object where the attribute says nothing of its own. */
function saidOfAttribute(attribute: Fields, ofEvent: Said): Said {
  const own = saidByTags(attribute.Tag);
  const first = readTime(textOf(attribute.first_seen));
  if (first !== undefined) own.firstSeenMs = first;
  const last = readTime(textOf(attribute.last_seen));
  if (last !== undefined) own.lastSeenMs = last;
  if (attribute.to_ids === false || attribute.to_ids === '0' || attribute.to_ids === 0) own.isNotForDetection = true;
  return Object.keys(own).length === 0 ? ofEvent : { ...ofEvent, ...own };
}

function saidByTags(tags: unknown): Said {
  const said: Said = {};
  for (const { name } of fieldsIn(tags)) {
    const tag = textOf(name);
    const tlp = /^tlp[:=]/i.test(tag) ? readTlp(tag.replace(/["=]/g, (sign) => (sign === '=' ? ':' : ''))) : undefined;
    if (tlp !== undefined) said.tlp = tlp;
    const family = familyTag.exec(tag)?.[1];
    if (family !== undefined) said.family ??= family;
  }
  return said;
}

function isTrue(value: unknown): boolean {
  return value === true || value === '1' || value === 1;
}
