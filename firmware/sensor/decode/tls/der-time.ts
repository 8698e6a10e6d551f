/** Turns UTCTime and GeneralizedTime (X.680 §46 and §47, as RFC 5280 §4.1.2.5 restricts them) into RFC 3339 text. Knows no clock. */

import type { Reader } from '../../bytes/reader.ts';
import { readElement, TAG_GENERALIZED_TIME, TAG_UTC_TIME } from './der.ts';
import { readPrintable } from './printable.ts';

/** RFC 5280 §4.1.2.5.1: two digits from 50 up belong to the 20th century. */
const CENTURY_PIVOT = 50;
const textBytesMax = 32;

/** Year (2 or 4 digits), month, day, hour, minute, seconds (which certificates from before RFC 5280 leave out), zone. */
const form = /^(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:[.,]\d+)?(?:Z|([+-])(\d\d)(\d\d))$/;

/** `2024-05-01T00:00:00Z`, or `undefined` for what is no time. */
export function readTime(reader: Reader): string | undefined {
  const { tag, content } = readElement(reader);
  if (content.failed || content.remaining > textBytesMax) return undefined;
  const parts = form.exec(readPrintable(content, content.remaining));
  if (parts === null) return undefined;
  const [, yearText = '', month, day, hour, minute, second = '00', sign, zoneHours, zoneMinutes] = parts;
  if (tag !== (yearText.length === 2 ? TAG_UTC_TIME : TAG_GENERALIZED_TIME)) return undefined;
  const year = yearText.length === 2 ? fullYear(Number(yearText)) : yearText;
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
  const ms = Date.parse(text);
  // A date that does not exist, such as 31 February, comes back as another one.
  if (Number.isNaN(ms) || toText(ms) !== text) return undefined;
  if (sign === undefined) return text;
  const offsetMs = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000;
  return toText(sign === '+' ? ms - offsetMs : ms + offsetMs);
}

function fullYear(twoDigits: number): string {
  return String(twoDigits + (twoDigits >= CENTURY_PIVOT ? 1900 : 2000));
}

function toText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
