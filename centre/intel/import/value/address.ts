/**
 * Turns an address, a network or an address with its port into canonical text: IPv6 by RFC 5952, IPv4-mapped addresses as IPv4, host bits
 * cleared, networks of full length as addresses. Does not ask whether an address can be remote: that is for the check of a release.
 */
import { formatAddress, isIPv4, parseAddress } from '../../../../firmware/sensor/bytes/address.ts';
import { maskWord } from '../../../../firmware/sensor/intel/parse-address.ts';
import type { Reading } from './reading.ts';

/** Bits before the IPv4 address in `::ffff:a.b.c.d` (RFC 4291 §2.5.5.2). */
const mappedBits = 96;

/** Whether `text[start, end)` is dotted IPv4 without leading zeros, which some programs read as octal. */
export function isDotted(text: string, start: number, end: number): boolean {
  let octets = 0;
  let octet = -1;
  for (let at = start; at <= end; at++) {
    const code = at < end ? text.charCodeAt(at) : 0x2e;
    if (code === 0x2e) {
      if (octet < 0) return false;
      octets++;
      octet = -1;
    } else {
      if (code < 0x30 || code > 0x39 || octet === 0) return false;
      octet = (octet < 0 ? 0 : octet * 10) + code - 0x30;
      if (octet > 255) return false;
    }
  }
  return octets === 4;
}

/** From 1 to 65535, or 0. */
export function readPort(text: string): number {
  if (!/^\d{1,5}$/.test(text)) return 0;
  const port = Number(text);
  return port <= 65_535 ? port : 0;
}

/** Canonical text of a single address; undefined when it is none. */
export function canonicalAddress(text: string): string | undefined {
  if (isDotted(text, 0, text.length)) return text;
  const words = text.includes(':') ? parseAddress(text) : undefined;
  return words === undefined ? undefined : formatAddress(...words);
}

function readNetwork(text: string, slash: number): Reading {
  const words = parseAddress(text.slice(0, slash));
  const lengthText = text.slice(slash + 1);
  if (words === undefined || !/^\d{1,3}$/.test(lengthText)) return 'not-an-address';
  const [a, b, c, d] = words;
  const isDottedText = !text.includes(':');
  const length = Number(lengthText) + (isDottedText ? mappedBits : 0);
  if (length > 128) return 'not-an-address';
  // `::ffff:0:0/90` is no network of IPv4 addresses, whatever its first words are.
  const isFour = isIPv4(a, b, c) && length >= mappedBits;
  if (length === 128) return { kind: 'address', value: formatAddress(a, b, c, d) };
  const network = formatAddress(maskWord(a, 0, length), maskWord(b, 1, length), maskWord(c, 2, length), maskWord(d, 3, length));
  return { kind: 'cidr', value: `${network}/${isFour ? length - mappedBits : length}` };
}

/** `a.b.c.d`, `v6`, either with `/length`, `a.b.c.d:port`, `[v6]`, `[v6]:port`. */
export function readAddress(text: string): Reading {
  if (isDotted(text, 0, text.length)) return { kind: 'address', value: text };
  const slash = text.indexOf('/');
  if (slash >= 0) return readNetwork(text, slash);
  if (text.startsWith('[')) {
    const close = text.indexOf(']');
    const address = canonicalAddress(text.slice(1, close));
    if (close < 0 || address === undefined || !text.slice(1, close).includes(':')) return 'not-an-address';
    if (close === text.length - 1) return { kind: 'address', value: address };
    return text[close + 1] === ':' ? withPort(address, text.slice(close + 2)) : 'not-an-address';
  }
  const colon = text.indexOf(':');
  if (colon > 0 && isDotted(text, 0, colon)) return withPort(text.slice(0, colon), text.slice(colon + 1));
  if (/^[\d.]+-[\d.]+$/.test(text)) return 'address-range';
  const address = canonicalAddress(text);
  return address === undefined ? 'not-an-address' : { kind: 'address', value: address };
}

/** `address` in canonical form. */
export function withPort(address: string, portText: string): Reading {
  const port = readPort(portText);
  if (port === 0) return 'bad-port';
  return { kind: 'address_port', value: address.includes(':') ? `[${address}]:${port}` : `${address}:${port}` };
}
