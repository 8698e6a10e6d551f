/** Reads the file of a Suricata dataset or datarep: a value a line, texts as base64, with or without a reputation behind a comma. */
import type { Harvest, Said } from '../harvest.ts';
import { eachLine, type Input } from '../input.ts';
import { readAddress } from '../value/address.ts';
import { readAny } from '../value/any-value.ts';
import { isNothing, type Reading } from '../value/reading.ts';

const nothingSaid: Said = {};

export type DatasetType = 'string' | 'ip' | 'hash';

export function readDataset(type: DatasetType, input: Input, harvest: Harvest): void {
  eachLine(input, harvest, (line, number) => {
    const value = line.split(',', 1)[0]!.trim();
    if (value !== '' && !value.startsWith('#')) harvest.read(readMember(type, value), nothingSaid, shownOf(type, value), number);
  });
}

function readMember(type: DatasetType, value: string): Reading {
  if (isNothing(value)) return 'empty';
  // Suricata keeps digests of files in datasets of these types.
  if (type === 'hash') return 'file-hash';
  if (type === 'ip') return readAddress(value);
  const text = decodeText(value);
  return text === undefined ? 'bad-encoding' : readAny(text.trim());
}

/** What the dataset means is more to look at than base64. */
function shownOf(type: DatasetType, value: string): string {
  return type === 'string' ? (decodeText(value) ?? value) : value;
}

/** Undefined where it is no base64 of UTF-8. */
export function decodeText(base64: string): string | undefined {
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  const bytes = Buffer.from(base64, 'base64');
  const text = bytes.toString('utf8');
  return text.includes('\ufffd') ? undefined : text;
}
