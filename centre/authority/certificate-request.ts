/**
 * A request for a certificate (PKCS #10, RFC 2986) as it came from a box -> whose it says it is, and its public key, both proven by the signature over
 * them. Whatever else stands in it is not looked at: what a certificate says is for the authority alone to decide.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { Pkcs10CertificateRequest } from './x509.ts';

/** Of an Ed25519 or P-256 key it has less than a tenth of this. */
const requestBytesMax = 16_384;

/** Why a request is none that can be granted; fit for people and for the answer to the box. */
export class CsrError extends Error {
  override readonly name = 'CsrError';
}

export interface CertificateRequest {
  commonName: string;
  publicKey: KeyObject;
  publicKeyPem: string;
}

/** Rejects with a `CsrError`. */
export async function parseCsr(pem: string): Promise<CertificateRequest> {
  const request = requestOf(pem);
  const [commonName, ...more] = commonNamesOf(request);
  if (commonName === undefined || more.length > 0) throw new CsrError('the request has no common name, or several');
  const publicKey = publicKeyOf(request);
  // Also what the library cannot make sense of is no proof.
  const isProven = await request.verify().catch(() => false);
  if (!isProven) throw new CsrError('the request is not signed by its own key');
  return { commonName, publicKey, publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

function requestOf(pem: string): Pkcs10CertificateRequest {
  const block = /^\s*-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----\s([A-Za-z0-9+/=\s]+)-----END (?:NEW )?CERTIFICATE REQUEST-----\s*$/;
  const base64 = pem.length > requestBytesMax ? undefined : block.exec(pem)?.[1];
  if (base64 === undefined) throw new CsrError('this is no request for a certificate in PEM');
  try {
    return new Pkcs10CertificateRequest(Buffer.from(base64, 'base64'));
  } catch {
    throw new CsrError('the request for a certificate cannot be read');
  }
}

function commonNamesOf(request: Pkcs10CertificateRequest): string[] {
  try {
    return request.subjectName.getField('CN');
  } catch {
    return [];
  }
}

/** P-256 and Ed25519 only: quick, small, and known to every TLS library of ours. */
function publicKeyOf(request: Pkcs10CertificateRequest): KeyObject {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: 'der', type: 'spki' });
  } catch {
    throw new CsrError('the key of the request cannot be read');
  }
  const isTaken =
    key.asymmetricKeyType === 'ed25519' || (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1');
  if (!isTaken) throw new CsrError('the key of the request is neither P-256 nor Ed25519');
  return key;
}
