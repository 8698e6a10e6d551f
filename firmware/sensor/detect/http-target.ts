/** Where an HTTP request goes by its own words: the Host header, and the target of a request to a proxy, which counts more (RFC 9112 §3.2.2). */
import type { HttpRequest } from '../decode/http/http-message.ts';

export interface HttpTarget {
  /** With the port, where one was given. */
  authority: string;
  /** The name or address alone, lower case, no final dot; an IPv6 address without brackets. */
  host: string;
  /** Path and query; `/` where there is none. */
  path: string;
}

let last: { request: HttpRequest; targets: HttpTarget[] } | undefined;

/** The target's own authority first, then the Host header where it differs. Several listeners ask for the same request, one after the other. */
export function httpTargetsOf(request: HttpRequest): HttpTarget[] {
  if (last?.request !== request) last = { request, targets: targetsOf(request) };
  return last.targets;
}

function targetsOf({ method, target, host }: HttpRequest): HttpTarget[] {
  const targets: HttpTarget[] = [];
  const path = pathOf(target);
  const own = method === 'CONNECT' ? target : authorityOf(target);
  if (own !== undefined && own !== '') targets.push({ authority: own, host: hostOf(own), path });
  if (host !== undefined && host !== '' && hostOf(host) !== targets[0]?.host) targets.push({ authority: host, host: hostOf(host), path });
  return targets;
}

const absolute = /^https?:\/\/([^/?#]*)/i;

function authorityOf(target: string): string | undefined {
  const authority = absolute.exec(target)?.[1];
  return authority?.slice(authority.lastIndexOf('@') + 1);
}

function pathOf(target: string): string {
  if (target.startsWith('/')) return target;
  const scheme = absolute.exec(target)?.[0];
  const path = scheme === undefined ? '' : target.slice(scheme.length);
  return path.startsWith('/') ? path : `/${path}`;
}

function hostOf(authority: string): string {
  const bracket = authority.startsWith('[') ? authority.indexOf(']') : -1;
  const colon = authority.indexOf(':');
  let host = authority;
  if (bracket > 0) host = authority.slice(1, bracket);
  else if (colon >= 0) host = authority.slice(0, colon);
  host = host.toLowerCase();
  return host.endsWith('.') ? host.slice(0, -1) : host;
}

/** The port of an authority; 80 where it names none (RFC 9110 §4.2.1). */
export function portOf(authority: string): number {
  const port = /:(\d{1,5})$/.exec(authority)?.[1];
  return port === undefined ? 80 : Number(port);
}
