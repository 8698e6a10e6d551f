/**
 * Values that a person asks for -> which of them a remembered value is. A value means what it means to the detectors: a network all of its addresses,
 * a name itself and what is below it, `=name` itself alone. Of a URL the host is asked for, of what is not kept nothing.
 */
import { parseAddress } from '../bytes/address.ts';
import { SetBuilder } from '../intel/compile.ts';
import type { IndicatorType } from '../intel/indicator.ts';
import { IndicatorSet } from '../intel/indicator-set.ts';
import { maskWord } from '../intel/parse-address.ts';
import { parseValue } from '../intel/parse-value.ts';
import { type ParsedValue, textValue } from '../intel/parsed-value.ts';
import { isAddress, kindJa4, kindName, sha1Bytes } from './sighting.ts';
import type { ValueCursor } from './value-section.ts';

export interface AskedValue {
  /** Its place among the values. */
  id: string;
  value: string;
  type?: IndicatorType;
  /** What is asked in place of it; undefined: nothing. */
  parsed?: ParsedValue;
  note?: string;
}

const notKept: ReadonlySet<IndicatorType> = new Set(['ja3', 'user-agent']);
/** Bits before the IPv4 address in its mapped form. */
const mappedBits = 96;
const seed = { a: 1, b: 2 };

export function readAsked(value: string, place: number): AskedValue {
  const asked: AskedValue = { id: String(place), value };
  const parsed = parseValue(value.trim());
  if (typeof parsed === 'string') return { ...asked, note: parsed };
  const { type } = parsed;
  if (notKept.has(type)) return { ...asked, type, note: type === 'ja3' ? 'JA3 is not kept; ask for the JA4' : 'user agents are not kept' };
  if (type !== 'url') return { ...asked, type, parsed };
  return { ...asked, type, parsed: hostOfUrl(parsed.text), note: 'paths are not kept: asked for the host alone' };
}

/** `text` is authority and path. */
function hostOfUrl(text: string): ParsedValue {
  const authority = text.slice(0, text.indexOf('/')).toLowerCase();
  const host = authority.startsWith('[') ? authority.slice(1, authority.indexOf(']')) : authority.replace(/:\d+$/, '');
  const words = parseAddress(host);
  if (words === undefined) return textValue('domain', host, true);
  const [a, b, c, d] = words;
  const prefixLength = host.includes(':') ? 128 : 32;
  return { type: 'address', text: '', exact: false, a, b, c, d, prefixLength, port: 0 };
}

export class AskedValues {
  readonly all: readonly AskedValue[];
  /** Says quickly that a remembered value is none of them. */
  private readonly any: IndicatorSet;
  private readonly byText = new Map<string, AskedValue[]>();
  private readonly addresses: AskedValue[] = [];

  constructor(values: readonly string[]) {
    this.all = values.map(readAsked);
    const builder = new SetBuilder(seed);
    for (const asked of this.all) {
      const { parsed } = asked;
      if (parsed === undefined) continue;
      builder.add(parsed, { confidence: 100 }, false);
      if (parsed.type === 'address' || parsed.type === 'address-port') this.addresses.push(asked);
      else this.put(`${parsed.type}${parsed.exact ? '=' : ''}|${parsed.text}`, asked);
    }
    this.any = IndicatorSet.fromBytes(builder.finish());
  }

  private put(key: string, asked: AskedValue): void {
    const others = this.byText.get(key);
    if (others === undefined) this.byText.set(key, [asked]);
    else others.push(asked);
  }

  /** All that the value in hand answers. */
  matching(value: ValueCursor): readonly AskedValue[] | undefined {
    const { kind, text, length } = value;
    if (isAddress(kind)) return this.matchingAddress(value);
    if (kind === kindName) return this.any.mayHaveDomain(text, length) ? this.matchingName(text.toString('latin1', 0, length)) : undefined;
    const { counts } = this.any;
    if (kind === kindJa4) return counts.ja4 === 0 ? undefined : this.byText.get(`ja4|${text.toString('latin1', 0, length)}`);
    const bySha1 = counts['cert-sha1'] === 0 ? undefined : this.byText.get(`cert-sha1|${text.toString('hex', 0, sha1Bytes)}`);
    const bySha256 = counts['cert-sha256'] === 0 ? undefined : this.byText.get(`cert-sha256|${text.toString('hex', sha1Bytes, length)}`);
    return bySha1 === undefined ? bySha256 : [...bySha1, ...(bySha256 ?? [])];
  }

  private matchingName(name: string): AskedValue[] {
    const found = [...(this.byText.get(`domain=|${name}`) ?? [])];
    for (let start = 0; start >= 0; ) {
      found.push(...(this.byText.get(`domain|${name.slice(start)}`) ?? []));
      const dot = name.indexOf('.', start);
      start = dot < 0 ? -1 : dot + 1;
    }
    return found;
  }

  private matchingAddress({ a, b, c, d, port }: ValueCursor): AskedValue[] | undefined {
    if (this.any.address(a, b, c, d, port, 0) === undefined) return undefined;
    return this.addresses.filter(({ parsed }) => parsed !== undefined && isWithin(parsed, a, b, c, d, port));
  }
}

function isWithin(asked: ParsedValue, a: number, b: number, c: number, d: number, port: number): boolean {
  if (asked.port !== 0 && asked.port !== port) return false;
  const isFour = asked.a === 0 && asked.b === 0 && asked.c === 0xffff;
  const length = asked.prefixLength + (isFour ? mappedBits : 0);
  const within = (word: number, index: number) => maskWord(word, index, length);
  return within(a, 0) === asked.a && within(b, 1) === asked.b && within(c, 2) === asked.c && within(d, 3) === asked.d;
}
