/** Builds X.509 certificates in DER for tests. They carry no valid key or signature: nothing here verifies one. */

import { ascii, type Bytes } from './hello-bytes.ts';

export function der(tag: number, ...parts: Bytes[]): number[] {
  const content = parts.flat();
  const { length } = content;
  if (length < 0x80) return [tag, length, ...content];
  return length < 0x100 ? [tag, 0x81, length, ...content] : [tag, 0x82, length >>> 8, length & 0xff, ...content];
}

/** The last arcs of `2.5.4.x`. */
export const COUNTRY = [0x55, 4, 6];
export const ORGANIZATION = [0x55, 4, 10];
export const COMMON_NAME = [0x55, 4, 3];
export const EMAIL = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];

export const attribute = (type: Bytes, tag: number, value: Bytes): number[] => der(0x30, der(0x06, type), der(tag, value));
export const name = (...sets: Bytes[]): number[] => der(0x30, ...sets.map((set) => der(0x31, set)));
export const printable = (type: Bytes, text: string): number[] => attribute(type, 0x13, ascii(text));
export const utf8 = (type: Bytes, text: string): number[] => attribute(type, 0x0c, [...Buffer.from(text, 'utf8')]);
export const utcTime = (text: string): number[] => der(0x17, ascii(text));
export const generalizedTime = (text: string): number[] => der(0x18, ascii(text));

export interface CertificateParts {
  serial?: Bytes;
  issuer?: Bytes;
  subject?: Bytes;
  notBefore?: Bytes;
  notAfter?: Bytes;
  /** Version 1 certificates leave the version out. */
  version1?: boolean;
  /** Bytes in place of extensions, to make it larger. */
  filling?: number;
}

export function certificateBytes(parts: CertificateParts = {}): Uint8Array {
  const { serial = [0x00, 0xb5, 0x01], filling = 100, version1 = false } = parts;
  const toBeSigned = der(
    0x30,
    version1 ? [] : der(0xa0, der(0x02, [2])),
    der(0x02, serial),
    der(0x30, der(0x06, [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11])),
    parts.issuer ?? name(printable(COUNTRY, 'VN'), utf8(COMMON_NAME, 'Example CA')),
    der(0x30, parts.notBefore ?? utcTime('240501000000Z'), parts.notAfter ?? generalizedTime('20500131235959Z')),
    parts.subject ?? name(printable(COUNTRY, 'VN'), utf8(ORGANIZATION, 'Sở Thông tin'), utf8(COMMON_NAME, 'www.example.vn')),
    der(
      0x04,
      Array.from({ length: filling }, (_, index) => index & 0xff),
    ),
  );
  return Uint8Array.from(der(0x30, toBeSigned, der(0x30), der(0x03, [0])));
}
