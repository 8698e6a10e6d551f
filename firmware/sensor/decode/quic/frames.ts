/**
 * Walks the frames of a decrypted Initial packet and gives the pieces of its CRYPTO stream. Frames that may not stand in an Initial
 * packet (RFC 9000 §12.4) end the walk.
 */

import { Reader } from '../../bytes/reader.ts';
import type { Anomaly } from '../anomaly.ts';
import type { CryptoStream } from './crypto-stream.ts';
import { readVarint } from './varint.ts';

/** RFC 9000 §19. */
const PADDING = 0x00;
const PING = 0x01;
const ACK = 0x02;
const ACK_WITH_ECN = 0x03;
const CRYPTO = 0x06;
const CONNECTION_CLOSE = 0x1c;

/** Browsers cut a hello into some tens of frames on purpose; padding is not counted. */
const framesMax = 256;

/** Gives every CRYPTO frame to `stream`; what was wrong, or `undefined`. */
export function readFrames(payload: Uint8Array, stream: CryptoStream): Anomaly | undefined {
  const reader = new Reader(payload);
  let frames = 0;
  while (reader.remaining > 0) {
    const type = reader.u8();
    if (type === PADDING) continue;
    if (++frames > framesMax) return 'quic.too-large';
    if (type === CRYPTO) {
      const offset = readVarint(reader);
      const piece = reader.window(readVarint(reader));
      if (!reader.failed && !stream.add(offset, piece)) return 'quic.too-large';
    } else if (type === ACK || type === ACK_WITH_ECN) skipAck(reader, type === ACK_WITH_ECN);
    else if (type === CONNECTION_CLOSE) skipClose(reader);
    else if (type !== PING) return 'quic.bad-frame';
    if (reader.failed) return 'quic.bad-frame';
  }
  return undefined;
}

/** RFC 9000 §19.3: largest, delay, count of ranges, first range, then gap and length of each, then three ECN counts. */
function skipAck(reader: Reader, withEcn: boolean): void {
  readVarint(reader);
  readVarint(reader);
  const ranges = readVarint(reader);
  readVarint(reader);
  for (let range = 0; range < ranges && !reader.failed; range++) {
    readVarint(reader);
    readVarint(reader);
  }
  if (withEcn) for (let counter = 0; counter < 3; counter++) readVarint(reader);
}

/** RFC 9000 §19.19: error, type of the frame that caused it, reason. */
function skipClose(reader: Reader): void {
  readVarint(reader);
  readVarint(reader);
  reader.skip(readVarint(reader));
}
