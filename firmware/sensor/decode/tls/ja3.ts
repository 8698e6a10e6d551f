/**
 * Turns a hello into its JA3 or JA3S fingerprint (Salesforce 2017): numbers in decimal, `-` within a list, `,` between lists, MD5.
 * The hash is most of the cost, so nothing is computed before it is asked for.
 */

import { hash } from 'node:crypto';
import type { ClientHello } from './client-hello.ts';
import { isGrease } from './grease.ts';
import type { ServerHello } from './server-hello.ts';

/** MD5 of `version,ciphers,extensions,groups,point formats`, lower-case hex. Means nothing for a hello with an anomaly or of SSL 2.0. */
export function ja3(hello: ClientHello): string {
  return hash('md5', ja3Text(hello));
}

/** What `ja3` hashes; GREASE is left out. */
export function ja3Text(hello: ClientHello): string {
  const lists = `${dashed(hello.ciphers)},${dashed(hello.extensions)},${dashed(hello.groups)}`;
  return `${hello.legacyVersion},${lists},${hello.pointFormats.join('-')}`;
}

/** MD5 of `version,cipher,extensions`, lower-case hex. */
export function ja3s(hello: ServerHello): string {
  return hash('md5', `${hello.legacyVersion},${hello.cipher},${hello.extensions.join('-')}`);
}

function dashed(values: readonly number[]): string {
  let text = '';
  for (const value of values) {
    if (isGrease(value)) continue;
    text += text === '' ? value : `-${value}`;
  }
  return text;
}
