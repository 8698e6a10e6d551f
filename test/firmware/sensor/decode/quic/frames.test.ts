import { describe, expect, it } from 'vitest';
import { CryptoStream } from '../../../../../firmware/sensor/decode/quic/crypto-stream.ts';
import { readFrames } from '../../../../../firmware/sensor/decode/quic/frames.ts';
import { randomBytes } from '../tls/hello-bytes.ts';
import { concat, cryptoFrame, varint } from './quic-bytes.ts';

const PING = Uint8Array.of(1);
const PADDING = new Uint8Array(5);
const ACK = concat(Uint8Array.of(2), varint(1000), varint(3), varint(2), varint(1), varint(70), varint(1), varint(2), varint(3));
const ACK_ECN = concat(Uint8Array.of(3), varint(9), varint(3), varint(0), varint(1), varint(1), varint(20_000), varint(3));
const CLOSE = concat(Uint8Array.of(0x1c), varint(10), varint(6), varint(3), Uint8Array.of(0x62, 0x79, 0x65));
const data = randomBytes(4, 100);
const cryptoFrames = concat(cryptoFrame(60, data.subarray(60)), cryptoFrame(0, data.subarray(0, 60)));

function read(payload: Uint8Array): { anomaly: string | undefined; joined: Uint8Array } {
  const stream = new CryptoStream();
  const anomaly = readFrames(payload, stream);
  const prefix = stream.prefix();
  return { anomaly, joined: prefix.view(prefix.remaining) };
}

describe('readFrames', () => {
  it('passes over every other frame that an Initial packet may carry', () => {
    expect(read(concat(PADDING, PING, ACK, ACK_ECN, CLOSE, cryptoFrames, PADDING))).toEqual({ anomaly: undefined, joined: data });
  });

  it('keeps what stood before a frame that may not be there', () => {
    for (const type of [0x04, 0x08, 0x1d, 0x1e, 0x40]) {
      expect(read(concat(cryptoFrames, Uint8Array.of(type, 0, 0)))).toEqual({ anomaly: 'quic.bad-frame', joined: data });
    }
  });

  it('adds nothing of a CRYPTO frame that is cut', () => {
    const frame = cryptoFrame(0, data);
    for (let length = 1; length < frame.length; length++) {
      expect(read(frame.subarray(0, length))).toEqual({ anomaly: 'quic.bad-frame', joined: new Uint8Array(0) });
    }
  });

  it('does not believe the number of ranges in an ACK', () => {
    const ack = concat(Uint8Array.of(2), varint(1), varint(1), Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), varint(1));
    expect(read(ack).anomaly).toBe('quic.bad-frame');
  });

  it('stops at its limit of frames', () => {
    expect(read(new Uint8Array(1000).fill(1)).anomaly).toBe('quic.too-large');
    expect(read(new Uint8Array(1000)).anomaly).toBeUndefined();
  });

  it('survives random payloads', () => {
    for (let seed = 1; seed < 3000; seed++) {
      const payload = randomBytes(seed, 120).map((byte) => (byte > 200 ? 6 : byte & 0x1f));
      expect(read(payload).joined.length).toBeLessThanOrEqual(32_768);
    }
  });
});
