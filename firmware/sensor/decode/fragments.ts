/**
 * Puts IPv4 and IPv6 fragments together (RFC 791 §3.2, RFC 8200 §4.5) in bounded memory.
 *
 * At the cap: a new datagram replaces the oldest of the few that share its place (so a flood costs old unfinished datagrams, never
 * new ones), and bytes beyond the total are refused and counted. Overlaps: IPv4 keeps the bytes that came first; an IPv6 datagram
 * with an overlap is dropped whole (RFC 5722). It decodes no headers.
 */
import type { AnomalyCounter } from './anomaly.ts';
import type { FragmentInfo } from './ip.ts';
import type { Packet } from './packet.ts';

const setsCount = 128; // a power of two
const waysCount = 4;
/** RFC 791 gives 15 s as the lower bound for keeping fragments; systems use 30 s. */
const lifetimeMicros = 30_000_000;
const datagramLengthMaxBytes = 65_535;
const bufferInitialBytes = 2_048;
const bufferKeptBytes = 4_096;
/** All buffers together. 512 datagrams of usual size fit; 64 KiB ones are an attack or NFS, and 128 of those fit. */
const bufferedMaxBytes = 8 * 1024 * 1024;
const rangesMax = 64; // a datagram of 64 KiB over an MTU of 1,280 has 52 fragments

class Datagram {
  inUse = false;
  dead = false;
  ipVersion = 0;
  protocol = 0;
  identification = 0;
  readonly addresses = new Int32Array(8);
  startedMicros = 0;
  buffer = new Uint8Array(0);
  /** Length of the whole, once the last fragment was seen; -1 before. */
  totalLength = -1;
  /** Disjoint, sorted: [start, end, start, end …), the first `rangesLength` entries. */
  readonly ranges = new Int32Array(rangesMax * 2);
  rangesLength = 0;

  matches(packet: Packet, fragment: FragmentInfo): boolean {
    const own = this.addresses;
    return (
      this.inUse &&
      this.identification === fragment.identification &&
      this.ipVersion === packet.ipVersion &&
      (packet.ipVersion === 6 || this.protocol === packet.protocol) &&
      own[3] === packet.srcD &&
      own[7] === packet.dstD &&
      own[0] === packet.srcA &&
      own[1] === packet.srcB &&
      own[2] === packet.srcC &&
      own[4] === packet.dstA &&
      own[5] === packet.dstB &&
      own[6] === packet.dstC
    );
  }
}

/** What `add` found. `whole`: `joined` holds the datagram's payload until the next call. */
export type FragmentResult = 'waiting' | 'whole' | 'refused';

export class FragmentTable {
  private readonly datagrams = Array.from({ length: setsCount * waysCount }, () => new Datagram());
  private bufferedBytes = 0;
  /** The payload of the datagram that has just become whole. */
  joined: Uint8Array = new Uint8Array(0);
  joinedLength = 0;
  /** Upper-layer protocol, from the fragment that came first. */
  joinedProtocol = 0;

  /** Takes the fragment whose payload is `bytes[start, end)`. */
  add(packet: Packet, fragment: FragmentInfo, bytes: Uint8Array, start: number, end: number, anomalies: AnomalyCounter): FragmentResult {
    const datagram = this.find(packet, fragment) ?? this.begin(packet, fragment, anomalies);
    const from = fragment.offsetBytes;
    const to = from + (end - start);
    if (datagram.dead) return 'refused';
    // All but the last are a multiple of 8 long (RFC 791 §3.2), and what the snapshot length cut can never become whole.
    if (
      to > datagramLengthMaxBytes ||
      to === from ||
      (fragment.moreFollow && ((to - from) & 7) !== 0) ||
      end - start < packet.payloadLength
    ) {
      return this.kill(datagram, anomalies, to > datagramLengthMaxBytes ? 'ip.fragment-too-large' : 'ip.fragments-refused');
    }
    if (!this.reserve(datagram, to)) return this.kill(datagram, anomalies, 'ip.fragments-refused');
    if (!fragment.moreFollow) datagram.totalLength = to;
    if (!this.place(datagram, from, to, bytes, start, anomalies)) return this.kill(datagram, anomalies, 'ip.fragment-overlap');
    if (datagram.totalLength < 0 || datagram.rangesLength !== 2 || datagram.ranges[0] !== 0 || datagram.ranges[1] !== datagram.totalLength)
      return 'waiting';
    this.joined = datagram.buffer;
    this.joinedLength = datagram.totalLength;
    this.joinedProtocol = datagram.protocol;
    datagram.inUse = false;
    return 'whole';
  }

  private setOf(packet: Packet, fragment: FragmentInfo): number {
    let hash = Math.imul(fragment.identification ^ packet.srcD, 0x9e3779b1) ^ Math.imul(packet.dstD ^ (packet.srcB << 1), 0x85ebca6b);
    hash ^= hash >>> 15;
    return (Math.imul(hash, 0x2c1b3c6d) >>> 20) & (setsCount - 1);
  }

  private find(packet: Packet, fragment: FragmentInfo): Datagram | undefined {
    const first = this.setOf(packet, fragment) * waysCount;
    for (let way = 0; way < waysCount; way++) {
      const datagram = this.datagrams[first + way]!;
      if (datagram.matches(packet, fragment)) {
        if (packet.tsMicros - datagram.startedMicros <= lifetimeMicros) return datagram;
        datagram.inUse = false;
      }
    }
    return undefined;
  }

  private begin(packet: Packet, fragment: FragmentInfo, anomalies: AnomalyCounter): Datagram {
    const first = this.setOf(packet, fragment) * waysCount;
    let chosen = this.datagrams[first]!;
    for (let way = 0; way < waysCount; way++) {
      const datagram = this.datagrams[first + way]!;
      if (!datagram.inUse) {
        chosen = datagram;
        break;
      }
      if (datagram.startedMicros < chosen.startedMicros) chosen = datagram;
    }
    if (chosen.inUse) anomalies.count('ip.fragment-expired');
    this.release(chosen);
    chosen.inUse = true;
    chosen.dead = false;
    chosen.ipVersion = packet.ipVersion;
    chosen.protocol = packet.protocol;
    chosen.identification = fragment.identification;
    const own = chosen.addresses;
    own[0] = packet.srcA;
    own[1] = packet.srcB;
    own[2] = packet.srcC;
    own[3] = packet.srcD;
    own[4] = packet.dstA;
    own[5] = packet.dstB;
    own[6] = packet.dstC;
    own[7] = packet.dstD;
    chosen.startedMicros = packet.tsMicros;
    chosen.totalLength = -1;
    chosen.rangesLength = 0;
    return chosen;
  }

  /** Gives back a large buffer; a small one stays for the next datagram. */
  private release(datagram: Datagram): void {
    if (datagram.buffer.length <= bufferKeptBytes) return;
    this.bufferedBytes -= datagram.buffer.length;
    datagram.buffer = new Uint8Array(0);
  }

  private kill(
    datagram: Datagram,
    anomalies: AnomalyCounter,
    what: 'ip.fragment-overlap' | 'ip.fragment-too-large' | 'ip.fragments-refused',
  ): FragmentResult {
    anomalies.count(what);
    datagram.dead = true;
    datagram.rangesLength = 0;
    this.release(datagram);
    return 'refused';
  }

  private reserve(datagram: Datagram, lengthBytes: number): boolean {
    if (lengthBytes <= datagram.buffer.length) return true;
    let size = Math.max(bufferInitialBytes, datagram.buffer.length * 2);
    while (size < lengthBytes) size *= 2;
    if (this.bufferedBytes + size - datagram.buffer.length > bufferedMaxBytes) return false;
    const grown = new Uint8Array(size);
    grown.set(datagram.buffer);
    this.bufferedBytes += size - datagram.buffer.length;
    datagram.buffer = grown;
    return true;
  }

  /** Copies what is new of [from, to) and merges the ranges. False: the datagram is to be dropped. */
  private place(datagram: Datagram, from: number, to: number, bytes: Uint8Array, start: number, anomalies: AnomalyCounter): boolean {
    const ranges = datagram.ranges;
    const length = datagram.rangesLength;
    let index = 0;
    while (index < length && ranges[index + 1]! < from) index += 2;
    let mergedFrom = from;
    let mergedTo = to;
    let cursor = from;
    let last = index;
    for (; last < length && ranges[last]! <= to; last += 2) {
      const haveFrom = ranges[last]!;
      const haveTo = ranges[last + 1]!;
      if (haveFrom < to && haveTo > from) {
        if (haveFrom <= from && haveTo >= to) return true; // a repeat
        anomalies.count('ip.fragment-overlap');
        if (datagram.ipVersion === 6) return false;
      }
      if (haveFrom > cursor) datagram.buffer.set(bytes.subarray(start + cursor - from, start + haveFrom - from), cursor);
      cursor = Math.max(cursor, haveTo);
      mergedFrom = Math.min(mergedFrom, haveFrom);
      mergedTo = Math.max(mergedTo, haveTo);
    }
    if (cursor < to) datagram.buffer.set(bytes.subarray(start + cursor - from, start + to - from), cursor);
    const grown = length - (last - index) + 2;
    if (grown > ranges.length) return false;
    if (last < length && last - index !== 2) ranges.copyWithin(index + 2, last, length);
    ranges[index] = mergedFrom;
    ranges[index + 1] = mergedTo;
    datagram.rangesLength = grown;
    return true;
  }
}
