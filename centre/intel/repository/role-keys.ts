/** The keys of the repository's roles: Ed25519, each in a file of its own, known by the id that TUF gives its public part. Signs nothing by itself. */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Signature } from '@tufjs/models';
import { canonicalJson } from '../../../firmware/contract/canonical-json.ts';
import { readKeyFile, writeKeyFile } from '../../authority/key-file.ts';
import type { RepositoryPlaces, RoleName } from './repository-folder.ts';

/** As TUF writes a public key (specification §4.2). */
export interface PublicKey {
  keytype: 'ed25519';
  scheme: 'ed25519';
  keyval: { public: string };
}

export interface RoleKey {
  id: string;
  publicKey: PublicKey;
  sign: (bytes: Buffer) => Signature;
}

function roleKey(privateKey: KeyObject): RoleKey {
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  const publicKey: PublicKey = { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: Buffer.from(x, 'base64url').toString('hex') } };
  // Specification §4.2: the id is the SHA-256 of the canonical form.
  const id = createHash('sha256').update(canonicalJson(publicKey)).digest('hex');
  return { id, publicKey, sign: (bytes) => new Signature({ keyID: id, sig: sign(null, bytes, privateKey).toString('hex') }) };
}

const isOnline = (role: RoleName) => role === 'snapshot' || role === 'timestamp';

/** `number`: which one of several; given to root keys. */
export function keyPath(places: RepositoryPlaces, role: RoleName, number?: number): string {
  const name = number === undefined ? `${role}.key` : `${role}-${number}.key`;
  return join(isOnline(role) ? places.onlineKeys : places.offlineKeys, name);
}

/** Draws a key and writes it. Those of the server stay open: nobody is there to open them when a timestamp ends. */
export function drawKey(role: RoleName, path: string, passphrase: string | undefined): RoleKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  writeKeyFile(path, privateKey, isOnline(role) ? undefined : passphrase);
  return roleKey(privateKey);
}

/** Throws a `UserError` where there is no key to be had. */
export function readRoleKey(path: string, passphrase: string | undefined): RoleKey {
  return roleKey(readKeyFile(path, passphrase));
}

/** Paths of the root keys that are here, if any. */
export function rootKeysHere(places: RepositoryPlaces): string[] {
  if (!existsSync(places.offlineKeys)) return [];
  return readdirSync(places.offlineKeys)
    .filter((name) => /^root-\d+\.key$/.test(name))
    .sort()
    .map((name) => join(places.offlineKeys, name));
}
