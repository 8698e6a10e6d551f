/** The certificates and keys of a centre's own servers and services: made where they are missing, renewed well before they end, for the same keys. */
import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { type Authority, type IssuedCertificate, newKeyPair } from '../authority/authority.ts';
import { readKeyFile } from '../authority/key-file.ts';
import { writeWhole } from '../authority/whole-file.ts';
import type { Item } from './item.ts';
import type { KeyRoom } from './key-room.ts';

/** A year: the officer who set it up has moved on, and the next one hears of it in time. */
export const renewalMs = 365 * 86_400_000;

export interface Credential {
  certFile: string;
  keyFile: string;
  modes: { certificate: number; key: number };
  /** Host names and addresses that it must be good for; of a client of the broker, none. */
  names: readonly string[];
  issue: (authority: Authority, publicKey: KeyObject) => Promise<IssuedCertificate>;
}

/** The credential and what was done about it. Rejects with a `UserError` where it must be issued and the authority's key is away. */
export async function makeCredential({ certFile, keyFile, modes, names, issue }: Credential, keys: KeyRoom): Promise<Item> {
  const present = certificateAt(certFile);
  const isSound = present !== undefined && existsSync(keyFile) && fits(present, keyFile) && isFor(present, names);
  const endMs = present === undefined ? 0 : Date.parse(present.validTo);
  const isLate = endMs - Date.now() < renewalMs;
  if (isSound && !isLate) return { path: certFile, state: 'kept', notAfterMs: endMs };
  if (isSound && endMs > Date.now() && !keys.hasKey('servers')) return { path: certFile, state: 'due', notAfterMs: endMs };
  const authority = await keys.authority('servers');
  const issued = await issue(authority, keyOf(keyFile, modes.key));
  writeWhole(certFile, issued.pem, modes.certificate);
  return { path: certFile, state: present === undefined ? 'made' : 'renewed', notAfterMs: issued.notAfterMs };
}

/** Keys of services lie open, for they start by themselves. Written before the certificate for it. */
function keyOf(path: string, mode: number): KeyObject {
  if (!existsSync(path)) writeWhole(path, newKeyPair().privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), mode);
  return createPublicKey(readKeyFile(path, undefined));
}

function certificateAt(path: string): X509Certificate | undefined {
  try {
    return new X509Certificate(readFileSync(path));
  } catch {
    // None yet, or one that nobody could use.
    return undefined;
  }
}

const fits = (certificate: X509Certificate, keyFile: string) => certificate.checkPrivateKey(readKeyFile(keyFile, undefined));

const isFor = (certificate: X509Certificate, names: readonly string[]) =>
  names.every((name) => (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined);
