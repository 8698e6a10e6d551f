/** Reads a file of Zeek's intelligence framework: tab separated, its columns named after `#fields`. */
import { UserError } from '../../../command/user-error.ts';
import type { Harvest, Said } from '../harvest.ts';
import { eachLine, type Input } from '../input.ts';
import { readTyped, type ValueType } from '../value/typed-value.ts';

/** `Intel::CERT_HASH` is the SHA-1 in Zeek's documentation; feeds that write SHA-256 are read too. */
const types: Readonly<Record<string, ValueType>> = {
  'Intel::ADDR': 'address',
  'Intel::SUBNET': 'address',
  'Intel::DOMAIN': 'domain',
  'Intel::URL': 'url',
  'Intel::SOFTWARE': 'user_agent',
  'Intel::CERT_HASH': 'certificate',
  'Intel::JA3': 'ja3',
  'Intel::JA4': 'ja4',
};

interface Columns {
  value: number;
  type: number;
  source: number;
  description: number;
  reference: number;
}

export function readZeek(input: Input, harvest: Harvest): void {
  let columns: Columns | undefined;
  let lastKey = '';
  let said: Said = {};
  eachLine(input, harvest, (line, number) => {
    if (line.startsWith('#fields')) columns = readColumns(line, input.from);
    if (line.startsWith('#') || line.trim() === '') return;
    if (columns === undefined) throw new UserError(`${input.from} has no line #fields before its entries`);
    const cells = line.split('\t');
    const cell = (at: number) => (at < 0 || cells[at] === undefined || cells[at] === '-' ? '' : cells[at].trim());
    const key = [columns.source, columns.description, columns.reference].map(cell).join('\t');
    if (key !== lastKey) {
      said = saidOf(cell(columns.source), cell(columns.description), cell(columns.reference));
      lastKey = key;
    }
    const value = cell(columns.value);
    const typeName = cell(columns.type);
    const type = types[typeName];
    if (type === undefined) harvest.refuse('other-type', value, number, typeName);
    else harvest.read(readTyped(type, value), said, `${typeName} ${value}`, number);
  });
}

function saidOf(origin: string, family: string, reference: string): Said {
  const said: Said = {};
  if (origin !== '') said.origin = origin;
  if (family !== '') said.family = family;
  if (reference !== '') said.reference = reference;
  return said;
}

function readColumns(line: string, from: string): Columns {
  const names = line.trim().split(/\t+/).slice(1);
  if (!names.includes('indicator') || !names.includes('indicator_type'))
    throw new UserError(`${from}: its line #fields names no indicator and indicator_type, with tabs between`);
  return {
    value: names.indexOf('indicator'),
    type: names.indexOf('indicator_type'),
    source: names.indexOf('meta.source'),
    description: names.indexOf('meta.desc'),
    reference: names.indexOf('meta.url'),
  };
}
