import { expect, it } from 'vitest';
import { Reader } from '../../../../../firmware/sensor/bytes/reader.ts';
import { readTime } from '../../../../../firmware/sensor/decode/tls/der-time.ts';
import { der, generalizedTime, utcTime } from './certificate-bytes.ts';
import { ascii, type Bytes } from './hello-bytes.ts';

const timeOf = (bytes: Bytes): string | undefined => readTime(new Reader(Uint8Array.from(bytes)));

it.each([
  ['490101000000Z', '2049-01-01T00:00:00Z'],
  ['500101000000Z', '1950-01-01T00:00:00Z'],
  ['2405010203Z', '2024-05-01T02:03:00Z'],
  ['240501000000+0700', '2024-04-30T17:00:00Z'],
  ['241231200000-0500', '2025-01-01T01:00:00Z'],
  ['240229000000Z', '2024-02-29T00:00:00Z'],
  ['230229000000Z', undefined],
  ['241301000000Z', undefined],
  ['240501240000Z', undefined],
  ['240501000060Z', undefined],
  ['240501000000', undefined],
  ['2405010000xxZ', undefined],
  ['', undefined],
])('reads the UTCTime %s as %s', (text, expected) => {
  expect(timeOf(utcTime(text))).toBe(expected);
});

it.each([
  ['20500131235959Z', '2050-01-31T23:59:59Z'],
  ['99991231235959Z', '9999-12-31T23:59:59Z'],
  ['20240501000000.250Z', '2024-05-01T00:00:00Z'],
  ['240501000000Z', undefined],
])('reads the GeneralizedTime %s as %s', (text, expected) => {
  expect(timeOf(generalizedTime(text))).toBe(expected);
});

it('refuses a time in an element of another type, too long, or cut', () => {
  expect(timeOf(der(0x0c, ascii('240501000000Z')))).toBeUndefined();
  expect(timeOf(utcTime('2'.repeat(100)))).toBeUndefined();
  expect(timeOf(utcTime('240501000000Z').slice(0, 9))).toBeUndefined();
});
