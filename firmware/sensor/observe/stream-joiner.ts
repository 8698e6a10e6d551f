/**
 * One direction of a TCP conversation: segments in any order in, its bytes in order out, each once (RFC 9293 §3.4).
 *
 * Bytes that arrive in order are handed on where they lie, without a copy. What comes early is copied and kept under two bounds, its
 * own and one shared by all conversations. A hole that will not be filled is told as a gap, and reading goes on behind it.
 * Where segments overlap, the bytes that came first count. It does not know what the bytes mean.
 */

export interface StreamConsumer {
  /** The next bytes of the stream, valid during the call only. */
  push(bytes: Uint8Array, start: number, end: number): void;
  /** Bytes are missing before the next `push`. */
  gap(): void;
}

/** Bytes kept for all conversations together. */
export class BufferBudget {
  usedBytes = 0;
  readonly maxBytes: number;
  /** Segments that could not be kept. */
  refused = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }
}

const segmentsMax = 48;
const earlyMaxBytes = 65_536; // one receive window without scaling
/** Packets that may still come late once the receiver has acknowledged bytes behind a hole: mirror ports reorder a little. */
const latePacketsMax = 8;
/** A segment so far ahead belongs to another connection or is forged. */
const aheadMaxBytes = 16 * 1024 * 1024;

interface EarlySegment {
  sequence: number;
  bytes: Uint8Array;
  /** Bytes on the wire beyond the captured ones. */
  cutBytes: number;
}

const noSegments: EarlySegment[] = [];

/** RFC 9293 §3.4: sequence numbers are compared modulo 2^32. */
function distance(from: number, to: number): number {
  return (to - from) | 0;
}

export class StreamJoiner {
  private readonly consumer: StreamConsumer;
  private readonly budget: BufferBudget;
  /** In order of sequence. Most streams never have any. */
  private early: EarlySegment[] = noSegments;
  private earlyBytes = 0;
  private started = false;
  private next = 0;
  private packetsSinceHole = 0;

  constructor(consumer: StreamConsumer, budget: BufferBudget) {
    this.consumer = consumer;
    this.budget = budget;
  }

  /** A SYN was seen: its number takes one place (RFC 9293 §3.4). */
  begin(sequence: number): void {
    if (this.started) return;
    this.started = true;
    this.next = (sequence + 1) | 0;
  }

  /** A segment whose captured payload is `bytes[start, end)` and whose payload on the wire was `wireLength` long. */
  add(sequence: number, bytes: Uint8Array, start: number, end: number, wireLength: number): void {
    if (!this.started) {
      this.started = true;
      this.next = sequence;
    }
    const ahead = distance(this.next, sequence);
    if (ahead > 0) {
      this.keep(sequence, bytes, start, end, wireLength, ahead);
      return;
    }
    if (wireLength + ahead <= 0) return; // all of it was seen before
    this.deliver(bytes, Math.min(end, start - ahead), end, wireLength + ahead);
    if (this.early.length > 0) this.drain();
  }

  /** The other side acknowledged everything before `acknowledgement`: it has bytes that this sensor never saw, if they are behind a hole. */
  acknowledged(acknowledgement: number): void {
    if (this.early.length === 0 || distance(this.next, acknowledgement) <= 0) return;
    if (++this.packetsSinceHole > latePacketsMax) this.skipHole();
  }

  /** Nothing more will come: hands on what is left. */
  finish(): void {
    while (this.early.length > 0) this.skipHole();
  }

  /** Gives back what is kept, unread. */
  discard(): void {
    this.budget.usedBytes -= this.earlyBytes;
    this.earlyBytes = 0;
    this.early = noSegments;
  }

  private deliver(bytes: Uint8Array, start: number, end: number, wireLength: number): void {
    this.next = (this.next + wireLength) | 0;
    if (end > start) this.consumer.push(bytes, start, end);
    if (wireLength > end - start) this.consumer.gap();
  }

  private keep(sequence: number, bytes: Uint8Array, start: number, end: number, wireLength: number, ahead: number): void {
    const length = end - start;
    if (ahead > aheadMaxBytes) return;
    if (this.budget.usedBytes + length > this.budget.maxBytes) {
      this.budget.refused++;
      return;
    }
    if (this.early === noSegments) this.early = [];
    let index = this.early.length;
    while (index > 0 && distance(sequence, this.early[index - 1]!.sequence) > 0) index--;
    const before = index > 0 ? this.early[index - 1]! : undefined;
    if (before?.sequence === sequence && before.bytes.length + before.cutBytes >= wireLength) return; // the first one counts
    // A copy, for the source uses the memory again; `slice` of a Buffer would be none.
    this.early.splice(index, 0, { sequence, bytes: new Uint8Array(bytes.subarray(start, end)), cutBytes: wireLength - length });
    this.earlyBytes += length;
    this.budget.usedBytes += length;
    if (this.early.length === 1) this.packetsSinceHole = 0;
    if (this.early.length > segmentsMax || this.earlyBytes > earlyMaxBytes) this.skipHole();
  }

  /** Hands on early segments that have become due. */
  private drain(): void {
    while (this.early.length > 0) {
      const segment = this.early[0]!;
      const ahead = distance(this.next, segment.sequence);
      if (ahead > 0) return;
      this.early.shift();
      const length = segment.bytes.length;
      this.earlyBytes -= length;
      this.budget.usedBytes -= length;
      const left = length + segment.cutBytes + ahead;
      if (left > 0) this.deliver(segment.bytes, Math.min(length, -ahead), length, left);
    }
  }

  private skipHole(): void {
    const first = this.early[0];
    if (first === undefined) return;
    this.packetsSinceHole = 0;
    this.next = first.sequence;
    this.consumer.gap();
    this.drain();
  }
}
