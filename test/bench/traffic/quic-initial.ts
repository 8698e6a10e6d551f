/** TLS handshake bytes become protected QUIC version 1 Initial packets (RFC 9000 §17.2.2, RFC 9001 §5). Only builds, never opens. */

import { createCipheriv, createHmac } from 'node:crypto';
import { ByteBuilder } from './byte-builder.ts';

/** RFC 9001 §5.2 */
const initialSalt = Buffer.from('38762cf7f55934b34d179ae6a4c80cadccbb7f0a', 'hex');
const version1 = 1;
/** RFC 9000 §14.1: datagrams with an Initial are at least this long. */
const datagramBytesMin = 1200;
const packetNumberBytes = 4;
const tagBytes = 16;

export interface InitialKeys {
  readonly key: Buffer;
  readonly iv: Buffer;
  readonly headerProtection: Buffer;
}

/** Keys of one side from the client's first destination connection id (RFC 9001 §5.2). */
export function initialKeys(destinationId: Buffer, side: 'client' | 'server'): InitialKeys {
  const initial = createHmac('sha256', initialSalt).update(destinationId).digest();
  const secret = expandLabel(initial, `${side} in`, 32);
  return {
    key: expandLabel(secret, 'quic key', 16),
    iv: expandLabel(secret, 'quic iv', 12),
    headerProtection: expandLabel(secret, 'quic hp', 16),
  };
}

/** HKDF-Expand-Label (RFC 8446 §7.1) for at most one block of SHA-256. */
function expandLabel(secret: Buffer, label: string, lengthBytes: number): Buffer {
  const info = new ByteBuilder().u16(lengthBytes).sized(1, (text) => text.text(`tls13 ${label}`));
  info.u8(0).u8(1);
  return createHmac('sha256', secret).update(info.build()).digest().subarray(0, lengthBytes);
}

export interface InitialPacket {
  keys: InitialKeys;
  destinationId: Buffer;
  sourceId: Buffer;
  packetNumber: number;
  /** Handshake bytes from `offset` of the crypto stream. */
  crypto: Buffer;
  offset: number;
}

/** One datagram with one Initial, padded to 1200 bytes. */
export function initialDatagram(packet: InitialPacket): Buffer {
  const frames = new ByteBuilder();
  frames.u8(6); // CRYPTO, RFC 9000 §19.6
  varint(frames, packet.offset);
  varint(frames, packet.crypto.length);
  frames.raw(packet.crypto);
  const headerBytes = 1 + 4 + 1 + packet.destinationId.length + 1 + packet.sourceId.length + 1 + 2 + packetNumberBytes;
  while (headerBytes + frames.length + tagBytes < datagramBytesMin) frames.u8(0); // PADDING
  return protect(packet, frames.build());
}

function varint(into: ByteBuilder, value: number): void {
  if (value < 64) into.u8(value);
  else into.u16(0x4000 | value); // RFC 9000 §16; nothing here reaches 16,384
}

function protect(packet: InitialPacket, frames: Buffer): Buffer {
  const into = new ByteBuilder();
  into.u8(0xc0 | (packetNumberBytes - 1)).u32(version1);
  into.sized(1, (id) => id.raw(packet.destinationId)).sized(1, (id) => id.raw(packet.sourceId));
  into.u8(0).u16(0x4000 | (packetNumberBytes + frames.length + tagBytes));
  const packetNumberAt = into.length;
  into.u32(packet.packetNumber);
  const header = into.build();
  // RFC 9001 §5.3: the nonce is the iv with the packet number added to its end by exclusive or.
  const nonce = Buffer.from(packet.keys.iv);
  nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ packet.packetNumber) >>> 0, 8);
  const cipher = createCipheriv('aes-128-gcm', packet.keys.key, nonce).setAAD(header);
  const sealed = Buffer.concat([header, cipher.update(frames), cipher.final(), cipher.getAuthTag()]);
  // RFC 9001 §5.4: header protection, from a sample 4 bytes behind the start of the packet number.
  const sample = sealed.subarray(packetNumberAt + 4, packetNumberAt + 20);
  const mask = createCipheriv('aes-128-ecb', packet.keys.headerProtection, null).update(sample);
  sealed[0] = sealed[0]! ^ (mask[0]! & 0x0f);
  for (let at = 0; at < packetNumberBytes; at++) sealed[packetNumberAt + at] = sealed[packetNumberAt + at]! ^ mask[at + 1]!;
  return sealed;
}

/** Transport parameters as a client sends them: idle time-out and stream limits (RFC 9000 §18.2). */
export function transportParameters(sourceId: Buffer): Buffer {
  const into = new ByteBuilder();
  into.u8(0x01).u8(4).u32(0x80007530);
  into.u8(0x04).u8(4).u32(0x80100000);
  into.u8(0x0f).u8(sourceId.length).raw(sourceId);
  return into.build();
}
