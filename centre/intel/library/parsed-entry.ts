/** An entry of the library -> what the compiler of a set takes, or why it cannot be matched (an ftp URL, a network that is too wide). */
import type { IndicatorType } from '../../../firmware/sensor/intel/indicator.ts';
import { parseIPv4Value, parseIPv6Value } from '../../../firmware/sensor/intel/parse-address.ts';
import { parseDomainValue } from '../../../firmware/sensor/intel/parse-domain.ts';
import { parseAs } from '../../../firmware/sensor/intel/parse-value.ts';
import type { ParsedValue } from '../../../firmware/sensor/intel/parsed-value.ts';
import type { Refusal } from '../../../firmware/sensor/intel/refusal.ts';
import type { Kind, LibraryEntry } from './library-entry.ts';

export const indicatorTypeOf: Readonly<Record<Kind, IndicatorType>> = {
  address: 'address',
  cidr: 'address',
  address_port: 'address-port',
  domain: 'domain',
  url: 'url',
  ja3: 'ja3',
  ja4: 'ja4',
  cert_sha1: 'cert-sha1',
  cert_sha256: 'cert-sha256',
  user_agent: 'user-agent',
};

export function parsedEntry({ kind, value }: Pick<LibraryEntry, 'kind' | 'value'>): ParsedValue | Refusal {
  // Most values are of these kinds, and in canonical form, which nothing has to be undone of: only mapped IPv6 addresses have dots, and they are IPv4.
  if (kind === 'domain') return parseDomainValue(value);
  if (kind === 'address' || kind === 'address_port' || kind === 'cidr')
    return value.includes('.') ? parseIPv4Value(value) : parseIPv6Value(value);
  return parseAs(indicatorTypeOf[kind], value);
}
