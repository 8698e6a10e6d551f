import { expect, it } from 'vitest';
import { Reader } from '../../../../../firmware/sensor/bytes/reader.ts';
import { decodeServerHello, isTls13, type ServerHello } from '../../../../../firmware/sensor/decode/tls/server-hello.ts';
import { alpn, ascii, type Bytes, empty, randomBytes as fuzzBytes, serverHelloBody, u16, vector16 } from './hello-bytes.ts';

const decode = (bytes: Uint8Array): ServerHello => decodeServerHello(new Reader(bytes));
/** SHA-256 of "HelloRetryRequest" (RFC 8446 §4.1.3). */
const RETRY_RANDOM: Bytes = [...Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex')];
const whole = serverHelloBody({ cipher: 0xc030, extensions: [empty(23), alpn(ascii('h2')), [0xff01, [0]]] });

it('gives cipher, extensions in order and the protocol that the server picked', () => {
  const hello = decode(whole);
  expect(hello).toEqual({
    legacyVersion: 0x0303,
    version: 0x0303,
    cipher: 0xc030,
    extensions: [23, 16, 0xff01],
    alpn: 'h2',
    helloRetryRequest: false,
  });
  expect(isTls13(hello)).toBe(false);
});

it('takes the version of TLS 1.3 from supported_versions', () => {
  const hello = decode(serverHelloBody({ cipher: 0x1301, extensions: [empty(51), [43, u16(0x0304)]] }));
  expect(hello).toMatchObject({ legacyVersion: 0x0303, version: 0x0304, helloRetryRequest: false });
  expect(isTls13(hello)).toBe(true);
});

it('knows a HelloRetryRequest by its random, all of its ends', () => {
  const retry = (random: Bytes) => decode(serverHelloBody({ cipher: 0x1301, random, extensions: [[43, u16(0x0304)]] }));
  expect(retry(RETRY_RANDOM)).toMatchObject({ helloRetryRequest: true, cipher: 0x1301, version: 0x0304 });
  const otherTail = retry([...RETRY_RANDOM.slice(0, 31), 0]);
  expect(otherTail).toMatchObject({ helloRetryRequest: false, cipher: 0x1301, version: 0x0304 });
});

it('reads the short form of the drafts of TLS 1.3 before 22', () => {
  const body = Uint8Array.from([...u16(0x7f12), ...Array(32).fill(5), ...u16(0x1302), ...vector16([...u16(51), ...u16(0)])]);
  const hello = decode(body);
  expect(hello).toMatchObject({ version: 0x7f12, cipher: 0x1302, extensions: [51] });
  expect(hello.anomaly).toBeUndefined();
  expect(isTls13(hello)).toBe(true);
});

it('takes a hello without any extension block', () => {
  expect(decode(serverHelloBody({ version: 0x0301, cipher: 5 })).anomaly).toBeUndefined();
});

it('says of every cut hello that it is cut', () => {
  const withoutExtensions = serverHelloBody({ cipher: 0xc030 }).length;
  for (let length = 0; length < whole.length; length++) {
    if (length !== withoutExtensions) expect(decode(whole.subarray(0, length)).anomaly, `cut at ${length}`).toBe('tls.bad-hello');
  }
});

it('survives every changed byte and random bytes within its limits', () => {
  const changed = Uint8Array.from(whole);
  for (let index = 0; index < whole.length; index++) {
    for (let value = 0; value < 256; value += 15) {
      changed[index] = value;
      expect(decode(changed).legacyVersion).toBeTypeOf('number');
    }
    changed[index] = whole[index]!;
  }
  for (let seed = 1; seed < 300; seed++) expect(decode(fuzzBytes(seed, seed * 5)).extensions.length).toBeLessThanOrEqual(256);
  const many = decode(serverHelloBody({ extensions: Array.from({ length: 2000 }, (_, index) => empty(index)) }));
  expect(many).toMatchObject({ anomaly: 'tls.too-large' });
  expect(many.extensions.length).toBe(256);
});
