/** Reads a text as the kind of value that the list says it is. */
import { parseAs } from '../../../../firmware/sensor/intel/parse-value.ts';
import type { Kind } from '../../library/library-entry.ts';
import type { Reason } from '../reason.ts';
import { readAddress } from './address.ts';
import { readDomain, readUrl, valueLengthMax } from './name-and-url.ts';
import { hasGap, isNothing, type Reading } from './reading.ts';
import { refang } from './refang.ts';

/** `address` stands for address, cidr and address_port; `certificate` for either hash of one. */
export type ValueType = 'address' | 'domain' | 'url' | 'ja3' | 'ja4' | 'cert_sha1' | 'cert_sha256' | 'certificate' | 'user_agent';

const sha1Digits = 40;
const sha256Digits = 64;
const ja3Digits = 32;

function readHash(kind: Kind, text: string, digits: number, refusal: Reason): Reading {
  const hex = text.replaceAll(':', '').toLowerCase();
  return hex.length === digits && /^[0-9a-f]+$/.test(hex) ? { kind, value: hex } : refusal;
}

/** The whole header, as written. */
export function readUserAgent(text: string): Reading {
  if (text.length > valueLengthMax) return 'too-long';
  if (!text.isWellFormed()) return 'control-character';
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) < 0x20) return 'control-character';
  return text === '' ? 'empty' : { kind: 'user_agent', value: text };
}

/** `text` is trimmed; defanged forms are read. */
export function readTyped(type: ValueType, text: string): Reading {
  if (type === 'user_agent') return readUserAgent(text);
  if (isNothing(text)) return 'empty';
  if (text.length > valueLengthMax) return 'too-long';
  const value = refang(text);
  return hasGap(value) ? (type === 'url' ? 'not-a-url' : 'control-character') : readText(type, value);
}

function readText(type: Exclude<ValueType, 'user_agent'>, value: string): Reading {
  switch (type) {
    case 'url':
      return readUrl(value);
    case 'address':
      return readAddress(value);
    case 'domain':
      return readDomain(value);
    case 'ja3':
      return readHash('ja3', value, ja3Digits, 'not-a-ja3');
    case 'ja4':
      return readJa4(value);
    case 'cert_sha1':
      return readHash('cert_sha1', value, sha1Digits, 'not-a-certificate');
    case 'cert_sha256':
      return readHash('cert_sha256', value, sha256Digits, 'not-a-certificate');
    case 'certificate':
      return value.replaceAll(':', '').length > sha1Digits
        ? readHash('cert_sha256', value, sha256Digits, 'not-a-certificate')
        : readHash('cert_sha1', value, sha1Digits, 'not-a-certificate');
  }
}

export function readJa4(text: string): Reading {
  return typeof parseAs('ja4', text) === 'string' ? 'not-a-ja4' : { kind: 'ja4', value: text };
}
