import { describe, expect, it } from 'vitest';
import type { Certificate, CertificateView } from '../../../../../firmware/sensor/decode/tls/certificate.ts';
import type { ClientHello } from '../../../../../firmware/sensor/decode/tls/client-hello.ts';
import type { ServerHello } from '../../../../../firmware/sensor/decode/tls/server-hello.ts';
import { certificatesMax, messageBytesMax, type TlsSink, TlsStream } from '../../../../../firmware/sensor/decode/tls/tls-stream.ts';
import { COMMON_NAME, certificateBytes, name, utf8 } from './certificate-bytes.ts';
import {
  browserHello,
  certificateBody,
  clientHelloBody,
  joined,
  message,
  randomBytes,
  record,
  records,
  serverHelloBody,
  u16,
} from './hello-bytes.ts';

type Found = ['client', ClientHello] | ['server', ServerHello] | ['certificate', Certificate, number] | ['anomaly', string];

class Recorder implements TlsSink {
  readonly found: Found[] = [];
  clientHello(hello: ClientHello): void {
    this.found.push(['client', hello]);
  }
  serverHello(hello: ServerHello): void {
    this.found.push(['server', hello]);
  }
  certificate(certificate: CertificateView, position: number): void {
    this.found.push(['certificate', certificate.decode(), position]);
  }
  anomaly(anomaly: string): void {
    this.found.push(['anomaly', anomaly]);
  }
}

/** Feeds `bytes` in pieces of `size` out of a buffer that is overwritten after each call, as the capture's is. */
function run(bytes: Uint8Array, size = bytes.length): { found: Found[]; wants: boolean } {
  const recorder = new Recorder();
  const stream = new TlsStream(recorder);
  const reused = new Uint8Array(size + 8).fill(0x16);
  let wants = true;
  for (let at = 0; at < bytes.length && wants; at += size) {
    const piece = bytes.subarray(at, at + size);
    reused.set(piece, 4);
    wants = stream.push(reused, 4, 4 + piece.length);
    reused.fill(0x16);
  }
  return { found: recorder.found, wants };
}

const kinds = (found: readonly Found[]): string[] => found.map((entry) => (entry[0] === 'anomaly' ? entry[1] : entry[0]));

const clientMessage = message(1, clientHelloBody(browserHello));
const leaf = certificateBytes();
const issuer = certificateBytes({ subject: name(utf8(COMMON_NAME, 'Example CA')), filling: 700 });
const serverMessage = message(2, serverHelloBody({}));
const certificateMessage = message(11, certificateBody([leaf, issuer]));
const certificateStatus = message(22, randomBytes(5, 300));
const serverDone = message(14, new Uint8Array(0));
const serverFlight = joined(serverMessage, certificateStatus, certificateMessage, serverDone);
const changeCipherSpec = record(20, Uint8Array.of(1));
const encrypted = record(23, randomBytes(9, 50));
const retryRandom = [...Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex')];
const tls13 = (random?: number[]) =>
  message(2, serverHelloBody({ cipher: 0x1301, extensions: [[43, u16(0x0304)]], ...(random && { random }) }));

describe('TlsStream', () => {
  it('gives a ClientHello that lies whole in one piece', () => {
    const { found } = run(record(22, clientMessage));
    expect(kinds(found)).toEqual(['client']);
    expect(found[0]?.[1]).toMatchObject({ sni: 'www.example.vn', alpn: ['h2', 'http/1.1'] });
  });

  it('gives the same of a ClientHello and a server flight at every chunk size, in one record and in small ones', () => {
    for (const [flight, expected] of [
      [clientMessage, ['client']],
      [serverFlight, ['server', 'certificate', 'certificate']],
    ] as const) {
      const whole = run(record(22, flight));
      expect(kinds(whole.found)).toEqual(expected);
      for (const bytes of [record(22, flight), records(flight, 7), records(flight, 1)]) {
        for (let size = 1; size <= bytes.length; size += size < 300 ? 1 : 61) expect(run(bytes, size)).toEqual(whole);
      }
    }
  });

  it('gives the chain with the own certificate first, and wants nothing after it', () => {
    const { found, wants } = run(record(22, serverFlight));
    expect(found.slice(1).map((entry) => entry[2])).toEqual([0, 1]);
    expect(found[1]?.[1]).toMatchObject({ subject: 'C=VN, O=Sở Thông tin, CN=www.example.vn' });
    expect(found[2]?.[1]).toMatchObject({ subject: 'CN=Example CA' });
    expect(wants).toBe(false);
  });

  it.each([
    ['a resumed session of TLS 1.2', joined(record(22, serverMessage), changeCipherSpec, encrypted)],
    ['TLS 1.3', joined(record(22, tls13()), changeCipherSpec, encrypted)],
    ['a server without certificate', record(22, joined(serverMessage, serverDone))],
  ])('wants nothing more after the ServerHello of %s', (_what, bytes) => {
    const { found, wants } = run(bytes);
    expect(kinds(found)).toEqual(['server']);
    expect(wants).toBe(false);
  });

  it('waits for the real ServerHello behind a HelloRetryRequest', () => {
    const { found, wants } = run(joined(record(22, tls13(retryRandom)), changeCipherSpec, record(22, tls13()), encrypted));
    expect(kinds(found)).toEqual(['server', 'server']);
    expect(found.map((entry) => (entry[1] as ServerHello).helloRetryRequest)).toEqual([true, false]);
    expect(wants).toBe(false);
  });

  it('gives one ServerHello, or two around a retry, of a flood of them', () => {
    const flood = (hello: Uint8Array) => kinds(run(record(22, joined(...Array.from({ length: 50 }, () => hello)))).found);
    expect(flood(serverMessage)).toEqual(['server', 'tls.bad-record']);
    expect(flood(tls13(retryRandom))).toEqual(['server', 'server', 'tls.bad-record']);
  });

  it('gives a certificate that the client sends, and one ClientHello only', () => {
    const withCertificate = joined(record(22, clientMessage), record(22, certificateMessage));
    expect(kinds(run(withCertificate).found)).toEqual(['client', 'certificate', 'certificate']);
    const without = joined(record(22, clientMessage), record(22, message(11, certificateBody([]))), changeCipherSpec);
    expect(run(without)).toMatchObject({ found: [['client', {}]], wants: false });
    const twice = joined(record(22, clientMessage), record(22, clientMessage));
    expect(kinds(run(twice).found)).toEqual(['client']);
  });

  it.each([
    ['a key exchange', record(22, message(16, randomBytes(3, 60)))],
    ['a change of cipher', changeCipherSpec],
    ['encrypted data', encrypted],
  ])('wants nothing more of a client after %s', (_what, next) => {
    expect(run(record(22, clientMessage)).wants).toBe(true);
    expect(run(joined(record(22, clientMessage), next)).wants).toBe(false);
  });

  it('passes over warnings before the hello, but not over a flood of them', () => {
    const warning = record(21, Uint8Array.of(1, 112));
    expect(kinds(run(joined(warning, warning, record(22, serverMessage))).found)).toEqual(['server']);
    const flood = joined(...Array.from({ length: 40 }, () => warning), record(22, serverMessage));
    expect(run(flood)).toEqual({ found: [], wants: false });
  });

  it.each([
    ['a content type that is none', Uint8Array.of(99, 3, 3, 0, 1, 1)],
    ['another version', Uint8Array.of(22, 9, 3, 0, 1, 1)],
    ['a record that is too long', Uint8Array.of(22, 3, 3, 0xff, 0xff, 1)],
    ['a handshake message that is none', record(22, message(77, new Uint8Array(4)))],
  ])('gives up on %s', (_what, bytes) => {
    expect(run(bytes)).toEqual({ found: [['anomaly', 'tls.bad-record']], wants: false });
  });

  it('gives a ClientHello in the framing of SSL 2.0, at every chunk size', () => {
    const hello = [1, ...u16(0x0301), ...u16(6), ...u16(0), ...u16(16), 0, 0, 5, 1, 0, 0x80, ...Array(16).fill(7)];
    const bytes = Uint8Array.from([0x80, hello.length, ...hello]);
    for (let size = 1; size <= bytes.length; size++) {
      expect(run(bytes, size)).toMatchObject({ found: [['client', { ssl2: true, version: 0x0301, ciphers: [] }]], wants: false });
    }
  });

  it('reads the certificates that fit under its cap, and keeps no more than that', () => {
    const large = certificateBytes({ filling: 20_000 });
    const chain = Array.from({ length: 8 }, () => large);
    const { found, wants } = run(records(message(11, certificateBody(chain)), 16_000), 1400);
    expect(kinds(found)).toEqual([
      ...Array(Math.floor(messageBytesMax / large.length)).fill('certificate'),
      'tls.bad-certificate',
      'tls.too-large',
    ]);
    expect(wants).toBe(false);
  });

  it('takes a chain of 64 KiB', () => {
    const chain = Array.from({ length: 4 }, () => certificateBytes({ filling: 16_000 }));
    expect(kinds(run(records(message(11, certificateBody(chain)), 16_000), 1400).found)).toEqual(Array(4).fill('certificate'));
  });

  it('stops at its limit of certificates', () => {
    const { found } = run(records(message(11, certificateBody(Array.from({ length: 40 }, () => leaf))), 16_000));
    expect(kinds(found)).toEqual([...Array(certificatesMax).fill('certificate'), 'tls.too-large']);
  });

  it('passes over a message of any announced length without keeping it', () => {
    const bytes = joined(record(22, message(22, randomBytes(5, 16_000))), record(22, certificateMessage));
    expect(kinds(run(bytes, 100).found)).toEqual(['certificate', 'certificate']);
  });

  it('tells at the end of a cut stream what the cut message still says', () => {
    const recorder = new Recorder();
    const stream = new TlsStream(recorder);
    const bytes = record(22, clientMessage);
    stream.push(bytes, 0, 150);
    expect(recorder.found).toEqual([]);
    stream.end();
    stream.end();
    expect(kinds(recorder.found)).toEqual(['tls.bad-hello', 'client']);
    expect(recorder.found[1]?.[1]).toMatchObject({ sni: 'www.example.vn', anomaly: 'tls.bad-hello' });
    expect(stream.push(bytes, 0, bytes.length)).toBe(false);
  });

  it('survives every prefix, every changed byte and random bytes, at odd chunk sizes', () => {
    for (const flight of [joined(record(22, clientMessage), changeCipherSpec), records(serverFlight, 400)]) {
      for (let length = 0; length < flight.length; length++)
        expect(kinds(run(flight.subarray(0, length)).found)).not.toContain('tls.bad-record');
      const changed = Uint8Array.from(flight);
      for (let index = 0; index < flight.length; index++) {
        for (const value of [0, 0xff, flight[index]! ^ 1]) {
          changed[index] = value;
          expect(run(changed, 97).found.length).toBeLessThan(16);
        }
        changed[index] = flight[index]!;
      }
    }
    for (let seed = 1; seed < 1000; seed++) run(joined(Uint8Array.of(22, 3, 1), randomBytes(seed, 200)), 13);
  });
});
