import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Reader } from '../../../../../firmware/sensor/bytes/reader.ts';
import { type ClientHello, decodeClientHello } from '../../../../../firmware/sensor/decode/tls/client-hello.ts';
import { ja4 } from '../../../../../firmware/sensor/decode/tls/ja4.ts';
import { decodeSsl2ClientHello } from '../../../../../firmware/sensor/decode/tls/ssl2-client-hello.ts';
import {
  alpn,
  ascii,
  type Bytes,
  browserHello,
  clientHelloBody,
  type Extension,
  empty,
  type HelloParts,
  serverName,
  signatureAlgorithms,
  supportedVersions,
  u16,
} from './hello-bytes.ts';

const helloOf = (parts: HelloParts): ClientHello => decodeClientHello(new Reader(clientHelloBody(parts)));
const ja4Of = (parts: HelloParts): string => ja4(helloOf(parts), 't');
const withExtensions = (...extensions: Extension[]): string => ja4Of({ ciphers: [0x1301], extensions });
const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);
const NONE = '000000000000';

describe('ja4', () => {
  it("gives the fingerprint of the specification's own example", () => {
    expect(ja4Of(browserHello)).toBe('t13d1516h2_8daaf6152771_e5627efa2ab1');
  });

  it("gives the specification's hash of extensions where there are no signature algorithms: no underscore at the end", () => {
    const extensions = browserHello.extensions?.map(([type, body]): Extension => (type === 13 ? empty(13) : [type, body]));
    expect(ja4Of({ ...browserHello, extensions })).toBe('t13d1516h2_8daaf6152771_6d807ffa2a79');
  });

  it('begins with the transport', () => {
    const hello = helloOf(browserHello);
    for (const transport of ['t', 'q', 'd'] as const) expect(ja4(hello, transport)).toBe(`${transport}13d1516h2_8daaf6152771_e5627efa2ab1`);
  });

  const versions: [what: string, legacyVersion: number, supported: number[] | undefined, text: string][] = [
    ['SSL 3.0', 0x0300, undefined, 's3'],
    ['TLS 1.0', 0x0301, undefined, '10'],
    ['TLS 1.1', 0x0302, undefined, '11'],
    ['TLS 1.2', 0x0303, undefined, '12'],
    ['SSL 2.0', 0x0002, undefined, 's2'],
    ['DTLS 1.0', 0xfeff, undefined, 'd1'],
    ['DTLS 1.2', 0xfefd, undefined, 'd2'],
    ['DTLS 1.3', 0xfefc, undefined, 'd3'],
    ['an unknown version', 0x1234, undefined, '00'],
    ['the highest supported version, wherever it stands', 0x0303, [0x0302, 0x0304, 0x0303], '13'],
    ['a supported version below the legacy one', 0x0303, [0x0302, 0x0301], '11'],
    ['no GREASE, though it is higher', 0x0303, [0xfafa, 0x0303], '12'],
    ['the legacy version where only GREASE is supported', 0x0303, [0x1a1a], '12'],
    ['a draft of TLS 1.3', 0x0303, [0x7f1c, 0x0303], '00'],
  ];
  it.each(versions)('writes the version: %s', (_what, version, supported, text) => {
    const extensions = supported === undefined ? undefined : [supportedVersions(...supported)];
    expect(ja4Of({ version, ciphers: [0x1301], extensions }).slice(1, 3)).toBe(text);
  });

  it('writes d for a server name extension, even an empty one, and i without', () => {
    expect(withExtensions(serverName('a.example'))[3]).toBe('d');
    expect(withExtensions(empty(0))[3]).toBe('d');
    expect(withExtensions(empty(23))[3]).toBe('i');
  });

  const counts: [what: string, ciphers: number, text: string][] = [
    ['none', 0, '00'],
    ['one digit', 6, '06'],
    ['ninety-nine', 99, '99'],
    ['a hundred', 100, '99'],
    ['many', 500, '99'],
  ];
  it.each(counts)('counts ciphers and extensions with two digits: %s', (_what, count, text) => {
    const numbers = Array.from({ length: count }, (_, index) => 0x2000 + index).filter((number) => number !== 0x2a2a);
    expect(ja4Of({ ciphers: numbers }).slice(4, 6)).toBe(text);
    const few = numbers.slice(0, 200);
    expect(ja4Of({ ciphers: [1], extensions: few.map((number) => empty(number + 0x1000)) }).slice(6, 8)).toBe(text);
  });

  it('counts signalling ciphers, server name and ALPN, but no GREASE', () => {
    const parts = { ciphers: [0x0a0a, 0x1301, 0x00ff, 0x5600], extensions: [empty(0xfafa), serverName('a.example'), alpn(ascii('h2'))] };
    expect(ja4Of(parts).slice(4, 8)).toBe('0302');
  });

  const protocols: [what: string, names: Bytes[], text: string][] = [
    ['h2', [ascii('h2')], 'h2'],
    ['http/1.1', [ascii('http/1.1')], 'h1'],
    ['the first of two', [ascii('spdy/3'), ascii('h2')], 's3'],
    ['one character, twice', [ascii('q')], 'qq'],
    ['capitals', [ascii('Ab-Z')], 'AZ'],
    ['no names', [], '00'],
    ['an empty first name', [[], ascii('h2')], '00'],
    ['0xAB', [[0xab]], 'ab'],
    ['0xAB 0xCD', [[0xab, 0xcd]], 'ad'],
    ['0x30 0xAB', [[0x30, 0xab]], '3b'],
    ['0x30 0x31 0xAB 0xCD', [[0x30, 0x31, 0xab, 0xcd]], '3d'],
    ['0x30 0xAB 0xCD 0x31', [[0x30, 0xab, 0xcd, 0x31]], '01'],
    ['a last character that is printable but no letter', [ascii('h2-')], '6d'],
    ['the name behind GREASE', [[0x1a, 0x1a], ascii('h2')], 'h2'],
  ];
  it.each(protocols)('writes the ends of the first ALPN name: %s', (_what, names, text) => {
    expect(withExtensions(alpn(...names)).slice(8, 10)).toBe(text);
  });

  it('writes 00 without ALPN', () => {
    expect(withExtensions(empty(23)).slice(8, 10)).toBe('00');
    expect(withExtensions(empty(16)).slice(8, 10)).toBe('00');
  });

  it('writes zeros in place of the hash of nothing', () => {
    expect(ja4Of({ version: 0x0301, ciphers: [] })).toBe(`t10i000000_${NONE}_${NONE}`);
    expect(ja4Of({ ciphers: [0x2a2a] })).toBe(`t12i000000_${NONE}_${NONE}`);
    expect(withExtensions(serverName('a.example'), alpn(ascii('h2'))).slice(-12)).toBe(NONE);
  });

  it('sorts ciphers and extensions as numbers of four hex digits, and keeps signature algorithms in their order', () => {
    const parts = {
      ciphers: [0xc02b, 0x0005, 0x1301, 0x00ff],
      extensions: [empty(0xff01), signatureAlgorithms(0x0804, 0x0a0a, 0x0403), empty(5), empty(0x0023)],
    };
    const expected = `t12i040400_${shortHash('0005,00ff,1301,c02b')}_${shortHash('0005,000d,0023,ff01_0804,0403')}`;
    expect(ja4Of(parts)).toBe(expected);
  });

  it('counts nothing of a hello in the framing of SSL 2.0, whose cipher specs have three bytes', () => {
    const body = Uint8Array.from([1, ...u16(0x0301), ...u16(3), ...u16(0), ...u16(16), 0, 0, 5, ...Array(16).fill(7)]);
    expect(ja4(decodeSsl2ClientHello(new Reader(body)), 't')).toBe(`t10i000000_${NONE}_${NONE}`);
  });
});
