import { createHash, X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { decodeCertificate } from '../../../../../firmware/sensor/decode/tls/certificate.ts';
import { certificateBytes, generalizedTime, name, utcTime } from './certificate-bytes.ts';
import { randomBytes } from './hello-bytes.ts';

const digest = (algorithm: string, bytes: Uint8Array): string => createHash(algorithm).update(bytes).digest('hex');

describe('decodeCertificate', () => {
  it('gives hashes, names in their order, the serial without its sign byte, and the validity', () => {
    const bytes = certificateBytes();
    expect(decodeCertificate(bytes)).toEqual({
      sha1: digest('sha1', bytes),
      sha256: digest('sha256', bytes),
      serial: 'b501',
      issuer: 'C=VN, CN=Example CA',
      subject: 'C=VN, O=Sở Thông tin, CN=www.example.vn',
      notBefore: '2024-05-01T00:00:00Z',
      notAfter: '2050-01-31T23:59:59Z',
    });
  });

  it('reads certificates of version 1, which say no version', () => {
    expect(decodeCertificate(certificateBytes({ version1: true, serial: [7] }))).toMatchObject({
      serial: '07',
      subject: expect.any(String),
    });
  });

  it('leaves an empty subject out, without calling it a fault', () => {
    const certificate = decodeCertificate(certificateBytes({ subject: name() }));
    expect(certificate.subject).toBeUndefined();
    expect(certificate.anomaly).toBeUndefined();
  });

  it('leaves a malformed date out and keeps the rest', () => {
    const certificate = decodeCertificate(
      certificateBytes({ notBefore: utcTime('240532000000Z'), notAfter: generalizedTime('20500101000000Z') }),
    );
    expect(certificate.notBefore).toBeUndefined();
    expect(certificate).toMatchObject({ notAfter: '2050-01-01T00:00:00Z', subject: expect.any(String), anomaly: 'tls.bad-certificate' });
  });

  it('refuses a serial number that is longer than any in use', () => {
    const certificate = decodeCertificate(certificateBytes({ serial: Array(100).fill(1) }));
    expect(certificate.serial).toBeUndefined();
    expect(certificate.anomaly).toBe('tls.bad-certificate');
  });

  it('gives the hashes of what is no certificate at all', () => {
    const bytes = randomBytes(3, 400);
    expect(decodeCertificate(bytes)).toEqual({
      sha1: digest('sha1', bytes),
      sha256: digest('sha256', bytes),
      anomaly: 'tls.bad-certificate',
    });
  });

  it('agrees with OpenSSL on every root certificate that the runtime carries', () => {
    const seconds = (date: string): string => `${new Date(date).toISOString().slice(0, 19)}Z`;
    expect(rootCertificates.length).toBeGreaterThan(50);
    for (const pem of rootCertificates) {
      const reference = new X509Certificate(pem);
      const certificate = decodeCertificate(reference.raw);
      expect(certificate).toMatchObject({
        sha1: reference.fingerprint.replaceAll(':', '').toLowerCase(),
        sha256: reference.fingerprint256.replaceAll(':', '').toLowerCase(),
        notBefore: seconds(reference.validFrom),
        notAfter: seconds(reference.validTo),
        subject: reference.subject.replaceAll('\n', ', '),
        issuer: reference.issuer.replaceAll('\n', ', '),
      });
      expect(BigInt(`0x${certificate.serial}`)).toBe(BigInt(`0x${reference.serialNumber}`));
      expect(certificate.anomaly).toBeUndefined();
    }
  });

  it('survives every prefix and every changed byte', () => {
    const bytes = certificateBytes();
    const whole = decodeCertificate(bytes);
    for (let length = 0; length < bytes.length; length++) {
      const cut = decodeCertificate(bytes.subarray(0, length));
      // Only the outer length tells that the end is missing: none of the fields before it may differ.
      for (const field of ['serial', 'issuer', 'subject', 'notBefore', 'notAfter'] as const) {
        if (cut[field] !== undefined) expect(cut[field]).toBe(whole[field]);
      }
      expect(cut.anomaly, `cut at ${length}`).toBe('tls.bad-certificate');
    }
    const changed = Uint8Array.from(bytes);
    for (let index = 0; index < bytes.length; index++) {
      for (const value of [0, 0x80, 0xff, bytes[index]! ^ 1, bytes[index]! ^ 0x20]) {
        changed[index] = value;
        expect(decodeCertificate(changed).sha256).toHaveLength(64);
      }
      changed[index] = bytes[index]!;
    }
  });
});
