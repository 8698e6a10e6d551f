/**
 * Builds protected QUIC packets for tests, the way RFC 9001 §5 tells an endpoint to. Shares nothing with the decoder; the vectors of
 * RFC 9001 and RFC 9369 hold it.
 */

import { createCipheriv, createHmac } from 'node:crypto';

export interface Kind {
  number: number;
  salt: string;
  prefix: string;
  initialType: number;
  handshakeType: number;
}

export const V1: Kind = { number: 1, salt: '38762cf7f55934b34d179ae6a4c80cadccbb7f0a', prefix: 'quic ', initialType: 0, handshakeType: 2 };
export const V2: Kind = {
  number: 0x6b3343cf,
  salt: '0dede3def700a6db819381be6e269dcbf9bd2ed9',
  prefix: 'quicv2 ',
  initialType: 1,
  handshakeType: 3,
};
export const DRAFT_29: Kind = { ...V1, number: 0xff00001d, salt: 'afbfec289993d24c9e9786f19c6111e04390a899' };

export const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
export const concat = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

export function varint(value: number): Uint8Array {
  if (value < 0x40) return Uint8Array.of(value);
  if (value < 0x4000) return Uint8Array.of(0x40 | (value >>> 8), value & 0xff);
  return Uint8Array.of(0x80 | (value >>> 24), (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

export const cryptoFrame = (offset: number, data: Uint8Array): Uint8Array =>
  concat(Uint8Array.of(6), varint(offset), varint(data.length), data);
export const padded = (frames: Uint8Array, length: number): Uint8Array =>
  concat(frames, new Uint8Array(Math.max(0, length - frames.length)));

export interface Keys {
  key: Uint8Array;
  iv: Uint8Array;
  headerKey: Uint8Array;
}

/** RFC 8446 §7.1. `secret` is a pseudo-random key already: only HKDF-Expand is wanted. */
function expandLabel(secret: Uint8Array, label: string, length: number): Uint8Array {
  const full = Buffer.from(`tls13 ${label}`);
  const block = concat(Uint8Array.of(0, length, full.length), full, Uint8Array.of(0, 1));
  return Uint8Array.from(createHmac('sha256', secret).update(block).digest()).subarray(0, length);
}

export function initialKeys(kind: Kind, connectionId: Uint8Array, side: 'client' | 'server' = 'client'): Keys {
  const initial = createHmac('sha256', hex(kind.salt)).update(connectionId).digest();
  const secret = expandLabel(initial, `${side} in`, 32);
  return {
    key: expandLabel(secret, `${kind.prefix}key`, 16),
    iv: expandLabel(secret, `${kind.prefix}iv`, 12),
    headerKey: expandLabel(secret, `${kind.prefix}hp`, 16),
  };
}

export interface PacketParts {
  kind?: Kind;
  connectionId: Uint8Array;
  sourceId?: Uint8Array;
  token?: Uint8Array;
  packetNumber?: number;
  packetNumberBytes?: 1 | 2 | 3 | 4;
  payload: Uint8Array;
  keys?: Keys;
  type?: 'initial' | 'handshake';
}

/** A long header packet; Initial unless said otherwise. */
export function packet(parts: PacketParts): Uint8Array {
  const {
    kind = V1,
    connectionId,
    sourceId = new Uint8Array(0),
    token = new Uint8Array(0),
    packetNumber = 2,
    packetNumberBytes = 4,
  } = parts;
  const keys = parts.keys ?? initialKeys(kind, connectionId);
  const isInitial = parts.type !== 'handshake';
  const type = isInitial ? kind.initialType : kind.handshakeType;
  const version = Buffer.alloc(4);
  version.writeUInt32BE(kind.number);
  const number = Buffer.alloc(4);
  number.writeUInt32BE(packetNumber);
  const header = concat(
    Uint8Array.of(0xc0 | (type << 4) | (packetNumberBytes - 1)),
    version,
    Uint8Array.of(connectionId.length),
    connectionId,
    Uint8Array.of(sourceId.length),
    sourceId,
    isInitial ? concat(varint(token.length), token) : new Uint8Array(0),
    longVarint(packetNumberBytes + parts.payload.length + 16),
    number.subarray(4 - packetNumberBytes),
  );
  const nonce = Uint8Array.from(keys.iv);
  for (let index = 0; index < 4; index++) nonce[8 + index]! ^= number[index]!;
  const cipher = createCipheriv('aes-128-gcm', keys.key, nonce);
  cipher.setAAD(header);
  const sealed = concat(cipher.update(parts.payload), cipher.final(), cipher.getAuthTag());
  const sample = sealed.subarray(4 - packetNumberBytes, 20 - packetNumberBytes);
  const mask = createCipheriv('aes-128-ecb', keys.headerKey, null).update(sample);
  header[0]! ^= mask[0]! & 0x0f;
  for (let index = 0; index < packetNumberBytes; index++) header[header.length - packetNumberBytes + index]! ^= mask[index + 1]!;
  return concat(header, sealed);
}

/** Two bytes at least, as the RFC's vectors write it. */
function longVarint(value: number): Uint8Array {
  return value < 0x40 ? Uint8Array.of(0x40, value) : varint(value);
}
