/**
 * The bytes of one direction of a TCP connection -> DNS messages (RFC 1035 §4.2.2: each with its length in two bytes before it), however
 * they are cut. A message within one chunk is decoded in place; only a split one is copied, so at most one message is held.
 */
import { noBytes, Reader } from '../../bytes/reader.ts';
import { isPlausibleHeader, looksLikeDns } from './dns-content.ts';
import { type DnsMessage, decodeDns } from './dns-message.ts';

const lengthBytes = 2;
const headerBytes = 12;
/** Header and the shortest question. */
const messageBytesMin = 17;
/** Larger than nearly all messages over TCP that are split. */
const pendingBytesStart = 512;
/** RFC 1035 §4.2.2: what two bytes can say. */
const pendingBytesMax = lengthBytes + 0xffff;

/** Whether a chunk of a TCP stream begins with a length and a DNS message, on whatever port. The message itself may be cut. */
export function looksLikeDnsTcp(bytes: Uint8Array, start: number, end: number): boolean {
  prefix.reset(bytes, start, end);
  const size = prefix.u16();
  const messageStart = start + lengthBytes;
  return size >= messageBytesMin && looksLikeDns(bytes, messageStart, Math.min(end, messageStart + size), size);
}

const prefix = new Reader(noBytes);

type State = 'first' | 'messages' | 'lost' | 'refused';

export class DnsTcpStream {
  private readonly sink: (message: DnsMessage) => void;
  private readonly reader = new Reader(noBytes);
  private state: State = 'first';
  /** The beginning of a message, length bytes included; grows with what arrives, not with what it claims. */
  private pending: Buffer | undefined;
  private pendingLength = 0;

  constructor(sink: (message: DnsMessage) => void) {
    this.sink = sink;
  }

  /** Takes the next bytes in order; they are not kept. False when this is no DNS, and then for good: stop calling. */
  push(bytes: Uint8Array, start: number, end: number): boolean {
    if (start >= end) return this.state !== 'refused';
    if (this.state === 'lost' && looksLikeDnsTcp(bytes, start, end)) this.state = 'messages';
    let position = start;
    if (this.isReading() && this.pendingLength > 0) position = this.complete(bytes, position, end);
    // Ends: each turn takes at least the two length bytes.
    while (this.isReading() && end - position >= lengthBytes) {
      const size = this.sizeAt(bytes, position, end);
      const next = position + lengthBytes + size;
      if (next > end) break;
      this.take(bytes, position + lengthBytes, next);
      position = next;
    }
    if (this.isReading() && position < end) this.keep(bytes, position, end);
    if (this.state === 'first' && this.pendingLength >= lengthBytes + headerBytes) this.judge();
    return this.state !== 'refused';
  }

  /** Bytes were lost: what is pending is dropped, and reading resumes at a chunk that begins with a whole length and message. */
  gap(): void {
    this.drop();
    if (this.state !== 'refused') this.state = 'lost';
  }

  /** Refuses early what cannot be DNS, instead of waiting for the 64 KiB that other bytes may seem to announce. */
  private judge(): void {
    const pending = this.pending;
    if (pending === undefined || isPlausibleHeader(pending, lengthBytes, this.pendingLength)) return;
    this.refuse();
  }

  private refuse(): void {
    this.state = 'refused';
    this.drop();
  }

  /** A method, not a test in place: the state changes within `take`. */
  private isReading(): boolean {
    return this.state === 'first' || this.state === 'messages';
  }

  private sizeAt(bytes: Uint8Array, position: number, end: number): number {
    this.reader.reset(bytes, position, end);
    return this.reader.u16();
  }

  /** Adds to the pending message; returns the position behind what it took. */
  private complete(bytes: Uint8Array, start: number, end: number): number {
    let position = start;
    if (this.pendingLength < lengthBytes) {
      this.keep(bytes, position, position + 1);
      position++;
    }
    const pending = this.pending;
    if (pending === undefined) return position;
    const whole = lengthBytes + this.sizeAt(pending, 0, this.pendingLength);
    const stop = Math.min(end, position + whole - this.pendingLength);
    this.keep(bytes, position, stop);
    if (this.pendingLength === whole && this.pending !== undefined) {
      const message = this.pending;
      this.drop();
      this.take(message, lengthBytes, whole);
    }
    return stop;
  }

  private keep(bytes: Uint8Array, start: number, end: number): void {
    const needed = this.pendingLength + end - start;
    let pending = this.pending ?? Buffer.allocUnsafe(pendingBytesStart);
    if (needed > pending.length) {
      const larger = Buffer.allocUnsafe(Math.min(pendingBytesMax, Math.max(needed, pending.length * 2)));
      larger.set(pending.subarray(0, this.pendingLength));
      pending = larger;
    }
    pending.set(bytes.subarray(start, end), this.pendingLength);
    this.pending = pending;
    this.pendingLength = needed;
  }

  private drop(): void {
    this.pending = undefined;
    this.pendingLength = 0;
  }

  /** The first message decides whether this is DNS; one that is malformed later costs its place, as nothing else is known of the stream. */
  private take(bytes: Uint8Array, start: number, end: number): void {
    this.reader.reset(bytes, start, end);
    const message = decodeDns(this.reader);
    const plausible = message.questionsWhole && message.questions.length + message.answers.length > 0;
    if (!plausible && this.state === 'first') {
      this.refuse();
      return;
    }
    this.state = plausible ? 'messages' : 'lost';
    this.sink(message);
  }
}
