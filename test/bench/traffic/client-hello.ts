/** A server name becomes a TLS ClientHello as common programs send it (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2). No keys behind it. */

import type { Random } from '../../fuzz/random.ts';
import { ByteBuilder } from './byte-builder.ts';

export type ClientProfile = 'browser' | 'browser-post-quantum' | 'system' | 'tool';

interface HelloOptions {
  name: string;
  profile: ClientProfile;
  alpn: readonly string[];
  /** QUIC transport parameters (RFC 9001 §8.2); their presence makes it a QUIC hello: no session id. */
  transportParameters?: Buffer;
}

const ciphers: Record<ClientProfile, readonly number[]> = {
  browser: [0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x9c, 0x9d, 0x2f, 0x35],
  'browser-post-quantum': [0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x9c, 0x9d, 0x2f, 0x35],
  system: [
    0xc02c, 0xc02b, 0xc030, 0xc02f, 0xc024, 0xc023, 0xc028, 0xc027, 0xc00a, 0xc009, 0xc014, 0xc013, 0x9d, 0x9c, 0x3d, 0x3c, 0x35, 0x2f,
  ],
  tool: [0x1302, 0x1303, 0x1301, 0xc02c, 0xc030, 0x9f, 0xcca9, 0xcca8, 0xccaa, 0xc02b, 0xc02f, 0x9e, 0xc024, 0xc028, 0x6b, 0xff],
};
const signatureAlgorithms = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601];
const x25519 = 29;
const x25519MlKem768 = 0x11ec;
/** draft-ietf-tls-ecdhe-mlkem §4.1: 1184 bytes of ML-KEM key and 32 of X25519. */
const postQuantumShareBytes = 1216;

/** The handshake message, without a record around it. */
export function clientHello(options: HelloOptions, random: Random): Buffer {
  const { profile } = options;
  const modern = profile !== 'system';
  const grease = profile.startsWith('browser') ? 0x0a0a + 0x1010 * random.below(16) : 0; // RFC 8701 §2
  const into = new ByteBuilder();
  into.u8(1).sized(3, (body) => {
    body.u16(0x0303).raw(random.bytes(32));
    body.sized(1, (id) => (modern && options.transportParameters === undefined ? id.raw(random.bytes(32)) : id));
    body.sized(2, (list) => {
      if (grease) list.u16(grease);
      for (const cipher of ciphers[profile]) list.u16(cipher);
    });
    body.u8(1).u8(0);
    body.sized(2, (extensions) => {
      if (grease) extensions.u16(grease).u16(0);
      writeExtensions(extensions, options);
      if (modern) writeTls13Extensions(extensions, options, grease, random);
    });
  });
  return into.build();
}

function extension(into: ByteBuilder, type: number, write: (data: ByteBuilder) => void): void {
  into.u16(type).sized(2, write);
}

function writeExtensions(into: ByteBuilder, options: HelloOptions): void {
  extension(into, 0, (data) => data.sized(2, (list) => list.u8(0).sized(2, (name) => name.text(options.name))));
  extension(into, 23, () => {});
  extension(into, 65281, (data) => data.u8(0));
  extension(into, 10, (data) =>
    data.sized(2, (groups) => {
      if (options.profile === 'browser-post-quantum') groups.u16(x25519MlKem768);
      groups.u16(x25519).u16(23).u16(24);
    }),
  );
  extension(into, 11, (data) => data.u8(1).u8(0));
  extension(into, 35, () => {});
  if (options.alpn.length > 0) {
    extension(into, 16, (data) =>
      data.sized(2, (list) => {
        for (const protocol of options.alpn) list.sized(1, (name) => name.text(protocol));
      }),
    );
  }
  extension(into, 5, (data) => data.u8(1).u16(0).u16(0));
  extension(into, 13, (data) =>
    data.sized(2, (list) => {
      for (const algorithm of signatureAlgorithms) list.u16(algorithm);
    }),
  );
}

function writeTls13Extensions(into: ByteBuilder, options: HelloOptions, grease: number, random: Random): void {
  extension(into, 51, (data) =>
    data.sized(2, (shares) => {
      if (grease) shares.u16(grease).u16(1).u8(0);
      if (options.profile === 'browser-post-quantum')
        shares.u16(x25519MlKem768).u16(postQuantumShareBytes).raw(random.bytes(postQuantumShareBytes));
      shares.u16(x25519).u16(32).raw(random.bytes(32));
    }),
  );
  extension(into, 45, (data) => data.u8(1).u8(1));
  extension(into, 43, (data) =>
    data.sized(1, (versions) => {
      if (grease) versions.u16(grease);
      versions.u16(0x0304);
      if (options.transportParameters === undefined) versions.u16(0x0303);
    }),
  );
  const { transportParameters } = options;
  if (transportParameters !== undefined) extension(into, 57, (data) => data.raw(transportParameters));
}

/** TLS 1.0 to 1.3 record (RFC 8446 §5.1). */
export function tlsRecord(type: number, content: Uint8Array, version = 0x0303): Buffer {
  return new ByteBuilder().u8(type).u16(version).u16(content.length).raw(content).build();
}
