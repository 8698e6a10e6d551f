/** Reads a value whose kind nobody named, by its form alone. A bare hash is one of a file: nothing says that it is a fingerprint. */
import { isDotted, readAddress } from './address.ts';
import { readDomain, readUrl, valueLengthMax } from './name-and-url.ts';
import { hasGap, isNothing, type Reading } from './reading.ts';
import { refang } from './refang.ts';
import { readJa4, readTyped, type ValueType } from './typed-value.ts';

/** As the box's own lists name a type: `ja3:…`. */
const prefixes: Readonly<Record<string, ValueType>> = {
  ip: 'address',
  domain: 'domain',
  url: 'url',
  ja3: 'ja3',
  ja4: 'ja4',
  sha1: 'cert_sha1',
  sha256: 'cert_sha256',
};

/** Spaces and all that ends other values belong to a User-Agent. */
export const userAgentPrefix = /^ua:/i;

/** MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512. */
export function isHash(text: string): boolean {
  return [32, 40, 56, 64, 96, 128].includes(text.length) && /^[0-9a-f]+$/i.test(text);
}

/** `text` is trimmed. */
export function readAny(text: string): Reading {
  if (isDotted(text, 0, text.length)) return { kind: 'address', value: text };
  if (isNothing(text)) return 'empty';
  if (text.length > valueLengthMax) return 'too-long';
  if (userAgentPrefix.test(text)) return readTyped('user_agent', text.slice(3).trim());
  if (hasGap(text)) return 'control-character';
  const value = refang(text);
  if (value.includes(':')) return readWithColon(value);
  const first = value.charCodeAt(0);
  if (first >= 0x30 && first <= 0x39 && /^[\d./-]+$/.test(value) && /[./]/.test(value)) return readAddress(value);
  if (value.includes('/')) return value.startsWith('/') ? 'no-value' : readUrl(value);
  if (value.includes('@')) return 'email';
  if (!value.includes('.')) return isHash(value) ? 'file-hash' : value.length === 36 && value.includes('_') ? readJa4(value) : 'no-value';
  return readDomain(value);
}

/** A URL, an address with its port, IPv6, a value with its type before it. */
function readWithColon(text: string): Reading {
  const colon = text.indexOf(':');
  if (text.startsWith('//', colon + 1)) return readUrl(text);
  const named = prefixes[text.slice(0, colon).toLowerCase()];
  if (named !== undefined) return readTyped(named, text.slice(colon + 1));
  if (/^(?:[0-9a-f]{2}:){15,}[0-9a-f]{2}$/i.test(text)) return 'file-hash';
  const slash = text.indexOf('/');
  const isAddress = text.startsWith('[') || isDotted(text, 0, colon) || /^[0-9a-f:.]+(?:\/\d*)?$/i.test(text);
  if (isAddress && (slash < 0 || /^\d+$/.test(text.slice(slash + 1)))) {
    // `192.0.2.1:81/5` is a URL, `2001:db8::/32` a network.
    return slash >= 0 && (text.startsWith('[') || isDotted(text, 0, colon)) ? readUrl(text) : readAddress(text);
  }
  if (slash > 0) return readUrl(text);
  if (text.includes('@')) return 'email';
  return /^[\w.-]+:\d+$/.test(text) ? 'not-a-domain' : 'no-value';
}
