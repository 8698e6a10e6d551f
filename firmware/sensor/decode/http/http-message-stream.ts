/**
 * One direction of an HTTP/1 connection, in chunks of any size -> heads, one after another; bodies are passed over unread. A head within one
 * chunk is read in place; a split one is copied, under a cap. What a head means is said by the request and response streams built on this.
 */
import type { Anomaly } from '../anomaly.ts';
import { HttpBody } from './http-body.ts';
import type { Likeness } from './http-content.ts';
import { HttpExchange } from './http-exchange.ts';
import { findHeadEnd, findHeadEndFrom, HttpHead, headBytesMax, skipEmptyLines, startLineEnd } from './http-head.ts';
import type { HttpSink } from './http-message.ts';

/** Larger than most heads. */
const pendingBytesStart = 1024;
/** A start line shows within this many bytes whether it is one. */
const judgedBytesMax = 64;

/** `lost`: waits for a chunk that begins with a start line. `connecting`: CONNECT was sent, its answer not seen. */
export type StreamState = 'head' | 'body' | 'lost' | 'connecting' | 'tunnel';

/** Shared by all streams: filled and used up within one call. */
const head = new HttpHead();

export abstract class HttpMessageStream {
  protected readonly sink: HttpSink;
  protected readonly exchange: HttpExchange;
  protected readonly body = new HttpBody();
  protected state: StreamState = 'head';
  private pending: Buffer | undefined;
  private pendingLength = 0;

  constructor(sink: HttpSink, exchange = new HttpExchange()) {
    this.sink = sink;
    this.exchange = exchange;
  }

  /** HTTP has ended in this direction: look for another protocol in what follows. */
  get tunnel(): boolean {
    return this.state === 'tunnel' || this.exchange.tunnel;
  }

  /** Payload bytes that may be passed over with `skip` instead of `push`; Infinity for a body that ends with the connection. */
  get bodyBytesLeft(): number {
    return this.state === 'body' ? this.body.bytesLeft : 0;
  }

  /**
   * Takes the next bytes in order; they are not kept. Returns the index of the first byte that is not HTTP/1: `end`, or less where a tunnel
   * begins.
   */
  push(bytes: Uint8Array, start: number, end: number): number {
    if (start >= end) return end;
    if (this.tunnel) return start;
    if (this.state === 'lost' && this.judge(bytes, start, end) === 'yes') this.state = 'head';
    if (this.state === 'connecting') this.state = this.judge(bytes, start, end) === 'yes' ? 'head' : 'tunnel';
    let position = start;
    // Ends: a head takes at least its first byte, and a body too, or it is done.
    while (position < end && (this.state === 'head' || this.state === 'body')) {
      position = this.state === 'head' ? this.takeHead(bytes, position, end) : this.takeBody(bytes, position, end);
    }
    return this.state === 'lost' ? end : position;
  }

  /** `count` bytes went by unseen or were lost, all of them within the body: at most `bodyBytesLeft`. More is a gap. */
  skip(count: number): void {
    if (count > this.bodyBytesLeft) this.gap();
    else if (count > 0) {
      this.body.skip(count);
      if (this.body.done) this.state = 'head';
    }
  }

  /** Bytes were lost, nobody knows which: what is known of a cut head is reported, and reading resumes at a chunk that begins with a start line. */
  gap(): void {
    this.finish();
    if (this.tunnel || this.bodyBytesLeft === Number.POSITIVE_INFINITY) return;
    this.body.beginNone();
    this.state = 'lost';
    this.exchange.lost();
  }

  /** The connection is over: reports what is known of a head that never ended. Only whole lines count. */
  finish(): void {
    const pending = this.pending;
    if (pending === undefined) return;
    const length = this.pendingLength;
    this.drop();
    if (this.state === 'head') this.report(pending, 0, length);
  }

  protected abstract judge(bytes: Uint8Array, start: number, end: number): Likeness;
  /** Reports the message, whose start line is one, and says in `state` and `body` what follows it. */
  protected abstract message(bytes: Uint8Array, start: number, head: HttpHead, fault: Anomaly | undefined): void;
  protected abstract readonly fault: Anomaly;

  private takeBody(bytes: Uint8Array, start: number, end: number): number {
    const position = this.body.take(bytes, start, end);
    if (this.body.broken) this.lose(this.fault);
    else if (this.body.done) this.state = 'head';
    return position;
  }

  private takeHead(bytes: Uint8Array, start: number, end: number): number {
    if (this.pendingLength > 0) return this.takeMore(bytes, start, end);
    const position = skipEmptyLines(bytes, start, end);
    if (position === end) return end;
    if (this.judge(bytes, position, end) === 'no') {
      this.lose(this.fault);
      return end;
    }
    const limit = Math.min(end, position + headBytesMax);
    const headEnd = findHeadEnd(bytes, position, limit);
    if (headEnd >= 0) this.readHead(bytes, position);
    else if (limit - position === headBytesMax) this.refuseHead(bytes, position, limit);
    else this.keep(bytes, position, end);
    return headEnd >= 0 ? headEnd : end;
  }

  private takeMore(bytes: Uint8Array, start: number, end: number): number {
    const before = this.pendingLength;
    const stop = Math.min(end, start + headBytesMax - before);
    const pending = this.keep(bytes, start, stop);
    const headEnd = findHeadEndFrom(pending, before, this.pendingLength);
    if (headEnd >= 0) {
      this.drop();
      findHeadEnd(pending, 0, headEnd);
      // Only the beginning of the start line was here when it was judged.
      if (this.isStartLine(pending, 0)) this.readHead(pending, 0);
      else this.lose(this.fault);
      return start + headEnd - before;
    }
    if (before < judgedBytesMax && this.judge(pending, 0, this.pendingLength) === 'no') {
      this.lose(this.fault);
      return end;
    }
    if (this.pendingLength < headBytesMax) return end;
    this.drop();
    this.refuseHead(pending, 0, headBytesMax);
    return end;
  }

  /** Of the head that `findHeadEnd` has just measured. */
  private isStartLine(bytes: Uint8Array, start: number): boolean {
    const end = startLineEnd(start);
    return end > start && this.judge(bytes, start, end) === 'yes';
  }

  /** Reads the head that `findHeadEnd` has just measured and whose start line is one. */
  private readHead(bytes: Uint8Array, start: number): void {
    head.read(bytes, start);
    const fault = head.malformed ? this.fault : head.tooManyLines ? 'http.header-too-large' : undefined;
    this.message(bytes, start, head, fault);
  }

  private refuseHead(bytes: Uint8Array, start: number, end: number): void {
    this.report(bytes, start, end, 'http.header-too-large');
    this.lose(undefined);
  }

  /** Reports a head that has no end, if its start line is whole. */
  private report(bytes: Uint8Array, start: number, end: number, fault?: Anomaly): void {
    findHeadEnd(bytes, start, end);
    if (this.isStartLine(bytes, start)) {
      head.read(bytes, start);
      this.message(bytes, start, head, fault);
    } else if (fault !== undefined) this.sink.anomaly(fault);
  }

  private lose(anomaly: Anomaly | undefined): void {
    this.drop();
    this.body.beginNone();
    this.state = 'lost';
    if (anomaly !== undefined) this.sink.anomaly(anomaly);
  }

  private keep(bytes: Uint8Array, start: number, end: number): Buffer {
    const needed = this.pendingLength + end - start;
    let pending = this.pending ?? Buffer.allocUnsafe(Math.max(needed, pendingBytesStart));
    if (needed > pending.length) {
      const larger = Buffer.allocUnsafe(Math.min(headBytesMax, Math.max(needed, pending.length * 2)));
      larger.set(pending.subarray(0, this.pendingLength));
      pending = larger;
    }
    pending.set(bytes.subarray(start, end), this.pendingLength);
    this.pending = pending;
    this.pendingLength = needed;
    return pending;
  }

  private drop(): void {
    this.pending = undefined;
    this.pendingLength = 0;
  }
}
