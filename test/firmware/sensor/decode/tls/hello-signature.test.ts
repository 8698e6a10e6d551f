import { describe, expect, it } from 'vitest';
import { looksLikeClientHello, looksLikeServerHello } from '../../../../../firmware/sensor/decode/tls/hello-signature.ts';
import {
  ascii,
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

const clientMessage = message(1, clientHelloBody(browserHello));
const serverMessage = message(2, serverHelloBody({}));
const isClient = (bytes: Uint8Array): boolean => looksLikeClientHello(bytes, 0, bytes.length);
const isServer = (bytes: Uint8Array): boolean => looksLikeServerHello(bytes, 0, bytes.length);
const changed = (bytes: Uint8Array, index: number, value: number): Uint8Array => bytes.map((byte, at) => (at === index ? value : byte));

describe('looksLikeClientHello and looksLikeServerHello', () => {
  it('know each its own hello and not the other, from six bytes on', () => {
    for (const [bytes, own, other] of [
      [record(22, clientMessage), isClient, isServer],
      [record(22, serverMessage), isServer, isClient],
    ] as const) {
      for (let length = 0; length <= bytes.length; length++) {
        expect(own(bytes.subarray(0, length)), `${length} bytes`).toBe(length >= 6);
        expect(other(bytes.subarray(0, length))).toBe(false);
      }
    }
  });

  it('look at the given place only', () => {
    const bytes = joined(Uint8Array.of(9, 9, 9), record(22, clientMessage));
    expect(looksLikeClientHello(bytes, 3, bytes.length)).toBe(true);
    expect(looksLikeClientHello(bytes, 0, bytes.length)).toBe(false);
    expect(looksLikeClientHello(bytes, 3, 8)).toBe(false);
  });

  it('know a hello that is split over records, however small', () => {
    for (let size = 1; size < clientMessage.length; size++) expect(isClient(records(clientMessage, size))).toBe(true);
  });

  it('know a ServerHello with other messages in its record, but no ClientHello with any', () => {
    const certificates = message(11, certificateBody([randomBytes(1, 500)]));
    expect(isServer(record(22, joined(serverMessage, certificates)))).toBe(true);
    expect(isClient(record(22, joined(clientMessage, certificates)))).toBe(false);
  });

  it('refuse other content types, versions, lengths and messages', () => {
    const bytes = record(22, clientMessage);
    for (const [index, value] of [
      [0, 23],
      [0, 0x17],
      [1, 2],
      [2, 5],
      [3, 0x60],
      [5, 2],
      [6, 2],
      [9, 0x7f],
      [10, 9],
    ] as const) {
      expect(isClient(changed(bytes, index, value)), `byte ${index}`).toBe(false);
    }
    expect(isClient(record(22, new Uint8Array(0)))).toBe(false);
    expect(isClient(record(22, message(1, new Uint8Array(20))))).toBe(false);
  });

  it('know the ServerHello of a draft of TLS 1.3', () => {
    expect(isServer(record(22, message(2, serverHelloBody({ version: 0x7f17 }))))).toBe(true);
  });

  it('know a ClientHello in the framing of SSL 2.0 by its lengths', () => {
    const ssl2 = (...parts: number[]): Uint8Array => Uint8Array.from([0x80, parts.length, ...parts]);
    const hello = [1, ...u16(0x0301), ...u16(6), ...u16(0), ...u16(16), 0, 0, 5, 1, 0, 0x80, ...Array(16).fill(7)];
    expect(isClient(ssl2(...hello))).toBe(true);
    expect(isClient(ssl2(...hello).subarray(0, 11))).toBe(true);
    expect(isClient(ssl2(...hello).subarray(0, 10))).toBe(false);
    for (let index = 0; index < 11; index++) {
      const bytes = ssl2(...hello);
      expect(isClient(changed(bytes, index, bytes[index]! ^ 0x40)), `byte ${index}`).toBe(false);
    }
  });

  it('refuse text and random bytes', () => {
    expect(isClient(Uint8Array.from(ascii('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n')))).toBe(false);
    for (let seed = 1; seed < 2000; seed++) {
      expect(isClient(randomBytes(seed, 64))).toBe(false);
      expect(isServer(randomBytes(seed, 64))).toBe(false);
    }
  });
});
