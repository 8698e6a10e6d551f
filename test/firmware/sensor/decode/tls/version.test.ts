import { expect, it } from 'vitest';
import { cipherName } from '../../../../../firmware/sensor/decode/tls/cipher-suites.ts';
import { isGrease } from '../../../../../firmware/sensor/decode/tls/grease.ts';
import { highestVersion, versionName } from '../../../../../firmware/sensor/decode/tls/version.ts';

it.each([
  [0x0304, 'TLS 1.3'],
  [0x0303, 'TLS 1.2'],
  [0x0300, 'SSL 3.0'],
  [0x0002, 'SSL 2.0'],
  [0x7f17, 'TLS 1.3 draft 23'],
  [0xfefd, 'DTLS 1.2'],
  [0x0012, '0x0012'],
])('names version %i %s', (version, name) => {
  expect(versionName(version)).toBe(name);
});

it('takes the highest version that is not GREASE', () => {
  expect(highestVersion([0x1a1a, 0x0303, 0x0304, 0xfafa], 0x0303)).toBe(0x0304);
  expect(highestVersion([], 0x0301)).toBe(0x0301);
});

it('knows the sixteen GREASE values of RFC 8701 and no other', () => {
  const values = Array.from({ length: 65_536 }, (_, value) => value).filter(isGrease);
  expect(values).toEqual(Array.from({ length: 16 }, (_, index) => (index * 16 + 10) * 257));
});

it('names cipher suites, and gives the number of those without a name', () => {
  expect(cipherName(0x1301)).toBe('TLS_AES_128_GCM_SHA256');
  expect(cipherName(0xc02f)).toBe('TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256');
  expect(cipherName(0x0fed)).toBe('0x0fed');
});
