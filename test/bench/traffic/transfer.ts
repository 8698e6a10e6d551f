/**
 * The long middle of a connection: asks and replies whose bodies are slices of bytes made once, with acknowledgments between. No
 * copies are kept: a body is only a length and an offset.
 */

import type { Random } from '../../fuzz/random.ts';
import { Payload } from './checksum.ts';
import { tlsRecord } from './client-hello.ts';
import type { Source } from './conversation.ts';
import { empty, tcpFlags } from './path.ts';
import type { TcpConnection } from './tcp-connection.ts';

/** Frames of one train follow each other at the pace of a gigabit port. */
const trainGapMicros = 12;
/** Frames per train; then the sender waits for the window to open. */
const trainFramesMax = 24;
const repeatedShare = 0.001;

/** A body: `units` times the first `unitBytes` of `payload`, or less when there is no wrap inside. */
export interface Exchange {
  /** One message of the client. */
  request: Buffer;
  responseHead: Buffer;
  payload: Payload;
  bodyBytes: number;
  /** The body goes up instead of down. */
  upload: boolean;
  /** How long the client thinks before it asks. */
  thinkMicros: number;
}

/** Application data records of one size, whole ones only, about 64 KiB. `unitBytes` is even. */
export function recordPayload(random: Random, unitBytes: number): Payload {
  const count = Math.max(1, Math.floor(65_536 / unitBytes));
  return new Payload(Buffer.concat(Array.from({ length: count }, () => tlsRecord(23, random.bytes(unitBytes - 5)))));
}

export class Transfer implements Source {
  delayMicros = 0;
  private readonly connection: TcpConnection;
  private readonly roundTripMicros: number;
  private readonly nextExchange: () => Exchange | undefined;
  private exchange: Exchange | undefined;
  private sent = 0;
  private headSent = false;
  private unacknowledged = 0;
  private train = 0;

  constructor(connection: TcpConnection, roundTripMicros: number, nextExchange: () => Exchange | undefined) {
    this.connection = connection;
    this.roundTripMicros = roundTripMicros;
    this.nextExchange = nextExchange;
  }

  next(out: Buffer, at: number): number {
    const { exchange } = this;
    if (exchange === undefined || (this.sent >= exchange.bodyBytes && this.unacknowledged === 0)) return this.ask(out, at);
    if (this.unacknowledged >= 2 || this.sent >= exchange.bodyBytes) return this.acknowledge(out, at, exchange);
    return this.segment(out, at, exchange);
  }

  private ask(out: Buffer, at: number): number {
    const exchange = this.nextExchange();
    if (exchange === undefined) return 0;
    this.exchange = exchange;
    this.sent = 0;
    this.headSent = false;
    this.train = 0;
    this.delayMicros = this.roundTripMicros;
    this.connection.segment.payload(exchange.request);
    return this.connection.send(out, at, true, tcpFlags.psh | tcpFlags.ack);
  }

  private acknowledge(out: Buffer, at: number, exchange: Exchange): number {
    const done = this.sent >= exchange.bodyBytes;
    this.unacknowledged = 0;
    this.train++;
    const waits = this.train % trainFramesMax < 3;
    this.delayMicros = done ? exchange.thinkMicros : waits ? this.roundTripMicros : trainGapMicros;
    return this.connection.bare(out, at, !exchange.upload, tcpFlags.ack);
  }

  private segment(out: Buffer, at: number, exchange: Exchange): number {
    const { connection } = this;
    const { payload } = exchange;
    this.delayMicros = trainGapMicros;
    this.train++;
    const lost = this.unacknowledged === 1 && connection.random.chance(repeatedShare);
    this.unacknowledged++;
    if (lost) return connection.repeat(out, at, exchange.upload);
    const head = this.headSent ? empty : exchange.responseHead;
    const start = this.sent % payload.bytes.length;
    const room = (connection.payloadBytesMax - head.length) & ~1; // keeps the next slice even-aligned
    const length = Math.min(room, payload.bytes.length - start, exchange.bodyBytes - this.sent);
    this.headSent = true;
    this.sent += length;
    connection.segment.slice(payload, start, start + length);
    connection.segment.head = head;
    return connection.send(out, at, exchange.upload, this.sent >= exchange.bodyBytes ? tcpFlags.psh | tcpFlags.ack : tcpFlags.ack);
  }
}
