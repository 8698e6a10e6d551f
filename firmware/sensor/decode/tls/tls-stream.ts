/**
 * Turns the in-order bytes of one direction of a connection into the TLS messages that travel in the clear: hellos, and
 * certificates up to TLS 1.2. Joins records and messages over chunks of any size, decrypts nothing, and keeps no byte of a chunk
 * but of a message that is not complete yet.
 */

import { Reader } from '../../bytes/reader.ts';
import type { Anomaly } from '../anomaly.ts';
import { CertificateView } from './certificate.ts';
import { type ClientHello, decodeClientHello } from './client-hello.ts';
import {
  CLIENT_HELLO,
  CONTENT_HANDSHAKE,
  isRecordVersion,
  MESSAGE_HEADER_BYTES,
  RECORD_BYTES_MAX,
  RECORD_HEADER_BYTES,
  SERVER_HELLO,
} from './hello-signature.ts';
import { PendingBytes } from './pending-bytes.ts';
import { decodeServerHello, isTls13, type ServerHello } from './server-hello.ts';
import { decodeSsl2ClientHello, SSL2_HEADER_BYTES, SSL2_LENGTH_FLAG } from './ssl2-client-hello.ts';

export { looksLikeClientHello, looksLikeServerHello } from './hello-signature.ts';

/** Takes what a stream finds, in order. Every anomaly of a message is told to `anomaly` too: count there only. */
export interface TlsSink {
  clientHello(hello: ClientHello): void;
  serverHello(hello: ServerHello): void;
  /** `position` 0 is the certificate of the sender itself. A client sends some where the server asks for them. */
  certificate(certificate: CertificateView, position: number): void;
  anomaly(anomaly: Anomaly): void;
}

/** RFC 8446 §5.1, RFC 5246 §6.2.1, RFC 6520 §3: content types; an alert is 21. */
const CONTENT_CHANGE_CIPHER_SPEC = 20;
const CONTENT_APPLICATION_DATA = 23;
const CONTENT_HEARTBEAT = 24;

/** RFC 8446 §4, RFC 5246 §7.4: handshake types. */
const CERTIFICATE = 11;
const SERVER_HELLO_DONE = 14;
const CLIENT_KEY_EXCHANGE = 16;
/** Messages that may stand before or between those above, and hold nothing for us; all others are a fault. */
const skippedMessages = new Set([
  0, // hello_request
  4, // new_session_ticket
  12, // server_key_exchange
  13, // certificate_request
  15, // certificate_verify
  21, // certificate_url
  22, // certificate_status
  23, // supplemental_data
]);

/** A stand-in handshake type for the hello in the framing of SSL 2.0, which has no handshake header. */
const SSL2_HELLO = -1;

/** Chains in use stay below 20 KiB; those of grid and government roots have reached 64 KiB. Above it the whole certificates are still read. */
export const messageBytesMax = 102_400;
/** A chain longer than this proves nothing that its first certificates do not. */
export const certificatesMax = 16;
/** Alerts of level "warning" may precede a hello; a stream of them is no handshake. */
const otherRecordsMax = 16;

export class TlsStream {
  private readonly sink: TlsSink;
  private readonly pending = new PendingBytes(messageBytesMax);
  private done = false;
  private sawAnything = false;
  private sawClientHello = false;
  private serverHellos = 0;
  private sawRetryRequest = false;
  private otherRecords = 0;
  /** Bytes of the record and the handshake header as one big-endian number, and how many of them are here. */
  private recordHeader = 0;
  private recordHeaderBytes = 0;
  private recordLeft = 0;
  private messageHeader = 0;
  private messageHeaderBytes = 0;
  private messageType = 0;
  /** Bytes of the current message's body that have not come yet. */
  private messageLeft = 0;

  constructor(sink: TlsSink) {
    this.sink = sink;
  }

  /** Takes the next bytes, valid during the call only. False once nothing more is wanted; more bytes are then ignored. */
  push(bytes: Uint8Array, start: number, end: number): boolean {
    const reader = new Reader(bytes, start, end);
    if (!this.sawAnything && reader.remaining > 0) {
      this.sawAnything = true;
      if ((reader.peek() & SSL2_LENGTH_FLAG) !== 0) this.messageType = SSL2_HELLO;
    }
    // Every round takes at least one byte.
    while (!this.done && reader.remaining > 0) {
      if (this.messageType === SSL2_HELLO) this.readSsl2(reader);
      else if (this.recordLeft === 0) this.readRecordHeader(reader);
      else this.readFragment(reader);
    }
    return !this.done;
  }

  /** No more bytes will come, or some are lost: gives what a cut message still tells. Harmless twice. */
  end(): void {
    if (!this.done && this.pending.length > 0) this.message(this.pending.reader());
    this.finish();
  }

  private finish(fault?: Anomaly): void {
    this.done = true;
    this.pending.release();
    if (fault !== undefined) this.sink.anomaly(fault);
  }

  private readRecordHeader(reader: Reader): void {
    while (this.recordHeaderBytes < RECORD_HEADER_BYTES && reader.remaining > 0) {
      this.recordHeader = this.recordHeader * 256 + reader.u8();
      this.recordHeaderBytes++;
    }
    if (this.recordHeaderBytes < RECORD_HEADER_BYTES) return;
    this.startRecord(this.recordType(), (this.recordHeader >>> 16) & 0xffff, this.recordHeader & 0xffff);
    if (this.recordLeft === 0) this.nextRecord();
  }

  private recordType(): number {
    return Math.floor(this.recordHeader / 2 ** 32);
  }

  private startRecord(type: number, version: number, length: number): void {
    this.recordLeft = length;
    if (!isRecordVersion(version) || length > RECORD_BYTES_MAX || type < CONTENT_CHANGE_CIPHER_SPEC || type > CONTENT_HEARTBEAT) {
      this.finish('tls.bad-record');
    } else if (type !== CONTENT_HANDSHAKE) {
      // RFC 8446 appendix D.4: a change_cipher_spec after a HelloRetryRequest is for old middleboxes only; the real hello follows.
      const encryptionFollows = type === CONTENT_CHANGE_CIPHER_SPEC && !this.sawRetryRequest;
      if (encryptionFollows || type === CONTENT_APPLICATION_DATA || ++this.otherRecords > otherRecordsMax) this.finish();
    }
  }

  private nextRecord(): void {
    this.recordHeader = 0;
    this.recordHeaderBytes = 0;
  }

  private readFragment(reader: Reader): void {
    const length = Math.min(this.recordLeft, reader.remaining);
    const fragment = reader.window(length);
    this.recordLeft -= length;
    if (this.recordType() === CONTENT_HANDSHAKE) {
      while (!this.done && fragment.remaining > 0) this.readMessage(fragment);
    }
    if (this.recordLeft === 0) this.nextRecord();
  }

  private readMessage(fragment: Reader): void {
    if (this.messageHeaderBytes < MESSAGE_HEADER_BYTES) {
      while (this.messageHeaderBytes < MESSAGE_HEADER_BYTES && fragment.remaining > 0) {
        this.messageHeader = this.messageHeader * 256 + fragment.u8();
        this.messageHeaderBytes++;
      }
      if (this.messageHeaderBytes < MESSAGE_HEADER_BYTES) return;
      this.startMessage(Math.floor(this.messageHeader / 2 ** 24), this.messageHeader & 0xffffff);
      if (this.done || this.messageLeft > 0) return;
    }
    this.readBody(fragment);
  }

  private startMessage(type: number, length: number): void {
    this.messageType = type;
    this.messageLeft = length;
    if (type === SERVER_HELLO_DONE || type === CLIENT_KEY_EXCHANGE) this.finish();
    else if (type === CLIENT_HELLO && this.sawClientHello) this.finish();
    // RFC 8446 §4.1.4: a server sends one retry request at most.
    else if (type === SERVER_HELLO && this.serverHellos >= (this.sawRetryRequest ? 2 : 1)) this.finish('tls.bad-record');
    else if (type !== CLIENT_HELLO && type !== SERVER_HELLO && type !== CERTIFICATE && !skippedMessages.has(type)) {
      this.finish('tls.bad-record');
    }
  }

  private readBody(fragment: Reader): void {
    const length = Math.min(this.messageLeft, fragment.remaining);
    this.messageLeft -= length;
    const body = fragment.window(length);
    if (skippedMessages.has(this.messageType)) {
      if (this.messageLeft === 0) this.nextMessage();
    } else if (this.messageLeft === 0 && this.pending.length === 0) {
      this.message(body);
      this.nextMessage();
    } else if (!this.pending.append(body)) {
      this.message(this.pending.reader());
      this.finish('tls.too-large');
    } else if (this.messageLeft === 0) {
      this.message(this.pending.reader());
      this.nextMessage();
    }
  }

  private nextMessage(): void {
    this.pending.clear();
    this.messageHeader = 0;
    this.messageHeaderBytes = 0;
  }

  /** RFC 5246 appendix E.2: a record header of two bytes, and the hello is all that matters of the stream. */
  private readSsl2(reader: Reader): void {
    while (this.recordHeaderBytes < SSL2_HEADER_BYTES && reader.remaining > 0) {
      this.recordHeader = this.recordHeader * 256 + reader.u8();
      this.recordHeaderBytes++;
      this.messageLeft = this.recordHeader & 0x7fff;
    }
    if (this.recordHeaderBytes < SSL2_HEADER_BYTES) return;
    this.readBody(reader);
    if (this.messageLeft === 0) this.finish();
  }

  private message(body: Reader): void {
    if (this.messageType === SERVER_HELLO) this.serverHello(body);
    else if (this.messageType === CERTIFICATE) this.certificates(body);
    else this.clientHello(this.messageType === SSL2_HELLO ? decodeSsl2ClientHello(body) : decodeClientHello(body));
  }

  private clientHello(hello: ClientHello): void {
    this.sawClientHello = true;
    if (hello.anomaly !== undefined) this.sink.anomaly(hello.anomaly);
    // A hello cut before its ciphers tells nothing.
    if (hello.anomaly === undefined || hello.ciphers.length > 0) this.sink.clientHello(hello);
    else this.finish();
  }

  private serverHello(body: Reader): void {
    const hello = decodeServerHello(body);
    if (hello.anomaly !== undefined) this.sink.anomaly(hello.anomaly);
    this.serverHellos++;
    this.sawRetryRequest ||= hello.helloRetryRequest;
    if (hello.anomaly === undefined || hello.cipher !== 0) this.sink.serverHello(hello);
    if (isTls13(hello) && !hello.helloRetryRequest) this.finish();
  }

  /** RFC 5246 §7.4.2: a list of certificates, the sender's own first. Nothing in the clear follows that we want. */
  private certificates(body: Reader): void {
    const listBytes = body.u24();
    const cut = body.failed || listBytes !== body.remaining;
    const list = body.window(Math.min(listBytes, body.remaining));
    let position = 0;
    while (list.remaining > 0 && position < certificatesMax) {
      const der = list.view(list.u24());
      if (list.failed || der.length === 0) break;
      this.sink.certificate(new CertificateView(der), position++);
    }
    if (cut || list.failed) this.sink.anomaly('tls.bad-certificate');
    else if (list.remaining > 0) this.sink.anomaly('tls.too-large');
    this.finish();
  }
}
