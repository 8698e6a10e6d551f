/** A name becomes a well-formed X.509 version 3 certificate in DER (RFC 5280 §4.1). Key and signature are noise: nobody verifies it. */

import { createHash } from 'node:crypto';
import { Random } from '../../fuzz/random.ts';

const oids = {
  sha256WithRsa: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b],
  rsa: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01],
  commonName: [0x55, 0x04, 0x03],
  organization: [0x55, 0x04, 0x0a],
  alternativeName: [0x55, 0x1d, 0x11],
} as const;
const keyBytes = 256;

/** The same name gives the same certificate, whatever was made before. */
export function certificate(name: string, issuer: string): Buffer {
  const random = new Random(createHash('sha256').update(`${name} ${issuer}`).digest().readInt32LE(0));
  const algorithm = der(0x30, der(6, Buffer.from(oids.sha256WithRsa)), der(5));
  const serial = random.bytes(16);
  serial[0] = (serial[0]! & 0x7f) | 0x40; // positive, and no leading zero byte
  const body = der(
    0x30,
    der(0xa0, der(2, Buffer.from([2]))),
    der(2, serial),
    algorithm,
    distinguishedName(issuer),
    der(0x30, der(0x17, Buffer.from('250101000000Z')), der(0x17, Buffer.from('271231235959Z'))),
    distinguishedName(name),
    publicKey(random),
    der(0xa3, der(0x30, alternativeName(name))),
  );
  return der(0x30, body, algorithm, bitString(random.bytes(keyBytes)));
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const size = length < 0x100 ? [0x81, length] : [0x82, length >>> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function bitString(bits: Buffer): Buffer {
  return der(3, Buffer.from([0]), bits);
}

function distinguishedName(name: string): Buffer {
  const part = (oid: readonly number[], text: string): Buffer =>
    der(0x31, der(0x30, der(6, Buffer.from(oid)), der(0x0c, Buffer.from(text))));
  return der(0x30, part(oids.organization, 'Synthetic Office Traffic'), part(oids.commonName, name));
}

function publicKey(random: Random): Buffer {
  const modulus = random.bytes(keyBytes);
  modulus[0] = (modulus[0]! & 0x7f) | 0x40;
  const key = der(0x30, der(2, modulus), der(2, Buffer.from([1, 0, 1])));
  return der(0x30, der(0x30, der(6, Buffer.from(oids.rsa)), der(5)), bitString(key));
}

function alternativeName(name: string): Buffer {
  return der(0x30, der(6, Buffer.from(oids.alternativeName)), der(4, der(0x30, der(0x82, Buffer.from(name)))));
}
