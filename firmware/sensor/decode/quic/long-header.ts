/**
 * Turns the long header of a QUIC packet (RFC 9000 §17.2) into its fields and the place of its protected part. It finds where the
 * next packet of the datagram begins; it opens nothing.
 */

import type { Reader } from '../../bytes/reader.ts';
import { readVarint } from './varint.ts';
import { type QuicVersion, quicVersion } from './version.ts';

/** RFC 9000 §17.2: header form and fixed bit, the top two bits. */
export const FORM_MASK = 0xc0;
export const LONG_HEADER = 0xc0;
/** RFC 9000 §17.2: connection ids of version 1 have at most 20 bytes. */
export const CONNECTION_ID_BYTES_MAX = 20;
/** RFC 9001 §5.4.2: the sample begins four bytes behind the start of the packet number and has 16 bytes. */
export const SAMPLE_OFFSET_BYTES = 4;
export const SAMPLE_BYTES = 16;

export interface LongHeader {
  version: QuicVersion;
  isInitial: boolean;
  /** Indices into the datagram's bytes. */
  packetStart: number;
  connectionIdStart: number;
  connectionIdEnd: number;
  packetNumberStart: number;
  /** Where the next packet of the datagram would begin. */
  packetEnd: number;
}

/** Reads one packet and leaves `reader` behind it. `undefined` for what is none that can be walked: short header, Retry, unknown version, cut. */
export function readLongHeader(reader: Reader): LongHeader | undefined {
  const packetStart = reader.position;
  const first = reader.u8();
  const version = quicVersion(reader.u32());
  if (reader.failed || (first & FORM_MASK) !== LONG_HEADER || version === undefined) return undefined;
  const type = (first >>> 4) & 3;
  if (type === version.retryType) return undefined;
  const connectionIdBytes = reader.u8();
  const connectionIdStart = reader.position;
  reader.skip(connectionIdBytes);
  const connectionIdEnd = reader.position;
  const sourceIdBytes = reader.u8();
  reader.skip(sourceIdBytes);
  if (connectionIdBytes > CONNECTION_ID_BYTES_MAX || sourceIdBytes > CONNECTION_ID_BYTES_MAX) return undefined;
  const isInitial = type === version.initialType;
  // RFC 9000 §17.2.2: only an Initial carries a token.
  if (isInitial) reader.skip(readVarint(reader));
  const lengthBytes = readVarint(reader);
  const packetNumberStart = reader.position;
  reader.skip(lengthBytes);
  if (reader.failed || lengthBytes < SAMPLE_OFFSET_BYTES + SAMPLE_BYTES) return undefined;
  return { version, isInitial, packetStart, connectionIdStart, connectionIdEnd, packetNumberStart, packetEnd: reader.position };
}
