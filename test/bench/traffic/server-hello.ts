/** What a TLS server sends first: ServerHello, and up to TLS 1.2 its certificates and key exchange in clear (RFC 5246 §7.3). */

import type { Random } from '../../fuzz/random.ts';
import { ByteBuilder } from './byte-builder.ts';
import { certificate } from './certificate.ts';
import { tlsRecord } from './client-hello.ts';

const issuers = ['Synthetic Issuing CA 1', 'Synthetic Issuing CA 2', 'Synthetic Issuing CA 3'];
const rootName = 'Synthetic Root CA';
const changeCipherSpec = Buffer.from([20, 3, 3, 0, 1, 1]);

/** The handshake message of TLS 1.3 (RFC 8446 §4.1.3). */
export function serverHello13(random: Random): Buffer {
  const into = new ByteBuilder();
  into.u8(2).sized(3, (body) => {
    body.u16(0x0303).raw(random.bytes(32)).u8(0).u16(0x1301).u8(0);
    body.sized(2, (extensions) => {
      extensions.u16(43).u16(2).u16(0x0304);
      extensions.u16(51).u16(36).u16(29).u16(32).raw(random.bytes(32));
    });
  });
  return into.build();
}

/** ServerHello, then the certificates as the observer sees them: encrypted. */
export function serverFlight13(random: Random): Buffer {
  const hidden = random.between(2200, 3800);
  return Buffer.concat([tlsRecord(22, serverHello13(random)), changeCipherSpec, tlsRecord(23, random.bytes(hidden))]);
}

function serverHello12(random: Random): Buffer {
  const into = new ByteBuilder();
  into.u8(2).sized(3, (body) => {
    body.u16(0x0303).raw(random.bytes(32)).u8(32).raw(random.bytes(32)).u16(0xc02f).u8(0);
    body.sized(2, (extensions) => {
      extensions.u16(65281).u16(1).u8(0);
      extensions.u16(11).u16(2).u8(1).u8(0);
      extensions.u16(23).u16(0);
    });
  });
  return into.build();
}

/** Leaf and intermediate of a server name; made anew each time, and always the same. */
export function certificateChain(name: string): Buffer[] {
  const issuer = issuers[name.length % issuers.length]!;
  return [certificate(name, issuer), certificate(issuer, rootName)];
}

/** ServerHello, Certificate, ServerKeyExchange and ServerHelloDone of TLS 1.2, one record each. */
export function serverFlight12(chain: readonly Buffer[], random: Random): Buffer {
  const certificates = new ByteBuilder();
  certificates.u8(11).sized(3, (body) =>
    body.sized(3, (list) => {
      for (const one of chain) list.sized(3, (entry) => entry.raw(one));
    }),
  );
  const keyExchange = new ByteBuilder();
  keyExchange.u8(12).sized(3, (body) => {
    body.u8(3).u16(29).u8(32).raw(random.bytes(32)); // RFC 8422 §5.4: a named curve, and the server's point on it
    body.u16(0x0804).sized(2, (signature) => signature.raw(random.bytes(256)));
  });
  const done = Buffer.from([14, 0, 0, 0]);
  return Buffer.concat([serverHello12(random), certificates.build(), keyExchange.build(), done].map((message) => tlsRecord(22, message)));
}

/** ClientKeyExchange, ChangeCipherSpec and the encrypted Finished of a TLS 1.2 client. */
export function clientFinish12(random: Random): Buffer {
  const exchange = new ByteBuilder().u8(16).sized(3, (body) => body.u8(32).raw(random.bytes(32)));
  return Buffer.concat([tlsRecord(22, exchange.build()), finish12(random)]);
}

export function finish12(random: Random): Buffer {
  return Buffer.concat([changeCipherSpec, tlsRecord(22, random.bytes(40))]);
}

/** ChangeCipherSpec and the encrypted Finished of a TLS 1.3 client. */
export function clientFinish13(random: Random): Buffer {
  return Buffer.concat([changeCipherSpec, tlsRecord(23, random.bytes(53))]);
}
