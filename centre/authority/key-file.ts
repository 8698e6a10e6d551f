/**
 * A private key <-> a file. Under a passphrase: scrypt (RFC 7914) makes a key of it, AES-256-GCM seals with that, and all that is needed to open it
 * but the passphrase stands in the file. Without one: PKCS #8 in PEM, for services that start by themselves.
 */
import { createCipheriv, createDecipheriv, createPrivateKey, type KeyObject, randomBytes, scryptSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { UserError } from '../command/user-error.ts';
import { secretMode, writeWhole } from './whole-file.ts';

/** OWASP's first choice for scrypt: 128 MiB and some tenths of a second for each guess. */
const cost = { n: 2 ** 17, r: 8, p: 1 } as const;
/** What a file may ask of us: one that was tampered with must not take all memory. */
const costsMax = { n: 2 ** 20, r: 16, p: 4 } as const;
const memoryBytesMax = 2 * 128 * costsMax.n * costsMax.r;
const fileBytesMax = 16_384;
const cipherName = 'aes-256-gcm';
const keyBytes = 32;
/** NIST SP 800-38D §5.2.1.1: 96 bits; a new salt gives each file a key of its own. */
const nonceBytes = 12;
const tagBytes = 16;
const saltBytes = 32;

const bytes = (count: number) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .transform((text) => Buffer.from(text, 'base64url'))
    .refine((value) => value.length === count);
const isPowerOfTwo = (value: number) => Number.isInteger(Math.log2(value));

const sealedKeySchema = z.strictObject({
  schema: z.literal('sealed-key/1'),
  about: z.string().max(500),
  kdf: z.strictObject({
    name: z.literal('scrypt'),
    n: z.int().min(2).max(costsMax.n).refine(isPowerOfTwo),
    r: z.int().min(1).max(costsMax.r),
    p: z.int().min(1).max(costsMax.p),
    salt: bytes(saltBytes),
  }),
  cipher: z.strictObject({ name: z.literal(cipherName), nonce: bytes(nonceBytes), tag: bytes(tagBytes) }),
  data: z.string().regex(/^[A-Za-z0-9_-]{1,8192}$/),
});

/** The same letters make the same bytes, however a keyboard composed them (Unicode NFKC): Vietnamese has several ways. */
function keyOf(passphrase: string, salt: Buffer, { n, r, p }: { n: number; r: number; p: number }): Buffer {
  return scryptSync(passphrase.normalize('NFKC'), salt, keyBytes, { N: n, r, p, maxmem: memoryBytesMax });
}

/** Whole or not at all, for the owner alone. Throws the system's error where the place cannot be written. */
export function writeKeyFile(path: string, privateKey: KeyObject, passphrase: string | undefined): void {
  if (passphrase === undefined) writeWhole(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), secretMode);
  else writeWhole(path, sealed(privateKey, passphrase), secretMode);
}

function sealed(privateKey: KeyObject, passphrase: string): string {
  const [salt, nonce] = [randomBytes(saltBytes), randomBytes(nonceBytes)];
  const cipher = createCipheriv(cipherName, keyOf(passphrase, salt, cost), nonce, { authTagLength: tagBytes });
  const data = Buffer.concat([cipher.update(privateKey.export({ type: 'pkcs8', format: 'der' })), cipher.final()]);
  const file: z.input<typeof sealedKeySchema> = {
    schema: 'sealed-key/1',
    about: 'A private key of Vọng Gác (PKCS #8), sealed with a passphrase',
    kdf: { name: 'scrypt', ...cost, salt: salt.toString('base64url') },
    cipher: { name: cipherName, nonce: nonce.toString('base64url'), tag: cipher.getAuthTag().toString('base64url') },
    data: data.toString('base64url'),
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

/** A passphrase is not looked at where the key lies open. Throws a `UserError` where there is no key to be had. */
export function readKeyFile(path: string, passphrase: string | undefined): KeyObject {
  const text = textOf(path);
  if (!text.startsWith('{')) return openKey(path, () => createPrivateKey(text));
  if (passphrase === undefined) throw new UserError(`${path} is sealed: give its passphrase (--passphrase-file FILE)`);
  const file = sealedKeyOf(path, text);
  const { kdf, cipher, data } = file;
  let content: Buffer;
  try {
    const decipher = createDecipheriv(cipherName, keyOf(passphrase, kdf.salt, kdf), cipher.nonce, { authTagLength: tagBytes });
    decipher.setAuthTag(cipher.tag);
    content = Buffer.concat([decipher.update(Buffer.from(data, 'base64url')), decipher.final()]);
  } catch {
    throw new UserError(`${path} does not open with this passphrase: it is another one, or the file was changed (take the spare copy)`);
  }
  return openKey(path, () => createPrivateKey({ key: content, format: 'der', type: 'pkcs8' }));
}

/** True for a key under a passphrase; undefined where the file is not there, or cannot be read. */
export function isSealed(path: string): boolean | undefined {
  try {
    return readFileSync(path, 'utf8').startsWith('{');
  } catch {
    return undefined;
  }
}

function textOf(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new UserError(`the key ${path} is not there: bring the medium that holds it`);
    throw new UserError(`the key ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (text.trim() === '' || text.length > fileBytesMax) throw damaged(path);
  return text;
}

function sealedKeyOf(path: string, text: string): z.output<typeof sealedKeySchema> {
  try {
    return sealedKeySchema.parse(JSON.parse(text));
  } catch {
    throw damaged(path);
  }
}

function openKey(path: string, open: () => KeyObject): KeyObject {
  try {
    return open();
  } catch {
    throw damaged(path);
  }
}

const damaged = (path: string) => new UserError(`${path} holds no whole private key: take the spare copy`);
