/**
 * A certificate authority of the centre: its certificate and key in, certificates for boxes, servers and services and lists of revoked certificates
 * out (X.509, RFC 5280). What it may issue is fixed here; whom, its caller decides. Keeps no record of what it issued.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, type webcrypto, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { boxIdPattern } from '../../firmware/contract/topics.ts';
import { UserError } from '../command/user-error.ts';
import { CsrError, parseCsr } from './certificate-request.ts';
import * as x509 from './x509.ts';

const dayMs = 86_400_000;
/** A clock that is late by less finds a new certificate valid already. */
const backdatedMs = dayMs;
/** Above a year, so that a box which is laid aside over the summer and renewed once a year stays in. */
export const boxValidityMs = 400 * dayMs;
/** Nobody but our own programs judges these; what counts is that nothing stands still because a day was missed. `init` renews them. */
export const serverValidityMs = 1_826 * dayMs;
const authorityValidityMs = 9_131 * dayMs;
/** Every client is refused once it has ended: far off, since each revocation writes it anew. */
const listValidityMs = 3_653 * dayMs;
/** RFC 5280 appendix A.1, ub-common-name. */
export const nameCharactersMax = 64;
/** RFC 5280 §4.1.2.2: at most 20 bytes, positive. 126 of these bits are random. */
const serialBytes = 16;
/** RFC 5280 §5.2.3, cRLNumber. */
const listNumberOid = '2.5.29.20';
const usages = { client: '1.3.6.1.5.5.7.3.2', server: '1.3.6.1.5.5.7.3.1' } as const;
const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' } as const;

export interface IssuedCertificate {
  pem: string;
  /** Hex, small letters, without leading zeros. */
  serial: string;
  notBeforeMs: number;
  notAfterMs: number;
  publicKeyPem: string;
}

export interface RevokedCertificate {
  serial: string;
  revokedMs: number;
  reason?: RevocationReason;
}

/** RFC 5280 §5.3.1: those of its codes that fit a box. */
export const revocationReasons = {
  'key-compromise': x509.X509CrlReason.keyCompromise,
  superseded: x509.X509CrlReason.superseded,
  retired: x509.X509CrlReason.cessationOfOperation,
} as const;
export type RevocationReason = keyof typeof revocationReasons;

export interface NewAuthority {
  certificatePem: string;
  key: KeyObject;
}

interface Subject {
  commonName: string;
  publicKey: KeyObject;
  usage: keyof typeof usages;
  notAfterMs: number;
  names?: readonly string[];
}

/** P-256, like all that the centre issues. */
export function newKeyPair(): { privateKey: KeyObject; publicKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
}

/** It may sign certificates that sign nothing themselves, and its list of revoked ones. `key`: one that was made for it, P-256; else a new one. */
export async function newAuthority({ commonName, key }: { commonName: string; key?: KeyObject }): Promise<NewAuthority> {
  const privateKey = key ?? newKeyPair().privateKey;
  const publicKey = createPublicKey(privateKey);
  const nowMs = Date.now();
  const verifyingKey = cryptoKeyOf(publicKey, 'verify');
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: nameOf(commonName.slice(0, nameCharactersMax)),
    notBefore: new Date(nowMs - backdatedMs),
    notAfter: new Date(nowMs + authorityValidityMs),
    keys: { privateKey: cryptoKeyOf(privateKey, 'sign'), publicKey: verifyingKey },
    signingAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(verifyingKey),
    ],
  });
  return { certificatePem: pemOf(certificate), key: privateKey };
}

export class Authority {
  readonly certificatePem: string;
  readonly #certificate: x509.X509Certificate;
  readonly #key: webcrypto.CryptoKey;

  private constructor(certificatePem: string, key: KeyObject) {
    this.certificatePem = certificatePem;
    this.#certificate = new x509.X509Certificate(certificatePem);
    this.#key = cryptoKeyOf(key, 'sign');
  }

  /** Throws a `UserError` where the certificate is none, or the key is not its own. */
  static open(certificatePem: string, key: KeyObject): Authority {
    let isOwn: boolean;
    try {
      const certificate = new X509Certificate(certificatePem);
      isOwn = certificate.ca && certificate.checkPrivateKey(key);
    } catch (error) {
      throw new UserError(`the certificate of the authority cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (!isOwn) throw new UserError('the certificate of the authority and its key do not belong together: bring the key made with it');
    return new Authority(certificatePem, key);
  }

  /** A box's own name for a box's own key. Rejects with a `CsrError` where the request is for anybody or anything else. */
  async issueBox({ box, csrPem, notAfterMs }: { box: string; csrPem: string; notAfterMs?: number }): Promise<IssuedCertificate> {
    const { commonName, publicKey } = await parseCsr(csrPem);
    if (!boxIdPattern.test(box) || commonName !== box)
      throw new CsrError(`the request is for ${JSON.stringify(commonName)}, not for ${box}`);
    return this.#issue({ commonName: box, publicKey, usage: 'client', notAfterMs: notAfterMs ?? Date.now() + boxValidityMs });
  }

  /** `names`: host names and addresses; the first is the common name too. */
  issueServer({ names, publicKey }: { names: readonly string[]; publicKey: KeyObject }): Promise<IssuedCertificate> {
    const commonName = (names[0] ?? '').slice(0, nameCharactersMax);
    return this.#issue({ commonName, publicKey, usage: 'server', notAfterMs: Date.now() + serverValidityMs, names });
  }

  /** `name`: what the broker's rights are written for. */
  issueService({ name, publicKey }: { name: string; publicKey: KeyObject }): Promise<IssuedCertificate> {
    return this.#issue({ commonName: name, publicKey, usage: 'client', notAfterMs: Date.now() + serverValidityMs });
  }

  /** `number` must be higher in each list than in the one before. A serial that is there twice counts once. PEM. */
  async revocationList(revoked: readonly RevokedCertificate[], number: number): Promise<string> {
    const nowMs = Date.now();
    const entries = new Map(revoked.map((entry) => [entry.serial, entry]));
    const list = await x509.X509CrlGenerator.create({
      issuer: this.#certificate.subjectName,
      thisUpdate: new Date(nowMs - backdatedMs),
      nextUpdate: new Date(nowMs + listValidityMs),
      signingAlgorithm,
      signingKey: this.#key,
      entries: [...entries.values()].map(({ serial, revokedMs, reason = 'key-compromise' }) => ({
        serialNumber: serial,
        revocationDate: new Date(revokedMs),
        reason: revocationReasons[reason],
      })),
      extensions: [await this.#authorityKeyId(), new x509.Extension(listNumberOid, false, derInteger(number))],
    });
    return pemOf(list, 'X509 CRL');
  }

  async #issue({ commonName, publicKey, usage, notAfterMs, names }: Subject): Promise<IssuedCertificate> {
    const [serial, notBeforeMs] = [newSerial(), Date.now() - backdatedMs];
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serial,
      subject: nameOf(commonName),
      issuer: this.#certificate.subjectName,
      notBefore: new Date(notBeforeMs),
      // Nothing outlives the authority.
      notAfter: new Date(Math.min(notAfterMs, this.#certificate.notAfter.getTime())),
      publicKey: spki,
      signingKey: this.#key,
      signingAlgorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usages[usage]]),
        await x509.SubjectKeyIdentifierExtension.create(new x509.PublicKey(spki)),
        await this.#authorityKeyId(),
        ...(names === undefined ? [] : [alternativeNames(names)]),
      ],
    });
    return {
      pem: pemOf(certificate),
      serial,
      notBeforeMs: certificate.notBefore.getTime(),
      notAfterMs: certificate.notAfter.getTime(),
      publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    };
  }

  #authorityKeyId(): Promise<x509.AuthorityKeyIdentifierExtension> {
    return x509.AuthorityKeyIdentifierExtension.create(this.#certificate.publicKey);
  }
}

/** RFC 6125: a client compares with these alone. */
function alternativeNames(names: readonly string[]): x509.SubjectAlternativeNameExtension {
  return new x509.SubjectAlternativeNameExtension([...new Set(names)].map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value })));
}

/** Said so, for the library reads a plain text that begins with # as hex. */
const nameOf = (commonName: string) => new x509.Name([{ CN: [{ utf8String: commonName }] }]);

/** RFC 7468 §4 and §7: OpenSSL reads a list under this label only, and the library writes another one. */
function pemOf({ rawData }: { rawData: ArrayBuffer }, label: 'CERTIFICATE' | 'X509 CRL' = 'CERTIFICATE'): string {
  const base64 = Buffer.from(rawData)
    .toString('base64')
    .replaceAll(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----\n`;
}

function cryptoKeyOf(key: KeyObject, use: 'sign' | 'verify'): webcrypto.CryptoKey {
  return key.toCryptoKey(keyAlgorithm, use === 'verify', [use]);
}

/** The two highest bits are 0 and 1: the number is positive, and its hex has no leading zeros. */
function newSerial(): string {
  const bytes = randomBytes(serialBytes);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

/** X.690 §8.3; `value` is not negative. */
function derInteger(value: number): Buffer {
  const hex = value.toString(16);
  const digits = hex.padStart(hex.length + (hex.length % 2), '0');
  // A first bit of 1 would make it negative.
  const content = Buffer.from(/^[89a-f]/.test(digits) ? `00${digits}` : digits, 'hex');
  return Buffer.concat([Buffer.from([0x02, content.length]), content]);
}
