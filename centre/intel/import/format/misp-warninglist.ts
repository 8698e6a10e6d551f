/** Reads a MISP warning list: every entry is an allowance. Parts of names and expressions are no values, and refused. */
import type { Harvest, Said } from '../harvest.ts';
import { type Fields, textOf } from '../input.ts';
import { readAddress } from '../value/address.ts';
import { readAny } from '../value/any-value.ts';
import { isNothing, type Reading } from '../value/reading.ts';
import { refang } from '../value/refang.ts';

export function isWarninglist(document: Fields): boolean {
  return Array.isArray(document.list) && (typeof document.type === 'string' || Array.isArray(document.matching_attributes));
}

export function readWarninglist(document: Fields, harvest: Harvest): void {
  // MISP takes a list without a type for one of strings.
  const type = textOf(document.type).toLowerCase() || 'string';
  const said: Said = { confidence: 100 };
  const name = textOf(document.name);
  if (name !== '') said.reference = `MISP warning list: ${name}`;
  const list = Array.isArray(document.list) ? document.list : Object.keys((document.list as object | undefined) ?? {});
  for (const [index, element] of list.entries()) {
    harvest.entry();
    const text = textOf(element).trim();
    harvest.read(readMember(type, text), said, text, index + 1, true);
  }
}

function readMember(type: string, text: string): Reading {
  if (isNothing(text)) return 'empty';
  switch (type) {
    case 'cidr':
      return readAddress(text);
    case 'substring':
      return 'allow-substring';
    case 'regex':
      return 'allow-expression';
    case 'string':
      return exact(readAny(refang(text)));
    default:
      return readAny(refang(text));
  }
}

/** MISP compares such a list with whole values: an allowance for a name says nothing of those below it. */
function exact(reading: Reading): Reading {
  if (typeof reading === 'string' || reading.kind !== 'domain' || reading.value.startsWith('=')) return reading;
  return { kind: 'domain', value: `=${reading.value}` };
}
