/**
 * Turns one X.509 certificate in DER (RFC 5280 §4.1) into its hashes and the fields that people look at. It verifies nothing: not
 * the signature, not the chain, not the dates.
 */

import { hash } from 'node:crypto';
import { Reader } from '../../bytes/reader.ts';
import type { Anomaly } from '../anomaly.ts';
import { readElement, readHex, readTagged, TAG_CONTEXT_0, TAG_INTEGER, TAG_SEQUENCE } from './der.ts';
import { readTime } from './der-time.ts';
import { readDistinguishedName } from './distinguished-name.ts';

/** Fields are absent where the certificate is cut or malformed before them, and where they are empty. */
export interface Certificate {
  /** Of the whole DER, lower-case hex. */
  sha1: string;
  sha256: string;
  /** `C=VN, O=Example, CN=example.vn`, in the certificate's order. */
  subject?: string;
  issuer?: string;
  /** Lower-case hex without separators and without the leading zero byte that only says "positive". */
  serial?: string;
  /** RFC 3339, UTC, whole seconds. */
  notBefore?: string;
  notAfter?: string;
  anomaly?: Anomaly;
}

/** A certificate where it lies in the stream, valid during the call only. Hashes and fields cost more than finding it, so each is computed when asked for. */
export class CertificateView {
  readonly der: Uint8Array;
  private ofSha1: string | undefined;
  private ofSha256: string | undefined;

  constructor(der: Uint8Array) {
    this.der = der;
  }

  /** Of the whole DER, lower-case hex. Several listeners ask. */
  get sha1(): string {
    this.ofSha1 ??= hash('sha1', this.der);
    return this.ofSha1;
  }

  get sha256(): string {
    this.ofSha256 ??= hash('sha256', this.der);
    return this.ofSha256;
  }

  /** All of it, for people. */
  decode(): Certificate {
    return decodeCertificate(this.der);
  }
}

/** RFC 5280 §4.1.2.2 allows 20 bytes; certificates in use have had up to twice that. */
const serialBytesMax = 64;

/** `der` is the whole certificate. The hashes are always there; malformed DER gives what was read before the fault, and the anomaly. */
export function decodeCertificate(der: Uint8Array): Certificate {
  const certificate: Certificate = { sha1: hash('sha1', der), sha256: hash('sha256', der) };
  if (!readToBeSigned(new Reader(der), certificate)) certificate.anomaly = 'tls.bad-certificate';
  return certificate;
}

function readToBeSigned(der: Reader, certificate: Certificate): boolean {
  const body = readTagged(readTagged(der, TAG_SEQUENCE), TAG_SEQUENCE);
  // RFC 5280 §4.1: version is [0] EXPLICIT and left out for version 1.
  if (body.peek() === TAG_CONTEXT_0) readElement(body);
  const serial = readTagged(body, TAG_INTEGER);
  if (body.failed || serial.remaining === 0 || serial.remaining > serialBytesMax) return false;
  if (serial.peek() === 0 && serial.remaining > 1) serial.skip(1);
  certificate.serial = readHex(serial);
  readTagged(body, TAG_SEQUENCE);
  const issuer = readTagged(body, TAG_SEQUENCE);
  const issuerText = readDistinguishedName(issuer);
  if (issuerText !== '') certificate.issuer = issuerText;
  const validity = readTagged(body, TAG_SEQUENCE);
  const notBefore = readTime(validity);
  const notAfter = readTime(validity);
  if (notBefore !== undefined) certificate.notBefore = notBefore;
  if (notAfter !== undefined) certificate.notAfter = notAfter;
  const subject = readTagged(body, TAG_SEQUENCE);
  const subjectText = readDistinguishedName(subject);
  if (subjectText !== '') certificate.subject = subjectText;
  return !body.failed && !issuer.failed && !subject.failed && notBefore !== undefined && notAfter !== undefined;
}
