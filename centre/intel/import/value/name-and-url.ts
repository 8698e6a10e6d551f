/**
 * Turns a domain or a URL into canonical text. Domain: lower-case ASCII without final dot and leading `*.`; `=name` stays a name without those
 * below it. URL: scheme and host in lower case, the host without final dot and as punycode; everything else as written.
 */
import { formatAddress, parseAddress } from '../../../../firmware/sensor/bytes/address.ts';
import { canonicalName } from '../../../../firmware/sensor/intel/parse-domain.ts';
import { isDotted, readPort } from './address.ts';
import { hasGap, isNothing, type Reading } from './reading.ts';

/** No list needs longer ones; clients and servers cut them at half of it. */
export const valueLengthMax = 4096;
const schemePattern = /^([a-z][a-z0-9+.-]*):\/\//i;

export function readDomain(text: string): Reading {
  const exact = text.startsWith('=');
  let name = exact ? text.slice(1) : text;
  if (!exact && name.startsWith('*.')) name = name.slice(2);
  else if (!exact && name.startsWith('.')) name = name.slice(1);
  const result = canonicalName(name);
  if (!result.ok) return isNothing(text) ? 'empty' : 'not-a-domain';
  return { kind: 'domain', value: exact ? `=${result.name}` : result.name };
}

/** Host of a URL, without port; undefined when it is none. */
function canonicalHost(host: string): string | undefined {
  if (host.startsWith('[')) {
    const words = host.endsWith(']') ? parseAddress(host.slice(1, -1)) : undefined;
    if (words === undefined || !host.includes(':')) return undefined;
    const text = formatAddress(...words);
    return text.includes(':') ? `[${text}]` : text;
  }
  if (isDotted(host, 0, host.length)) return host;
  const result = canonicalName(host);
  return result.ok ? result.name : undefined;
}

/** With or without a scheme; one without stays so. */
export function readUrl(text: string): Reading {
  if (isNothing(text)) return 'empty';
  if (text.length > valueLengthMax) return 'too-long';
  if (hasGap(text)) return 'not-a-url';
  const scheme = schemePattern.exec(text);
  const start = scheme === null ? 0 : scheme[0].length;
  const length = text.slice(start).search(/[/?#]/);
  const end = length < 0 ? text.length : start + length;
  if (end === start) return text.startsWith('/') ? 'no-host' : 'not-a-url';
  const hostStart = text.lastIndexOf('@', end - 1) + 1;
  const at = Math.max(start, hostStart);
  const hostAndPort = text.slice(at, end);
  const port = /:(\d*)$/.exec(hostAndPort);
  const host = canonicalHost(port === null ? hostAndPort : hostAndPort.slice(0, port.index));
  if (host === undefined) return 'not-a-url';
  if (port !== null && port[1] !== '' && readPort(port[1]!) === 0) return 'bad-port';
  const prefix = scheme === null ? '' : scheme[0].toLowerCase();
  const value = prefix + text.slice(start, at) + host + (port?.[0] ?? '') + text.slice(end);
  // `host://path` without a scheme would be read as one the next time.
  return scheme === null && schemePattern.test(value) ? 'not-a-url' : { kind: 'url', value };
}
