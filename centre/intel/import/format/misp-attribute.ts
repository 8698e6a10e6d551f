/** The value of one MISP attribute -> the values of the network in it. A pair gives both, or the part that the network shows. */
import type { Reason } from '../reason.ts';
import { withPort } from '../value/address.ts';
import type { Reading, Value } from '../value/reading.ts';
import { readTyped, type ValueType } from '../value/typed-value.ts';

/** MISP core format, types of attributes that hold one value. */
const singleTypes: Readonly<Record<string, ValueType>> = {
  'ip-src': 'address',
  'ip-dst': 'address',
  domain: 'domain',
  hostname: 'domain',
  url: 'url',
  uri: 'url',
  'user-agent': 'user_agent',
  'http-user-agent': 'user_agent',
  'ja3-fingerprint-md5': 'ja3',
  ja4: 'ja4',
  'ja4-fingerprint': 'ja4',
  'x509-fingerprint-sha1': 'cert_sha1',
  'x509-fingerprint-sha256': 'cert_sha256',
};

const hashTypes =
  /^(?:filename\|)?(?:md5|sha1|sha224|sha256|sha384|sha512|sha512\/224|sha512\/256|sha3-\d+|ssdeep|tlsh|imphash|impfuzzy|pehash|authentihash|vhash|cdhash|telfhash)$/;

/** `other-type` stands for a type that the network does not show; its name is the detail of the refusal. */
export function readAttribute(type: string, value: string): Reading[] {
  const single = singleTypes[type];
  if (single !== undefined) return [readTyped(single, value.trim())];
  if (type === 'ip-dst|port' || type === 'ip-src|port') return [readAddressAndPort(value)];
  const [first = '', second = ''] = value.split('|').map((part) => part.trim());
  if (type === 'domain|ip') return [readTyped('domain', first), readTyped('address', second)];
  if (type === 'hostname|port' || type === 'domain|port') return [readTyped('domain', first)];
  return [refusalOf(type)];
}

function readAddressAndPort(value: string): Reading {
  // Older events write `address:port` in it.
  const bar = value.lastIndexOf('|');
  const address = readTyped('address', bar < 0 ? value.trim() : value.slice(0, bar).trim());
  if (typeof address === 'string' || bar < 0) return address;
  return address.kind === 'address' ? withPort(address.value, value.slice(bar + 1).trim()) : 'not-an-address';
}

function refusalOf(type: string): Reason {
  if (hashTypes.test(type)) return 'file-hash';
  return type.startsWith('email') ? 'email' : 'other-type';
}

export function isValue(reading: Reading): reading is Value {
  return typeof reading !== 'string';
}
