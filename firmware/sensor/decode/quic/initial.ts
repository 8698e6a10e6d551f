/** Recognises a protected Initial packet and turns it into its frames' bytes: header protection off, payload decrypted, tag checked (RFC 9001 §5). */

import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { noBytes, Reader } from '../../bytes/reader.ts';
import type { InitialKeys } from './initial-keys.ts';
import { FORM_MASK, LONG_HEADER, type LongHeader, readLongHeader, SAMPLE_BYTES, SAMPLE_OFFSET_BYTES } from './long-header.ts';

/** RFC 9001 §5.3. */
const TAG_BYTES = 16;
/** RFC 9001 §5.4.1: of a long header's first byte the low four bits are masked; among them two reserved bits, which are 0. */
const FIRST_BYTE_MASK = 0x0f;
const RESERVED_BITS = 0x0c;
const PACKET_NUMBER_LENGTH_BITS = 0x03;

const scratch = new Reader(noBytes);

/** True where the datagram `bytes[start, end)` begins with an Initial packet that could be opened. Allocates nothing for other traffic. */
export function looksLikeQuicInitial(bytes: Uint8Array, start: number, end: number): boolean {
  scratch.reset(bytes, start, end);
  if ((scratch.peek() & FORM_MASK) !== LONG_HEADER || scratch.remaining < SAMPLE_OFFSET_BYTES + SAMPLE_BYTES) return false;
  return readLongHeader(scratch)?.isInitial === true;
}

/** A fresh array, or `undefined` where `keys` are not those of the packet. `bytes` is the datagram that `header` was read from; it is not changed. */
export function openInitial(bytes: Uint8Array, header: LongHeader, keys: InitialKeys): Uint8Array | undefined {
  const sampleStart = header.packetNumberStart + SAMPLE_OFFSET_BYTES;
  const mask = createCipheriv('aes-128-ecb', keys.headerKey, null).update(bytes.subarray(sampleStart, sampleStart + SAMPLE_BYTES));
  // Four bytes are unmasked, and those that turn out to belong to the payload are cut off again.
  const clear = Buffer.from(bytes.subarray(header.packetStart, sampleStart));
  const first = clear.readUInt8(0) ^ (mask.readUInt8(0) & FIRST_BYTE_MASK);
  if ((first & RESERVED_BITS) !== 0) return undefined;
  const numberBytes = (first & PACKET_NUMBER_LENGTH_BITS) + 1;
  const numberStart = header.packetNumberStart - header.packetStart;
  clear.writeUInt8(first, 0);
  const number = clear.readUIntBE(numberStart, numberBytes) ^ mask.readUIntBE(1, numberBytes);
  clear.writeUIntBE(number >>> 0, numberStart, numberBytes);
  const payloadStart = header.packetNumberStart + numberBytes;
  const tagStart = header.packetEnd - TAG_BYTES;
  if (payloadStart > tagStart) return undefined;
  return decrypt(
    keys.key,
    nonce(keys.iv, number >>> 0),
    clear.subarray(0, numberStart + numberBytes),
    bytes.subarray(payloadStart, tagStart),
    bytes.subarray(tagStart, header.packetEnd),
  );
}

/** RFC 9001 §5.3: the packet number, left-padded to the length of the iv, xor the iv. A client's first packets have small numbers: no part of it is cut. */
function nonce(iv: Uint8Array, packetNumber: number): Uint8Array {
  const made = Buffer.from(iv);
  const at = made.length - 4;
  made.writeUInt32BE((made.readUInt32BE(at) ^ packetNumber) >>> 0, at);
  return made;
}

/** The one place where an exception is expected: node:crypto reports a wrong tag by throwing. */
function decrypt(key: KeyObject, iv: Uint8Array, header: Uint8Array, payload: Uint8Array, tag: Uint8Array): Uint8Array | undefined {
  const decipher = createDecipheriv('aes-128-gcm', key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(header);
  decipher.setAuthTag(tag);
  const text = decipher.update(payload);
  try {
    decipher.final();
    return text;
  } catch {
    return undefined;
  }
}
