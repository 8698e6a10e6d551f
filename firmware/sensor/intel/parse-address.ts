/**
 * Turns `192.0.2.1`, `192.0.2.0/24`, `192.0.2.1:443`, `2001:db8::1`, `2001:db8::/32`, `[2001:db8::1]:443` into a `ParsedValue`.
 * Refuses networks that would cover a large part of the Internet and addresses that no remote host has.
 */
import { isIPv4, mappedWord, parseAddress } from '../bytes/address.ts';
import type { ParsedValue } from './parsed-value.ts';
import type { Refusal } from './refusal.ts';

/** A wider network is a mistake in a list rather than intelligence: it would turn half of all traffic into alerts. */
export const shortestPrefixIPv4 = 8;
export const shortestPrefixIPv6 = 16;
/** Bits before the IPv4 address in `::ffff:a.b.c.d` (RFC 4291 §2.5.5.2). */
const mappedBits = 96;

const badIPv4: Refusal = 'not an IPv4 address: four numbers from 0 to 255, without leading zeros';
const badPort: Refusal = 'port is not a number from 1 to 65535';

/** Dotted IPv4 as one word, or -1 with `ok` false. Leading zeros are refused: some programs read them as octal. */
function parseDotted(text: string): { ok: boolean; word: number } {
  let word = 0;
  let octet = -1;
  let octets = 0;
  for (let at = 0; at <= text.length; at++) {
    const code = at < text.length ? text.charCodeAt(at) : 0x2e;
    if (code === 0x2e) {
      if (octet < 0 || ++octets > 4) return { ok: false, word: 0 };
      word = (word << 8) | octet;
      octet = -1;
    } else {
      if (code < 0x30 || code > 0x39 || octet === 0) return { ok: false, word: 0 };
      octet = (octet < 0 ? 0 : octet * 10) + code - 0x30;
      if (octet > 255) return { ok: false, word: 0 };
    }
  }
  return { ok: octets === 4, word };
}

function parseNumber(text: string, least: number, most: number): number {
  if (!/^\d{1,5}$/.test(text)) return -1;
  const number = Number(text);
  return number >= least && number <= most ? number : -1;
}

/** The bits of word `index` (0-3) that lie within a prefix. */
export function maskWord(word: number, index: number, prefixLength: number): number {
  const bits = prefixLength - 32 * index;
  if (bits >= 32) return word;
  return bits <= 0 ? 0 : word & (-1 << (32 - bits));
}

function isNeverRemoteIPv4(word: number): boolean {
  const first = word >>> 24;
  return first === 0 || first === 127 || (first >= 224 && first < 240) || word === -1; // RFC 1122 §3.2.1.3: this net, loop-back, multicast, broadcast
}

function finishIPv4(word: number, prefixLength: number, port: number): ParsedValue | Refusal {
  if (prefixLength < shortestPrefixIPv4) return 'too wide: an IPv4 network is /8 or smaller';
  if (isNeverRemoteIPv4(word)) return 'no remote host has this address';
  const d = maskWord(word, 0, prefixLength);
  return { type: port > 0 ? 'address-port' : 'address', text: '', exact: false, a: 0, b: 0, c: mappedWord, d, prefixLength, port };
}

function finishIPv6(words: readonly number[], prefixLength: number, port: number): ParsedValue | Refusal {
  const [a = 0, b = 0, c = 0, d = 0] = words;
  if (isIPv4(a, b, c) && prefixLength >= mappedBits) return finishIPv4(d, prefixLength - mappedBits, port);
  if (prefixLength < shortestPrefixIPv6) return 'too wide: an IPv6 network is /16 or smaller';
  if (a >>> 24 === 0xff || (a === 0 && b === 0 && c === 0 && d >>> 1 === 0)) return 'no remote host has this address'; // RFC 4291 §2.4: multicast, ::, ::1
  return {
    type: port > 0 ? 'address-port' : 'address',
    text: '',
    exact: false,
    a: maskWord(a, 0, prefixLength),
    b: maskWord(b, 1, prefixLength),
    c: maskWord(c, 2, prefixLength),
    d: maskWord(d, 3, prefixLength),
    prefixLength,
    port,
  };
}

/** `text` holds digits, dots and at most one `/` or `:` part. */
export function parseIPv4Value(text: string): ParsedValue | Refusal {
  const slash = text.indexOf('/');
  const colon = text.indexOf(':');
  const dotted = parseDotted(slash >= 0 ? text.slice(0, slash) : colon >= 0 ? text.slice(0, colon) : text);
  if (!dotted.ok) return badIPv4;
  if (slash >= 0) {
    const prefixLength = parseNumber(text.slice(slash + 1), 0, 32);
    return prefixLength < 0 ? 'prefix length is not a number in range' : finishIPv4(dotted.word, prefixLength, 0);
  }
  if (colon < 0) return finishIPv4(dotted.word, 32, 0);
  const port = parseNumber(text.slice(colon + 1), 1, 65535);
  return port < 0 ? badPort : finishIPv4(dotted.word, 32, port);
}

/** `text` is a bare or bracketed IPv6 address with `/length` or, when bracketed, `:port`. */
export function parseIPv6Value(text: string): ParsedValue | Refusal {
  let address = text;
  let rest = '';
  if (text.startsWith('[')) {
    const close = text.indexOf(']');
    if (close < 0) return 'not an IPv6 address';
    address = text.slice(1, close);
    rest = text.slice(close + 1);
  } else {
    const slash = text.indexOf('/');
    if (slash >= 0) {
      address = text.slice(0, slash);
      rest = text.slice(slash);
    }
  }
  const words = address.includes(':') ? parseAddress(address) : undefined;
  if (words === undefined) return 'not an IPv6 address';
  if (rest === '') return finishIPv6(words, 128, 0);
  if (rest.startsWith('/')) {
    const prefixLength = parseNumber(rest.slice(1), 0, 128);
    return prefixLength < 0 ? 'prefix length is not a number in range' : finishIPv6(words, prefixLength, 0);
  }
  const port = rest.startsWith(':') ? parseNumber(rest.slice(1), 1, 65535) : -1;
  return port < 0 ? badPort : finishIPv6(words, 128, port);
}
