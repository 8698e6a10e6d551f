/** Addresses and networks as words, and what lies in what. IPv4 is `::ffff:a.b.c.d`, as everywhere. */
import { type AddressWords, isIPv4, parseAddress } from '../../../firmware/sensor/bytes/address.ts';
import { maskWord } from '../../../firmware/sensor/intel/parse-address.ts';

const mappedBits = 96;

export interface Network {
  words: AddressWords;
  /** Of 128 bits; IPv4 counts from its 96th. */
  length: number;
  isIPv4: boolean;
}

/** `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`, `[2001:db8::1]`; undefined for anything else. Host bits may be set. */
export function networkOf(text: string): Network | undefined {
  const slash = text.indexOf('/');
  const words = parseAddress((slash < 0 ? text : text.slice(0, slash)).replace(/^\[(.*)\]$/, '$1'));
  if (words === undefined) return undefined;
  const four = isIPv4(words[0], words[1], words[2]);
  const isDotted = !text.includes(':');
  const given = slash < 0 ? (isDotted ? 32 : 128) : Number(text.slice(slash + 1));
  if (!Number.isInteger(given) || given < 0 || given > (isDotted ? 32 : 128)) return undefined;
  return { words, length: isDotted ? given + mappedBits : given, isIPv4: four };
}

export function contains(outer: Network, inner: Network): boolean {
  if (outer.length > inner.length) return false;
  for (let index = 0; index < 4; index++) {
    if (maskWord(outer.words[index]! ^ inner.words[index]!, index, outer.length) !== 0) return false;
  }
  return true;
}

export function overlap(one: Network, other: Network): boolean {
  return contains(one, other) || contains(other, one);
}

/** Throws for what is no network: for tables of our own. */
export function networksOf(texts: Iterable<string>): Network[] {
  return Array.from(texts, (text) => {
    const network = networkOf(text);
    if (network === undefined) throw new RangeError(`${text} is no network`);
    return network;
  });
}
