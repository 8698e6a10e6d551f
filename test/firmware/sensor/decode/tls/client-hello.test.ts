import { describe, expect, it } from 'vitest';
import { Reader } from '../../../../../firmware/sensor/bytes/reader.ts';
import { type ClientHello, decodeClientHello } from '../../../../../firmware/sensor/decode/tls/client-hello.ts';
import { ja3 } from '../../../../../firmware/sensor/decode/tls/ja3.ts';
import { ja4 } from '../../../../../firmware/sensor/decode/tls/ja4.ts';
import {
  alpn,
  ascii,
  browserHello,
  clientHelloBody,
  type Extension,
  empty,
  groups,
  type HelloParts,
  randomBytes,
  serverName,
  supportedVersions,
  u16,
  vector16,
} from './hello-bytes.ts';

const decode = (bytes: Uint8Array): ClientHello => decodeClientHello(new Reader(bytes));
const decodeParts = (parts: HelloParts): ClientHello => decode(clientHelloBody(parts));
const decodeWith = (...extensions: Extension[]): ClientHello => decodeParts({ ciphers: [0x1301], extensions });

describe('decodeClientHello', () => {
  it('gives every list of a hello in its order, GREASE included', () => {
    const hello = decodeParts(browserHello);
    expect(hello.anomaly).toBeUndefined();
    expect(hello.legacyVersion).toBe(0x0303);
    expect(hello.version).toBe(0x0304);
    expect(hello.versions).toEqual([0x6a6a, 0x0304, 0x0303]);
    expect(hello.ciphers).toEqual(browserHello.ciphers);
    expect(hello.extensions).toEqual(browserHello.extensions?.map(([type]) => type));
    expect(hello.groups).toEqual([0xdada, 0x001d, 0x0017, 0x0018]);
    expect(hello.pointFormats).toEqual([0]);
    expect(hello.signatureAlgorithms).toEqual([0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601]);
    expect(hello.alpn).toEqual(['h2', 'http/1.1']);
    expect(hello.sni).toBe('www.example.vn');
  });

  it('takes a hello without any extension block', () => {
    const hello = decodeParts({ version: 0x0301, ciphers: [4, 5] });
    expect(hello).toMatchObject({ version: 0x0301, ciphers: [4, 5], extensions: [] });
    expect(hello.anomaly).toBeUndefined();
  });

  it('writes bytes of a server name that cannot be printed as three decimal digits, and drops the final dot', () => {
    expect(decodeWith(serverName('a\u0000\nB\u00ff.example.')).sni).toBe('a\\000\\010b\\255.example');
  });

  it('counts an empty server name as present but names nobody', () => {
    for (const extension of [empty(0), serverName(''), serverName('.')]) {
      const hello = decodeWith(extension);
      expect(hello.extensions).toEqual([0]);
      expect(hello.sni).toBeUndefined();
      expect(hello.anomaly).toBeUndefined();
    }
  });

  it('does not read a name past the end of its own extension', () => {
    const hello = decodeWith([0, [...u16(100), 0, ...u16(90), ...ascii('short')]], alpn(ascii('h2')));
    expect(hello.sni).toBeUndefined();
    expect(hello.anomaly).toBe('tls.bad-hello');
    expect(hello.alpn).toEqual(['h2']);
  });

  it('keeps what stood before a malformed extension and goes on behind it', () => {
    const hello = decodeWith(serverName('one.example'), [10, [0xff]], supportedVersions(0x0304));
    expect(hello).toMatchObject({ sni: 'one.example', groups: [], version: 0x0304, anomaly: 'tls.bad-hello' });
  });

  it('never keeps more entries than its limits', () => {
    const manyGroups = decodeWith(groups(...Array.from({ length: 5000 }, (_, index) => index)));
    expect(manyGroups.groups.length).toBe(1024);
    expect(manyGroups.anomaly).toBe('tls.too-large');
    const manyExtensions = decodeWith(...Array.from({ length: 2000 }, (_, index) => empty(index + 100)));
    expect(manyExtensions.extensions.length).toBe(256);
    expect(manyExtensions.anomaly).toBe('tls.too-large');
    const manyNames = decodeWith([16, vector16(Array.from({ length: 400 }, () => [1, 0x68]).flat())]);
    expect(manyNames.alpn.length).toBe(32);
    const longName = decodeWith(serverName('a'.repeat(5000)));
    expect(longName.sni).toBeUndefined();
    expect(longName.anomaly).toBe('tls.bad-hello');
  });

  it('says of every cut hello that it is cut, and keeps the part before the cut', () => {
    const bytes = clientHelloBody(browserHello);
    const withoutExtensions = clientHelloBody({ ...browserHello, extensions: undefined }).length;
    for (let length = 0; length < bytes.length; length++) {
      if (length === withoutExtensions) continue; // whole, in the form of old clients
      const hello = decode(bytes.subarray(0, length));
      expect(hello.anomaly, `cut at ${length}`).toBe('tls.bad-hello');
      expect(browserHello.ciphers?.slice(0, hello.ciphers.length)).toEqual(hello.ciphers);
    }
  });

  it('survives every changed byte and random bytes, and so do the fingerprints', () => {
    const bytes = clientHelloBody(browserHello);
    const changed = Uint8Array.from(bytes);
    for (let index = 0; index < bytes.length; index++) {
      for (const value of [0, 0xff, bytes[index]! ^ 1, bytes[index]! ^ 0x80]) {
        changed[index] = value;
        const hello = decode(changed);
        expect(ja3(hello)).toMatch(/^[0-9a-f]{32}$/);
        expect(ja4(hello, 't')).toMatch(/^t[0-9a-z]{2}[di]\d{4}[0-9A-Za-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}$/);
      }
      changed[index] = bytes[index]!;
    }
    for (let seed = 1; seed <= 500; seed++) expect(decode(randomBytes(seed, seed)).ciphers.length).toBeLessThanOrEqual(1024);
  });
});
