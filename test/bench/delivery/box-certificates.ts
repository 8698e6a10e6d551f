/**
 * Names -> certificates of the authority of the boxes, thousands in a second: written and signed here (RFC 5280 §4.1), for each call of
 * openssl takes some 10 ms. One key for all of them, which is nobody's secret. For load, where what a certificate says is not at stake.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Authority, Certificate } from '../../centre/broker/pki.ts';

const tags = { integer: 2, bitString: 3, octetString: 4, oid: 6, utf8: 12, utcTime: 23, sequence: 0x30, set: 0x31 } as const;
const oids = {
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
  commonName: [0x55, 0x04, 0x03],
  extendedKeyUsage: [0x55, 0x1d, 0x25],
  clientAuthentication: [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02],
} as const;
const validity = ['200101000000Z', '491231235959Z'];

/** In `folder`, which is made; in the order of the names. */
export function issueBoxCertificates(authority: Authority, names: readonly string[], folder: string): Certificate[] {
  mkdirSync(folder, { recursive: true });
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keyFile = join(folder, 'boxes.key');
  writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const issuer = subjectOf(new X509Certificate(readFileSync(authority.caFile)).raw);
  const authorityKey = readFileSync(join(authority.folder, 'ca.key'));
  return names.map((name) => {
    const certFile = join(folder, `${name}.crt`);
    writeFileSync(certFile, certificate(name, issuer, publicKey, authorityKey));
    return { certFile, keyFile };
  });
}

function certificate(name: string, issuer: Buffer, publicKey: KeyObject, authorityKey: Buffer): string {
  const algorithm = der(tags.sequence, oid(oids.ecdsaWithSha256));
  const serial = randomBytes(16);
  // Positive, and no leading zero byte.
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const usage = der(tags.sequence, oid(oids.extendedKeyUsage), der(tags.octetString, der(tags.sequence, oid(oids.clientAuthentication))));
  const body = der(
    tags.sequence,
    der(0xa0, der(tags.integer, Buffer.from([2]))),
    der(tags.integer, serial),
    algorithm,
    issuer,
    der(tags.sequence, ...validity.map((time) => der(tags.utcTime, Buffer.from(time)))),
    der(tags.sequence, der(tags.set, der(tags.sequence, oid(oids.commonName), der(tags.utf8, Buffer.from(name))))),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(tags.sequence, usage)),
  );
  const signature = der(tags.bitString, Buffer.from([0]), sign('sha256', body, authorityKey));
  const lines =
    der(tags.sequence, body, algorithm, signature)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

/** The subject of a certificate, as it stands there: after version, serial, algorithm, issuer and validity (RFC 5280 §4.1.2). */
function subjectOf(raw: Buffer): Buffer {
  const body = contentOf(contentOf(raw));
  let rest = body;
  for (let field = 0; field < 5; field++) rest = rest.subarray(sizeOf(rest));
  return rest.subarray(0, sizeOf(rest));
}

/** Bytes of the first value, head included. */
function sizeOf(bytes: Buffer): number {
  return headOf(bytes) + lengthOf(bytes);
}

function contentOf(bytes: Buffer): Buffer {
  return bytes.subarray(headOf(bytes), sizeOf(bytes));
}

/** X.690 §8.1.3: short form, or the number of bytes of the length. */
function headOf(bytes: Buffer): number {
  const first = bytes[1] ?? 0;
  return first < 0x80 ? 2 : 2 + (first & 0x7f);
}

function lengthOf(bytes: Buffer): number {
  const head = headOf(bytes);
  return head === 2 ? (bytes[1] ?? 0) : bytes.readUIntBE(2, head - 2);
}

function oid(bytes: readonly number[]): Buffer {
  return der(tags.oid, Buffer.from(bytes));
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const size = length < 0x100 ? [0x81, length] : [0x82, length >>> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
