/** Application messages for tests of the whole sensor. */

import { clientHello, tlsRecord } from '../../../bench/traffic/client-hello.ts';
import { dnsAnswer, dnsQuery, dnsTypes } from '../../../bench/traffic/dns-message.ts';
import { initialDatagram, initialKeys, transportParameters } from '../../../bench/traffic/quic-initial.ts';
import { certificateChain, serverFlight12 } from '../../../bench/traffic/server-hello.ts';
import { Random } from '../../../fuzz/random.ts';
import { addressBytes, datagram, type Ends, text } from './traffic.ts';

export const resolver: Ends = { client: '10.0.0.5', server: '10.0.0.1', cport: 40_053, sport: 53 };

export function query(name: string, ends: Partial<Ends> = {}, id = 7): Buffer {
  return datagram({ ...resolver, ...ends }, true, dnsQuery({ id, name, type: dnsTypes.a }, true));
}

/** An answer with addresses, all of them IPv4 or all IPv6, behind an alias if there is one. */
export function answered(name: string, addresses: readonly string[], alias?: string, ends: Partial<Ends> = {}, id = 7): Buffer {
  const bytes = addresses.map(addressBytes);
  const type = bytes[0]?.length === 16 ? dnsTypes.aaaa : dnsTypes.a;
  return datagram({ ...resolver, ...ends }, false, dnsAnswer({ id, name, type }, bytes, alias));
}

/** The same hello each time: a test may compute its fingerprints. */
export function helloRecord(name: string, profile: 'browser' | 'system' | 'tool' = 'tool', alpn: readonly string[] = ['h2']): Buffer {
  return tlsRecord(22, clientHello({ name, profile, alpn }, new Random(1)), 0x0301);
}

/** ServerHello, Certificate and the rest of a TLS 1.2 server's first flight; and the leaf in it. */
export function serverFlight(name: string): { bytes: Buffer; leaf: Buffer } {
  const chain = certificateChain(name);
  return { bytes: serverFlight12(chain, new Random(2)), leaf: chain[0]! };
}

/** The datagrams of a QUIC client's hello. */
export function quicHello(name: string): Buffer[] {
  const destinationId = Buffer.from('0102030405060708', 'hex');
  const sourceId = Buffer.from('1112131415161718', 'hex');
  const parameters = transportParameters(sourceId);
  const hello = clientHello({ name, profile: 'browser', alpn: ['h3'], transportParameters: parameters }, new Random(3));
  const keys = initialKeys(destinationId, 'client');
  const datagrams: Buffer[] = [];
  for (let offset = 0; offset < hello.length; offset += 1000) {
    const crypto = hello.subarray(offset, offset + 1000);
    datagrams.push(initialDatagram({ keys, destinationId, sourceId, packetNumber: datagrams.length, crypto, offset }));
  }
  return datagrams;
}

export function request(host: string, target = '/', userAgent = 'test/1.0', method = 'GET'): Buffer {
  return text(`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: ${userAgent}\r\n\r\n`);
}

export const ok = text('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
