/** Turns a Host header into the form in which URLs of a set are hashed. Letters are left in their case: the hash folds them. */
import { canonicalIPv6Authority, isDefaultPort } from './parse-url.ts';

const bracket = 0x5b;
const dot = 0x2e;

/** Without default port and final dot; the text itself, no copy, where it has neither. An impossible one comes back as it is. */
export function canonicalAuthority(host: string): string {
  if (host.charCodeAt(0) === bracket) return canonicalIPv6Authority(host) ?? host;
  const colon = host.lastIndexOf(':');
  const nameEnd = colon < 0 ? host.length : colon;
  const nameLength = nameEnd > 0 && host.charCodeAt(nameEnd - 1) === dot ? nameEnd - 1 : nameEnd;
  if (colon < 0 && nameLength === host.length) return host;
  const port = host.slice(nameEnd + 1);
  if (port === '' || isDefaultPort(port)) return host.slice(0, nameLength);
  return nameLength === nameEnd ? host : host.slice(0, nameLength) + host.slice(nameEnd);
}
