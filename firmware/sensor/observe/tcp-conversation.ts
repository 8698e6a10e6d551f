/**
 * Both directions of one TCP conversation: joins the segments, finds out by content what is spoken (TLS, HTTP/1, DNS), and hands the
 * bytes to that decoder. A direction of which nothing more is wanted is marked in the flow table and costs nothing from then on.
 */

import { noBytes } from '../bytes/reader.ts';
import { DnsTcpStream, looksLikeDnsTcp } from '../decode/dns/dns-tcp.ts';
import {
  HttpExchange,
  HttpRequestStream,
  HttpResponseStream,
  looksLikeHttpRequest,
  looksLikeHttpResponse,
  mayBecomeHttpRequest,
} from '../decode/http/http-stream.ts';
import { type Packet, tcpSyn } from '../decode/packet.ts';
import { looksLikeClientHello, looksLikeServerHello, TlsStream } from '../decode/tls/tls-stream.ts';
import type { ConversationStart } from './flow-connection.ts';
import type { MessageSink } from './message-sink.ts';
import { type BufferBudget, type StreamConsumer, StreamJoiner } from './stream-joiner.ts';

const portDns = 53;
/** What tells one protocol from another lies in the first bytes; they may come one by one. */
const headMinBytes = 16;
const headMaxBytes = 64;
/** How far into a conversation of unknown kind a TLS or HTTP start is looked for: STARTTLS and proxies need a few exchanges. */
const probedChunksMax = 32;
const probedMaxBytes = 32_768;

type Mode = 'detect' | 'tls' | 'http' | 'dns' | 'done';

export class TcpConversation {
  readonly slot: number;
  readonly sink: MessageSink;
  readonly budget: BufferBudget;
  /** One of its ports is that of DNS: no proof by content is asked for. */
  readonly isDns: boolean;
  private readonly start: ConversationStart;
  /** Made when they have something to say: in most conversations only one side still has. */
  private a: Direction | undefined;
  private b: Direction | undefined;
  /** Nothing more is wanted of either side. Asked for every packet, so it is kept and not found out. */
  isDone = false;

  constructor(slot: number, start: ConversationStart, sink: MessageSink, budget: BufferBudget) {
    this.slot = slot;
    this.sink = sink;
    this.budget = budget;
    this.start = start;
    this.isDns = start.ports.includes(portDns);
  }

  add(packet: Packet, fromA: boolean): void {
    const other = fromA ? this.b : this.a;
    other?.joiner.acknowledged(packet.tcpAcknowledgement);
    if (packet.payloadLength === 0) return;
    const side = this.side(fromA);
    // RFC 7413 §2: a SYN may carry data, which follows its own number.
    const sequence = (packet.tcpFlags & tcpSyn) === 0 ? packet.tcpSequence : (packet.tcpSequence + 1) | 0;
    if (side.mode !== 'done') side.joiner.add(sequence, packet.bytes, packet.payloadStart, packet.payloadEnd, packet.payloadLength);
  }

  private side(isA: boolean): Direction {
    const known = isA ? this.a : this.b;
    if (known !== undefined) return known;
    const made = new Direction(this, isA);
    const syn = isA ? this.start.synA : this.start.synB;
    if (syn !== undefined) made.joiner.begin(syn);
    if (isA) this.a = made;
    else this.b = made;
    return made;
  }

  /** The direction that answers this one, if it has said anything. */
  otherOf(isA: boolean): Direction | undefined {
    return isA ? this.b : this.a;
  }

  /** One side has just become done. */
  sideDone(): void {
    this.isDone = this.a?.mode === 'done' && this.b?.mode === 'done';
  }

  /** The flow is over: reads what was kept behind holes, then gives everything back. */
  finish(): void {
    this.a?.finish();
    this.b?.finish();
  }
}

/** Too few bytes to say what is spoken. */
function mayGrow(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start < headMinBytes || (end - start < headMaxBytes && mayBecomeHttpRequest(bytes, start, end));
}

class Direction implements StreamConsumer {
  readonly joiner: StreamJoiner;
  mode: Mode = 'detect';
  private readonly conversation: TcpConversation;
  private readonly sideA: boolean;
  private tls: TlsStream | undefined;
  private dns: DnsTcpStream | undefined;
  private http: HttpRequestStream | HttpResponseStream | undefined;
  private exchange: HttpExchange | undefined;
  private head: Uint8Array | undefined;
  private probedChunks = 0;
  private probedBytes = 0;

  constructor(conversation: TcpConversation, sideA: boolean) {
    this.conversation = conversation;
    this.sideA = sideA;
    this.joiner = new StreamJoiner(this, conversation.budget);
  }

  push(bytes: Uint8Array, start: number, end: number): void {
    if (this.mode === 'detect') this.detect(bytes, start, end);
    else this.feed(bytes, start, end);
  }

  gap(): void {
    const { sink, slot } = this.conversation;
    sink.anomaly(slot, 'stream.gap');
    this.head = undefined;
    switch (this.mode) {
      case 'tls':
        // A record's length is lost with its header. What follows may still begin with a record that tells something.
        this.tls?.end();
        this.tls = undefined;
        this.mode = 'detect';
        break;
      case 'dns':
        this.dns?.gap();
        break;
      case 'http':
        this.http?.gap();
        break;
      default:
        break;
    }
  }

  private detect(bytes: Uint8Array, start: number, end: number): void {
    if (this.recognise(bytes, start, end)) {
      this.feed(bytes, start, end);
      return;
    }
    if (this.head !== undefined || (this.probedChunks === 0 && mayGrow(bytes, start, end))) this.detectInHead(bytes, start, end);
    if (this.mode !== 'detect') return;
    this.probedChunks++;
    this.probedBytes += end - start;
    if (this.probedChunks >= probedChunksMax || this.probedBytes >= probedMaxBytes) this.done();
  }

  /** First bytes that came in pieces smaller than what tells protocols apart. */
  private detectInHead(bytes: Uint8Array, start: number, end: number): void {
    const before = this.head ?? noBytes;
    const head = new Uint8Array(before.length + (end - start));
    head.set(before);
    head.set(bytes.subarray(start, end), before.length);
    this.head = mayGrow(head, 0, head.length) ? head : undefined;
    if (before.length === 0 || !this.recognise(head, 0, head.length)) return;
    this.head = undefined;
    this.feed(head, 0, head.length);
  }

  /** Chooses the decoder for a stream that begins with these bytes. */
  private recognise(bytes: Uint8Array, start: number, end: number): boolean {
    if (looksLikeClientHello(bytes, start, end)) this.beginTls(true);
    else if (looksLikeServerHello(bytes, start, end)) this.beginTls(false);
    else if (looksLikeHttpRequest(bytes, start, end)) this.beginHttp(true);
    else if (looksLikeHttpResponse(bytes, start, end)) this.beginHttp(false);
    else if (this.conversation.isDns || looksLikeDnsTcp(bytes, start, end)) this.beginDns();
    return this.mode !== 'detect';
  }

  private beginTls(client: boolean): void {
    this.mode = 'tls';
    this.conversation.sink.client(this.conversation.slot, this.sideA === client);
    this.tls = new TlsStream(this.conversation.sink.tls(this.conversation.slot));
  }

  private beginHttp(client: boolean): void {
    this.mode = 'http';
    this.conversation.sink.client(this.conversation.slot, this.sideA === client);
    const exchange = this.conversation.otherOf(this.sideA)?.exchange ?? new HttpExchange();
    this.exchange = exchange;
    const sink = this.conversation.sink.http(this.conversation.slot);
    this.http = client ? new HttpRequestStream(sink, exchange) : new HttpResponseStream(sink, exchange);
  }

  private beginDns(): void {
    this.mode = 'dns';
    this.dns = new DnsTcpStream((message) => this.conversation.sink.dns(this.conversation.slot, this.sideA, message));
  }

  private feed(bytes: Uint8Array, start: number, end: number): void {
    switch (this.mode) {
      case 'tls':
        if (this.tls?.push(bytes, start, end) !== true) this.done();
        break;
      case 'dns':
        if (this.dns?.push(bytes, start, end) !== true) this.done();
        break;
      case 'http':
        this.feedHttp(bytes, start, end);
        break;
      default:
        break;
    }
  }

  private feedHttp(bytes: Uint8Array, start: number, end: number): void {
    const http = this.http;
    if (http === undefined) return;
    const consumed = http.push(bytes, start, end);
    if (!http.tunnel) return;
    // After CONNECT or Upgrade something new begins; it may be TLS, or HTTP again.
    this.mode = 'detect';
    this.http = undefined;
    this.exchange = undefined;
    this.probedChunks = this.probedBytes = 0;
    if (consumed < end) this.detect(bytes, consumed, end);
  }

  /** The stream is over: a message that was cut short is told as far as it is known. */
  finish(): void {
    if (this.mode !== 'done') this.joiner.finish();
    this.tls?.end();
    this.http?.finish();
    this.joiner.discard();
  }

  private done(): void {
    this.mode = 'done';
    this.tls = undefined;
    this.dns = undefined;
    this.http = undefined;
    this.head = undefined;
    this.joiner.discard();
    this.conversation.sideDone();
    this.conversation.sink.read(this.conversation.slot, this.sideA);
  }
}
