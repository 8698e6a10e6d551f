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
/** All buffers together. 512 datagrams of usual size fit; 64 KiB ones are an attack or NFS, and 64 of those fit. */
const bufferedMaxBytes = 4 * 1024 * 1024;
/** With all of that in use, every datagram is looked at for having expired, but no more often than this: a flood would have it done for each packet. */
const collectIntervalMicros = 1_000_000;
const rangesMax = 64; // a datagram of 64 KiB over an MTU of 1,280 has 52 fragments

class Datagram {
  dead = false;
  ipVersion = 0;
  protocol = 0;
  identification = 0;
  readonly addresses = new Int32Array(8);
  buffer = new Uint8Array(0);
  /** Length of the whole, once the last fragment was seen; -1 before. */
  totalLength = -1;
  /** Disjoint, sorted: [start, end, start, end …), the first `rangesLength` entries. */
  readonly ranges = new Int32Array(rangesMax * 2);
  rangesLength = 0;

  matches(packet: Packet, fragment: FragmentInfo): boolean {
    const own = this.addresses;
    return (
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

/** Key of a place without a datagram; no datagram has it. */
const noKey = 0;

export class FragmentTable {
  private readonly datagrams = Array.from({ length: setsCount * waysCount }, () => new Datagram());
  /** By datagram, apart from it: the few of a set lie side by side, so that most fragments of a flood meet no other datagram than their own. */
  private readonly keys = new Int32Array(setsCount * waysCount);
  private readonly startedMicros = new Float64Array(setsCount * waysCount);
  private bufferedBytes = 0;
  private collectedMicros = Number.NEGATIVE_INFINITY;
  /** Whose bytes `joined` are. */
  private whole: Datagram | undefined;
  /** The payload of the datagram that has just become whole. */
  joined: Uint8Array = new Uint8Array(0);
  joinedLength = 0;
  /** Upper-layer protocol, from the fragment that came first. */
  joinedProtocol = 0;

  /** Takes the fragment whose payload is `bytes[start, end)`. */
  add(packet: Packet, fragment: FragmentInfo, bytes: Uint8Array, start: number, end: number, anomalies: AnomalyCounter): FragmentResult {
    if (this.whole !== undefined) this.forget(this.whole);
    const key = keyOf(packet, fragment);
    const found = this.find(packet, fragment, key);
    const at = found < 0 ? this.begin(packet, fragment, key, anomalies) : found;
    const datagram = this.datagrams[at]!;
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
    if (!this.reserve(datagram, to, packet.tsMicros)) return this.kill(datagram, anomalies, 'ip.fragments-refused');
    if (!fragment.moreFollow) datagram.totalLength = to;
    if (!this.place(datagram, from, to, bytes, start, anomalies)) return this.kill(datagram, anomalies, 'ip.fragment-overlap');
    if (datagram.totalLength < 0 || datagram.rangesLength !== 2 || datagram.ranges[0] !== 0 || datagram.ranges[1] !== datagram.totalLength)
      return 'waiting';
    this.joined = datagram.buffer;
    this.joinedLength = datagram.totalLength;
    this.joinedProtocol = datagram.protocol;
    this.keys[at] = noKey;
    this.whole = datagram;
    return 'whole';
  }

  /** Index of the fragment's datagram; -1 when this is its first fragment, or the others are too old. */
  private find(packet: Packet, fragment: FragmentInfo, key: number): number {
    const first = firstOf(key);
    for (let at = first; at < first + waysCount; at++) {
      if (this.keys[at] !== key || !this.datagrams[at]!.matches(packet, fragment)) continue;
      if (packet.tsMicros - this.startedMicros[at]! <= lifetimeMicros) return at;
      this.keys[at] = noKey;
    }
    return -1;
  }

  /** Index of a datagram begun anew. */
  private begin(packet: Packet, fragment: FragmentInfo, key: number, anomalies: AnomalyCounter): number {
    const { keys, startedMicros } = this;
    const first = firstOf(key);
    let at = first;
    for (let other = first; other < first + waysCount; other++) {
      if (keys[other] === noKey) {
        at = other;
        break;
      }
      if (startedMicros[other]! < startedMicros[at]!) at = other;
    }
    if (keys[at] !== noKey) anomalies.count('ip.fragment-expired');
    keys[at] = key;
    startedMicros[at] = packet.tsMicros;
    const chosen = this.datagrams[at]!;
    this.release(chosen);
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
    chosen.totalLength = -1;
    chosen.rangesLength = 0;
    return at;
  }

  /** Gives back a large buffer; a small one stays for the next datagram. */
  private release(datagram: Datagram): void {
    if (datagram.buffer.length <= bufferKeptBytes) return;
    this.bufferedBytes -= datagram.buffer.length;
    datagram.buffer = new Uint8Array(0);
  }

  private forget(whole: Datagram): void {
    this.release(whole);
    this.whole = undefined;
  }

  /** Gives back what expired datagrams hold. */
  private collect(nowMicros: number): void {
    if (Math.abs(nowMicros - this.collectedMicros) < collectIntervalMicros) return;
    this.collectedMicros = nowMicros;
    for (const [at, datagram] of this.datagrams.entries()) {
      if (nowMicros - this.startedMicros[at]! <= lifetimeMicros) continue;
      this.keys[at] = noKey;
      this.release(datagram);
    }
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

  private reserve(datagram: Datagram, lengthBytes: number, nowMicros: number): boolean {
    if (lengthBytes <= datagram.buffer.length) return true;
    let size = Math.max(bufferInitialBytes, datagram.buffer.length * 2);
    while (size < lengthBytes) size *= 2;
    const more = size - datagram.buffer.length;
    if (this.bufferedBytes + more > bufferedMaxBytes) this.collect(nowMicros);
    if (this.bufferedBytes + more > bufferedMaxBytes) return false;
    const grown = new Uint8Array(size);
    grown.set(datagram.buffer);
    this.bufferedBytes += more;
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

/** Never 0; the set is in its upper bits. */
function keyOf(packet: Packet, fragment: FragmentInfo): number {
  let hash = Math.imul(fragment.identification ^ packet.srcD, 0x9e3779b1) ^ Math.imul(packet.dstD ^ (packet.srcB << 1), 0x85ebca6b);
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) | 1;
}

/** Index of the first place in the key's set. */
function firstOf(key: number): number {
  return ((key >>> 20) & (setsCount - 1)) * waysCount;
}
