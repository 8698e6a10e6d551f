/**
 * A key and the name of a box -> a request for a certificate (PKCS #10, RFC 2986) in PEM. The form is always the same, so it is written out here, in place of
 * a library of certificates on every box. Reads no request and no certificate.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

const tags = { integer: 0x02, bitString: 0x03, oid: 0x06, utf8String: 0x0c, sequence: 0x30, set: 0x31, attributes: 0xa0 } as const;
/** X.520 id-at-commonName, 2.5.4.3. */
const commonNameOid = Buffer.from('550403', 'hex');
/** RFC 5758 §3.2: ecdsa-with-SHA256, 1.2.840.10045.4.3.2. */
const signatureOid = Buffer.from('2a8648ce3d040302', 'hex');
/** RFC 7468 §2. */
const lineCharacters = 64;

/** P-256: known to every TLS library, quick on small machines. PEM (PKCS #8). */
export function newPrivateKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** `key`: a private key on P-256. */
export function signingRequest(box: string, key: KeyObject): string {
  const name = der(tags.sequence, der(tags.set, der(tags.sequence, der(tags.oid, commonNameOid), der(tags.utf8String, Buffer.from(box)))));
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
  // RFC 2986 §4.1: version 0, subject, its key, no attributes.
  const information = der(tags.sequence, der(tags.integer, Buffer.from([0])), name, publicKey, der(tags.attributes));
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', information, key)]);
  const algorithm = der(tags.sequence, der(tags.oid, signatureOid));
  const base64 = der(tags.sequence, information, algorithm, der(tags.bitString, signature)).toString('base64');
  const lines = base64.match(new RegExp(`.{1,${lineCharacters}}`, 'g')) ?? [];
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`;
}

/** X.690 §8.1.3: one byte up to 127, else the number of bytes and the length. */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
