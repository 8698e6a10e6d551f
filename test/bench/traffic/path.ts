/** One direction between two endpoints: writes Ethernet, IPv4 or IPv6, and TCP or UDP headers with right lengths and checksums. */

import { fold, type Payload, sumOf, swapped } from './checksum.ts';

export interface Endpoint {
  readonly mac: Uint8Array;
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly port: number;
}

export const empty: Buffer = Buffer.alloc(0);

/** What goes into one TCP segment or UDP datagram; reused by its owner. `head` comes before `body[start..end)`. */
export class Segment {
  sequence = 0;
  acknowledgment = 0;
  flags = 0;
  options: Buffer = empty;
  head: Buffer = empty;
  body: Buffer = empty;
  start = 0;
  end = 0;
  /** Sum of the body's slice, or -1 to have it counted. */
  bodySum = -1;

  payload(bytes: Buffer): this {
    this.head = empty;
    this.body = bytes;
    this.start = 0;
    this.end = bytes.length;
    this.bodySum = -1;
    return this;
  }

  slice(payload: Payload, start: number, end: number): this {
    this.head = empty;
    this.body = payload.bytes;
    this.start = start;
    this.end = end;
    this.bodySum = payload.sum(start, end);
    return this;
  }
}

export const tcpFlags = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const;

const ethernetBytes = 14;
/** IEEE 802.3 §4A.4.2: a shorter frame is padded; the check sequence is not captured. */
const ethernetBytesMin = 60;

export class Path {
  private readonly header: Buffer;
  private readonly version6: boolean;
  private readonly ipSum: number;
  private readonly pseudoSum: number;
  private readonly ports: number;
  private identification: number;

  constructor(from: Endpoint, to: Endpoint, protocol: 6 | 17) {
    this.version6 = from.address.length === 16;
    this.header = this.version6 ? ipv6Header(from, to, protocol) : ipv4Header(from, to, protocol);
    this.ipSum = this.version6 ? 0 : sumOf(this.header, ethernetBytes, this.header.length);
    this.pseudoSum = sumOf(from.address, 0, from.address.length) + sumOf(to.address, 0, to.address.length) + protocol + from.port + to.port;
    this.ports = (from.port << 16) | to.port;
    this.identification = from.port;
  }

  /** Writes the frame at `at`; gives its length. */
  tcp(out: Buffer, at: number, segment: Segment): number {
    const tcpAt = at + this.header.length;
    const headerBytes = 20 + segment.options.length;
    const word = ((headerBytes >> 2) << 12) | segment.flags;
    put32(out, tcpAt, this.ports);
    put32(out, tcpAt + 4, segment.sequence);
    put32(out, tcpAt + 8, segment.acknowledgment);
    put16(out, tcpAt + 12, word);
    put16(out, tcpAt + 14, windowSize);
    put32(out, tcpAt + 16, 0);
    if (segment.options.length > 0) segment.options.copy(out, tcpAt + 20);
    const payloadBytes = copyPayload(out, tcpAt + headerBytes, segment);
    const sum =
      this.pseudoSum +
      headerBytes +
      payloadBytes +
      high(segment.sequence) +
      high(segment.acknowledgment) +
      word +
      windowSize +
      sumOf(segment.options, 0, segment.options.length) +
      payloadSum(segment);
    put16(out, tcpAt + 16, ~fold(sum));
    return this.finish(out, at, headerBytes + payloadBytes);
  }

  udp(out: Buffer, at: number, segment: Segment): number {
    const udpAt = at + this.header.length;
    const payloadBytes = copyPayload(out, udpAt + 8, segment);
    put32(out, udpAt, this.ports);
    put16(out, udpAt + 4, payloadBytes + 8);
    // RFC 768: the length stands in the pseudo header and in the header; a sum of 0 is sent as all ones.
    const checksum = ~fold(this.pseudoSum + 2 * (payloadBytes + 8) + payloadSum(segment)) & 0xffff;
    put16(out, udpAt + 6, checksum === 0 ? 0xffff : checksum);
    return this.finish(out, at, payloadBytes + 8);
  }

  /** Puts link and network header in front of a transport part of `transportBytes`. */
  private finish(out: Buffer, at: number, transportBytes: number): number {
    const header = this.header;
    header.copy(out, at);
    if (this.version6) {
      put16(out, at + 18, transportBytes);
    } else {
      const total = transportBytes + 20;
      const identification = this.identification;
      this.identification = (identification + 1) & 0xffff;
      put16(out, at + 16, total);
      put16(out, at + 18, identification);
      put16(out, at + 24, ~fold(this.ipSum + total + identification));
    }
    const length = header.length + transportBytes;
    if (length >= ethernetBytesMin) return length;
    out.fill(0, at + length, at + ethernetBytesMin);
    return ethernetBytesMin;
  }
}

const windowSize = 0xfaf0;

function ipv4Header(from: Endpoint, to: Endpoint, protocol: number): Buffer {
  const ip = [0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, protocol, 0, 0, ...from.address, ...to.address];
  return Buffer.from([...to.mac, ...from.mac, 0x08, 0x00, ...ip]);
}

function ipv6Header(from: Endpoint, to: Endpoint, protocol: number): Buffer {
  return Buffer.from([...to.mac, ...from.mac, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 0, protocol, 64, ...from.address, ...to.address]);
}

function copyPayload(out: Buffer, at: number, segment: Segment): number {
  const { head, start, end } = segment;
  if (head.length > 0) head.copy(out, at);
  if (end > start) segment.body.copy(out, at + head.length, start, end);
  return head.length + end - start;
}

function payloadSum(segment: Segment): number {
  const { head, start, end } = segment;
  const body = segment.bodySum >= 0 ? segment.bodySum : sumOf(segment.body, start, end);
  return sumOf(head, 0, head.length) + (head.length & 1 ? swapped(body) : body);
}

/** Both halves of a 32-bit number added, as the checksum needs them. */
function high(value: number): number {
  return (value >>> 16) + (value & 0xffff);
}

export function put16(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 8;
  out[at + 1] = value;
}

export function put32(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}
