/**
 * Turns a URL, with or without its scheme, into `authority/path?query`: host in canonical form, ports 80 and 443 dropped, user and fragment
 * dropped, characters beyond ASCII percent-encoded as clients send them, escapes and dot segments in normal form. The scheme is not kept,
 * because a sensor may see the same URL under either; the case of the path is, because servers tell cases apart.
 */
import { formatAddress, parseAddress } from '../bytes/address.ts';
import { parseIPv4Value } from './parse-address.ts';
import { canonicalName } from './parse-domain.ts';
import { type ParsedValue, textValue } from './parsed-value.ts';
import type { Refusal } from './refusal.ts';
import { normalTarget } from './url-target.ts';

/** Longer ones are cut by lists and by clients; it also bounds the work of a lookup. */
export const urlLengthMax = 2048;

/** Host part of a URL in canonical form; `ok` false with the refusal. */
function canonicalHost(host: string): { ok: true; name: string } | { ok: false; refusal: Refusal } {
  if (host.startsWith('[')) {
    const words = host.endsWith(']') ? parseAddress(host.slice(1, -1)) : undefined;
    return words === undefined ? { ok: false, refusal: 'not an IPv6 address' } : { ok: true, name: authorityOfAddress(words) };
  }
  if (/^[\d.]+$/.test(host)) {
    const value = parseIPv4Value(host);
    return typeof value === 'string' ? { ok: false, refusal: value } : { ok: true, name: host };
  }
  return canonicalName(host);
}

function authorityOfAddress(words: readonly number[]): string {
  const [a = 0, b = 0, c = 0, d = 0] = words;
  const text = formatAddress(a, b, c, d);
  return text.includes(':') ? `[${text}]` : text;
}

/**
 * `[v6]` or `[v6]:port` as an authority in canonical form, without a default port; undefined when it is none. For the Host header:
 * clients write one IPv6 address in many ways.
 */
export function canonicalIPv6Authority(text: string): string | undefined {
  const close = text.indexOf(']');
  const words = close > 0 && close <= 46 ? parseAddress(text.slice(1, close)) : undefined;
  const port = text.slice(close + 1);
  if (words === undefined || !/^(?::\d{0,5})?$/.test(port)) return undefined;
  return authorityOfAddress(words) + (port === ':' || isDefaultPort(port.slice(1)) ? '' : port);
}

/** 80 and 443, under either scheme: the scheme is not compared, so its default port cannot be either. */
export function isDefaultPort(port: string): boolean {
  return port === '80' || port === '443';
}

function encodeBeyondAscii(text: string): string {
  return text.replace(/[^\x20-\x7e]+/gu, (run) => encodeURIComponent(run.toWellFormed()));
}

export function parseUrlValue(text: string): ParsedValue | Refusal {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text);
  if (scheme !== null && !/^https?$/i.test(scheme[1]!)) return 'not a URL: only http and https are matched';
  const start = scheme === null ? 0 : scheme[0].length;
  const fragment = text.indexOf('#', start);
  const whole = fragment < 0 ? text.slice(start) : text.slice(start, fragment);
  const authorityLength = whole.search(/[/?]/);
  const authority = authorityLength < 0 ? whole : whole.slice(0, authorityLength);
  let target = authorityLength < 0 ? '/' : encodeBeyondAscii(whole.slice(authorityLength));
  if (target.endsWith('?')) target = target.slice(0, -1);
  target = normalTarget(target);
  const hostAndPort = authority.slice(authority.lastIndexOf('@') + 1);
  const portMatch = /:(\d*)$/.exec(hostAndPort);
  const port = portMatch === null ? '' : portMatch[1]!;
  const host = canonicalHost(portMatch === null ? hostAndPort : hostAndPort.slice(0, portMatch.index));
  if (!host.ok) return host.refusal === 'empty value' ? 'not a URL' : host.refusal;
  if (port !== '' && (port.length > 5 || Number(port) < 1 || Number(port) > 65535)) return 'port is not a number from 1 to 65535';
  const shownPort = port === '' || isDefaultPort(String(Number(port))) ? '' : `:${Number(port)}`;
  const canonical = host.name + shownPort + target;
  return canonical.length > urlLengthMax ? 'too long' : textValue('url', canonical);
}
