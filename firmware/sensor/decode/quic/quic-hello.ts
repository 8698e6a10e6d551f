/**
 * Turns the first datagrams that a QUIC client sends on one flow into its ClientHello. Needs nothing but the client's own
 * direction; datagrams of the server open with other keys and are passed over. Never opens anything behind the Initial packets.
 */

import { Reader } from '../../bytes/reader.ts';
import type { Anomaly } from '../anomaly.ts';
import { type ClientHello, decodeClientHello } from '../tls/client-hello.ts';
import { CLIENT_HELLO, MESSAGE_HEADER_BYTES } from '../tls/hello-signature.ts';
import { CryptoStream, cryptoBytesMax } from './crypto-stream.ts';
import { readFrames } from './frames.ts';
import { openInitial } from './initial.ts';
import { deriveInitialKeys, type InitialKeys } from './initial-keys.ts';
import { type LongHeader, readLongHeader } from './long-header.ts';

/** A hello takes one or two datagrams, a Retry and lost packets a few more. */
export const datagramsMax = 16;
/** A packet that cannot be opened costs two key derivations; nobody's flow is worth more of them. */
export const failuresMax = 6;
/** RFC 9000 §12.2: Initial, 0-RTT and Handshake packets may share a datagram. */
const packetsMax = 8;

export class QuicHello {
  /** True once nothing more is wanted: the hello was found, or the limits were reached. */
  done = false;
  /** Of the packets that were opened: `v1`, `v2`, `draft-29`. Empty before the first one. */
  version = '';
  /** What was wrong with the last datagram. */
  anomaly: Anomaly | undefined = undefined;

  private datagrams = 0;
  private failures = 0;
  private keys: InitialKeys | undefined = undefined;
  private readonly crypto = new CryptoStream();

  /** Takes one datagram, whose bytes are not kept. Gives the hello once, with the datagram that completes it. */
  push(bytes: Uint8Array, start: number, end: number): ClientHello | undefined {
    this.anomaly = undefined;
    if (this.done) return undefined;
    const reader = new Reader(bytes, start, end);
    for (let packet = 0; packet < packetsMax && reader.remaining > 0; packet++) {
      const header = readLongHeader(reader);
      if (header === undefined) break;
      if (header.isInitial) this.readInitial(bytes, header);
    }
    const hello = this.hello();
    if (++this.datagrams >= datagramsMax || this.failures >= failuresMax || hello !== undefined) this.finish();
    return hello;
  }

  private finish(): void {
    this.done = true;
    this.keys = undefined;
    this.crypto.clear();
  }

  private readInitial(bytes: Uint8Array, header: LongHeader): void {
    if (this.failures >= failuresMax) return;
    const payload = this.open(bytes, header);
    if (payload === undefined) {
      this.failures++;
      this.anomaly = 'quic.decrypt-failed';
      return;
    }
    this.version = header.version.name;
    this.anomaly = readFrames(payload, this.crypto) ?? this.anomaly;
  }

  /**
   * RFC 9001 §5.2: the keys come from the connection id of the client's first Initial and stay when the client takes over the
   * server's id; but a Retry makes new ones, from the id that it brought, and RFC 9368 lets the version change in between.
   */
  private open(bytes: Uint8Array, header: LongHeader): Uint8Array | undefined {
    const kept = this.keys;
    if (kept !== undefined && kept.version === header.version) {
      const payload = openInitial(bytes, header, kept);
      if (payload !== undefined) return payload;
    }
    const connectionId = bytes.subarray(header.connectionIdStart, header.connectionIdEnd);
    const sameId = kept !== undefined && Buffer.compare(kept.connectionId, connectionId) === 0;
    if (kept !== undefined && !sameId && kept.version !== header.version) {
      const payload = this.openWith(bytes, header, kept.connectionId);
      if (payload !== undefined) return payload;
    }
    return sameId && kept.version === header.version ? undefined : this.openWith(bytes, header, connectionId);
  }

  private openWith(bytes: Uint8Array, header: LongHeader, connectionId: Uint8Array): Uint8Array | undefined {
    const keys = deriveInitialKeys(header.version, connectionId);
    const payload = openInitial(bytes, header, keys);
    if (payload !== undefined) this.keys = keys;
    return payload;
  }

  private hello(): ClientHello | undefined {
    const stream = this.crypto.prefix();
    if (stream.remaining < MESSAGE_HEADER_BYTES) return undefined;
    const type = stream.u8();
    const length = stream.u24();
    if (type !== CLIENT_HELLO || length + MESSAGE_HEADER_BYTES > cryptoBytesMax) {
      this.anomaly = type === CLIENT_HELLO ? 'quic.too-large' : 'quic.bad-frame';
      this.finish();
      return undefined;
    }
    if (length > stream.remaining) return undefined;
    const hello = decodeClientHello(stream.window(length));
    this.anomaly = hello.anomaly ?? this.anomaly;
    return hello;
  }
}
