/**
 * Turns one value of a list into a `ParsedValue`, its type recognised by shape or named by a prefix (`domain:`, `ja3:`, …) or by the
 * caller (the type column of a CSV). A value that is no indicator gives the reason instead. Defanged forms are read (`hxxp`, `[.]`).
 */
import type { IndicatorType } from './indicator.ts';
import { isLikeUserAgent } from './list-shape.ts';
import { parseIPv4Value, parseIPv6Value } from './parse-address.ts';
import { parseDomainValue } from './parse-domain.ts';
import { parseUrlValue } from './parse-url.ts';
import { type ParsedValue, textValue } from './parsed-value.ts';
import type { Refusal } from './refusal.ts';

/** What a value can be asked to be: an indicator type, where `address` covers address:port too. */
export type ValueType = IndicatorType;

/** No value is longer; a User-Agent header of this size is already absurd. */
export const valueLengthMax = 4096;

const prefixes: Readonly<Record<string, ValueType>> = {
  ip: 'address',
  domain: 'domain',
  url: 'url',
  ja3: 'ja3',
  ja4: 'ja4',
  sha1: 'cert-sha1',
  sha256: 'cert-sha256',
  ua: 'user-agent',
};

/** FoxIO's text of the client form: `t13d1516h2_` and two runs of 12 hex digits. */
const ja4Pattern = /^[tqd](?:\d\d|s\d|d\d)[di]\d{4}[0-9A-Za-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}$/;
const hexPairs = /^(?:[0-9a-f]{2}:)+[0-9a-f]{2}$/i;

/** Undoes what reports do so that nobody clicks: hxxp, [.], (.), {.}, [dot], [:], [@]. */
function refang(text: string): string {
  return text
    .replace(/^[hH][xX]{2}[pP]/, 'http')
    .replace(/[[({](?:\.|dot)[\])}]/gi, '.')
    .replaceAll('[:]', ':')
    .replaceAll('[://]', '://')
    .replaceAll('[@]', '@');
}

function parseHex(type: IndicatorType, text: string, length: number, refusal: Refusal): ParsedValue | Refusal {
  const hex = (hexPairs.test(text) ? text.replaceAll(':', '') : text).toLowerCase();
  return hex.length === length && /^[0-9a-f]+$/.test(hex) ? textValue(type, hex) : refusal;
}

function parseAnyAddress(text: string): ParsedValue | Refusal {
  if (/^\d[\d.]*(?:[/:]\d*)?$/.test(text)) return parseIPv4Value(text);
  if (text.includes(':')) return parseIPv6Value(text);
  return /^[\d.]+-[\d.]+$/.test(text) ? 'an address range is not supported: write it as networks (CIDR)' : 'not an address';
}

/** Reads `text` as the type that somebody named. */
export function parseAs(type: ValueType, text: string): ParsedValue | Refusal {
  const fault = type === 'user-agent' ? undefined : faultOf(text);
  if (fault !== undefined) return fault;
  const value = refang(text);
  switch (type) {
    case 'user-agent':
      return parseUserAgent(text);
    case 'address':
    case 'address-port':
      return parseAnyAddress(value);
    case 'domain':
      return parseDomainValue(value);
    case 'url':
      return parseUrlValue(value);
    case 'ja3':
      return parseHex('ja3', value, 32, 'not a JA3: 32 hex digits');
    case 'ja4':
      return ja4Pattern.test(value) ? textValue('ja4', value) : 'not a JA4';
    case 'cert-sha1':
      return parseHex('cert-sha1', value, 40, 'not a certificate SHA-1: 40 hex digits');
    case 'cert-sha256':
      return parseHex('cert-sha256', value, 64, 'not a certificate SHA-256: 64 hex digits');
  }
}

function parseUserAgent(text: string): ParsedValue | Refusal {
  if (text === '') return 'empty value';
  if (text.length > valueLengthMax) return 'too long';
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) < 0x20) return 'control character in the value';
  return textValue('user-agent', text);
}

function faultOf(text: string): Refusal | undefined {
  if (text === '') return 'empty value';
  if (text.length > valueLengthMax) return 'too long';
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x20 || code === 0x09) return 'space inside the value; write ua:… for a user agent';
    if (code < 0x20 || code === 0x7f) return 'control character in the value';
  }
  return undefined;
}

/** A value that holds a colon: prefix, URL, address with port, IPv6, colon-separated hash. */
function parseWithColon(text: string): ParsedValue | Refusal {
  const colon = text.indexOf(':');
  if (text.startsWith('//', colon + 1)) return parseUrlValue(text);
  const named = prefixes[text.slice(0, colon).toLowerCase()];
  if (named !== undefined) return parseAs(named, text.slice(colon + 1).trim());
  if (/^\d[\d.]*:/.test(text) && text.indexOf(':', colon + 1) < 0 && text.includes('.'))
    return text.includes('/') ? parseUrlValue(text) : parseIPv4Value(text);
  if (hexPairs.test(text) && text.length === 59) return parseAs('cert-sha1', text);
  if (hexPairs.test(text) && text.length === 95) return parseAs('cert-sha256', text);
  if (text.startsWith('[')) return text.includes('/') ? parseUrlValue(text) : parseIPv6Value(text);
  if (/^[0-9a-f:.]+(?:\/\d*)?$/i.test(text) && text.indexOf(':', colon + 1) >= 0) return parseIPv6Value(text);
  if (text.includes('/')) return parseUrlValue(text);
  return /^[^:]+:\d+$/.test(text) ? 'a domain takes no port' : 'not an IPv6 address';
}

/** Reads a value whose type nobody named. `text` is trimmed. */
export function parseValue(text: string): ParsedValue | Refusal {
  if (/^ua:/i.test(text)) return parseUserAgent(text.slice(3).trim());
  if (text.includes(' ') && isLikeUserAgent(text)) return parseUserAgent(text);
  const fault = faultOf(text);
  if (fault !== undefined) return fault;
  const value = /[[({]|^hxx/i.test(text) ? refang(text) : text;
  if (value.includes(':')) return parseWithColon(value);
  const first = value.charCodeAt(0);
  if (first >= 0x30 && first <= 0x39 && /^[\d./-]+$/.test(value) && /[./]/.test(value)) {
    return value.includes('-') ? 'an address range is not supported: write it as networks (CIDR)' : parseIPv4Value(value);
  }
  if (value.includes('/')) return parseUrlValue(value);
  if (value.includes('@')) return 'an e-mail address is not matched';
  if (!value.includes('.') || value.includes('_')) {
    if (value.length === 32 && /^[0-9a-f]+$/i.test(value)) return textValue('ja3', value.toLowerCase());
    if (value.length === 40 && /^[0-9a-f]+$/i.test(value)) return textValue('cert-sha1', value.toLowerCase());
    if (value.length === 64 && /^[0-9a-f]+$/i.test(value)) return textValue('cert-sha256', value.toLowerCase());
    if (ja4Pattern.test(value)) return textValue('ja4', value);
  }
  return parseDomainValue(value);
}
