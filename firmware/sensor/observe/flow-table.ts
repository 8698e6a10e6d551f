/**
 * Packets in, flows out: counts bytes and packets of every conversation and says when it starts, is answered, exchanges payload, ends.
 *
 * All flows lie in one block of memory of fixed size. At the cap a new flow takes the place of one that nobody ever answered (a SYN
 * flood then costs only its own flows); when there is none near the hand, the new flow is refused and counted, and its `start` is still
 * told, so that a known address is found in the middle of a flood. Time is the frames' own. It reads no payload.
 */
import { type Packet, protocolTcp, tcpAck, tcpFin, tcpRst, tcpSyn } from '../decode/packet.ts';
import { Connection, type FlowPhase } from './event.ts';
import * as record from './flow-record.ts';
import type { FlowOptions } from './options.ts';

export type FlowSink = (phase: FlowPhase, connection: Connection, tsMicros: number) => void;

/** How many records the hand looks at for one that may be replaced; a bound on the work for one packet of a flood. */
const handStepsMax = 16;
/** The table is swept in this many parts, one each second of frame time. */
const sweepParts = 16;
const sweepIntervalMicros = 1_000_000;
const bothSyns = record.flagSynA | record.flagSynB;
/** Ports below it belong to services (RFC 6335 §6); decides who is the client when a conversation was joined in the middle. */
const systemPortsEnd = 1024;

export class FlowTable {
  private readonly words: Int32Array;
  private readonly doubles: Float64Array;
  private readonly heads: Int32Array;
  private readonly free: Int32Array;
  private readonly options: FlowOptions;
  private readonly sink: FlowSink;
  private readonly released: (slot: number) => void;
  private readonly capacity: number;
  private readonly seed = (Math.random() * 0x1_0000_0000) | 0; // against chosen collisions; no result depends on it
  private readonly connection = new Connection();
  private freeCount: number;
  /** Records above it were never used, so a sweep leaves them alone. */
  private usedMax = 0;
  private hand = 0;
  private serial = 0;
  private sweepPart = 0;
  private sweptMicros = 0;
  /** Whether the packet given last came from side A. */
  fromA = true;
  refused = 0;
  /** Flows that gave way to newer ones while nobody had answered them. */
  replaced = 0;

  /** `released` hears of each slot that is given up, before it is used again. */
  constructor(options: FlowOptions, sink: FlowSink, released: (slot: number) => void) {
    this.options = options;
    this.sink = sink;
    this.released = released;
    this.capacity = options.flowsMax;
    const buffer = new ArrayBuffer(this.capacity * record.wordsPerFlow * 4);
    this.words = new Int32Array(buffer);
    this.doubles = new Float64Array(buffer);
    this.heads = new Int32Array(1 << (32 - Math.clz32(this.capacity - 1))).fill(-1);
    this.free = new Int32Array(this.capacity);
    for (let slot = 0; slot < this.capacity; slot++) this.free[slot] = this.capacity - 1 - slot;
    this.freeCount = this.capacity;
  }

  /** Flows begun so far. */
  get started(): number {
    return this.serial;
  }

  get live(): number {
    return this.capacity - this.freeCount;
  }

  /** Counts the packet in its flow, new or known. Returns the flow's slot, or -1 when there was no room for it. */
  update(packet: Packet): number {
    const hash = this.hashOf(packet);
    let slot = this.find(packet, hash);
    if (slot >= 0 && packet.protocol === protocolTcp && this.beginsAnew(slot, packet)) {
      this.end(slot);
      slot = -1;
    }
    if (slot < 0) {
      slot = this.begin(packet, hash);
      if (slot < 0) return -1;
    }
    const base = slot * record.wordsPerFlow;
    const half = base >> 1;
    this.doubles[half + record.doubleLast] = packet.tsMicros;
    if (this.fromA) {
      this.doubles[half + record.doubleBytesA]! += packet.ipLength;
      this.words[base + record.wordPacketsA]!++;
    } else {
      this.doubles[half + record.doubleBytesB]! += packet.ipLength;
      this.words[base + record.wordPacketsB]!++;
    }
    this.advance(slot, packet);
    return slot;
  }

  /** The same for both directions: the ends are added, not concatenated. */
  private hashOf(packet: Packet): number {
    const source = Math.imul(packet.srcD ^ Math.imul(packet.srcB ^ packet.srcA, 31) ^ packet.srcC, 0x9e3779b1) ^ (packet.srcPort << 8);
    const target = Math.imul(packet.dstD ^ Math.imul(packet.dstB ^ packet.dstA, 31) ^ packet.dstC, 0x9e3779b1) ^ (packet.dstPort << 8);
    let hash = Math.imul(source ^ (source >>> 15), 0x85ebca6b) + Math.imul(target ^ (target >>> 15), 0x85ebca6b) + packet.protocol;
    hash = Math.imul(hash ^ this.seed ^ (hash >>> 13), 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  }

  private find(packet: Packet, hash: number): number {
    const words = this.words;
    const forward = (packet.srcPort << 16) | packet.dstPort;
    const backward = (packet.dstPort << 16) | packet.srcPort;
    for (let slot = this.heads[hash & (this.heads.length - 1)]!; slot >= 0; slot = words[slot * record.wordsPerFlow]!) {
      const base = slot * record.wordsPerFlow;
      if (words[base + record.wordHash] !== hash || words[base + record.wordProtocol] !== packet.protocol) continue;
      const ports = words[base + record.wordPorts];
      if (ports === forward && this.isEnd(base + record.wordA, packet.srcA, packet.srcB, packet.srcC, packet.srcD)) {
        if (this.isEnd(base + record.wordB, packet.dstA, packet.dstB, packet.dstC, packet.dstD)) {
          this.fromA = true;
          return slot;
        }
      }
      if (ports === backward && this.isEnd(base + record.wordA, packet.dstA, packet.dstB, packet.dstC, packet.dstD)) {
        if (this.isEnd(base + record.wordB, packet.srcA, packet.srcB, packet.srcC, packet.srcD)) {
          this.fromA = false;
          return slot;
        }
      }
    }
    return -1;
  }

  private isEnd(at: number, a: number, b: number, c: number, d: number): boolean {
    const words = this.words;
    return words[at + 3] === d && words[at + 2] === c && words[at + 1] === b && words[at] === a;
  }

  /** A SYN on a conversation that was closed, reset, or has long been open belongs to the next one on the same ports. */
  private beginsAnew(slot: number, packet: Packet): boolean {
    if ((packet.tcpFlags & (tcpSyn | tcpAck)) !== tcpSyn) return false;
    const flags = this.words[slot * record.wordsPerFlow + record.wordFlags]!;
    return (flags & (record.flagFinA | record.flagFinB | record.flagReset | record.flagExchanged)) !== 0;
  }

  private begin(packet: Packet, hash: number): number {
    this.fromA = true;
    if (this.freeCount === 0) this.makeRoom();
    if (this.freeCount === 0) {
      this.refused++;
      this.tellRefused(packet);
      return -1;
    }
    const slot = this.free[--this.freeCount]!;
    if (slot >= this.usedMax) this.usedMax = slot + 1;
    this.fill(slot, packet, hash);
    this.tell('start', slot, packet.tsMicros);
    return slot;
  }

  private fill(slot: number, packet: Packet, hash: number): void {
    const { words, doubles } = this;
    const base = slot * record.wordsPerFlow;
    const bucket = hash & (this.heads.length - 1);
    words.fill(0, base, base + record.wordsPerFlow);
    words[base + record.wordNext] = this.heads[bucket]!;
    this.heads[bucket] = slot;
    words[base + record.wordHash] = hash;
    words[base + record.wordA] = packet.srcA;
    words[base + record.wordA + 1] = packet.srcB;
    words[base + record.wordA + 2] = packet.srcC;
    words[base + record.wordA + 3] = packet.srcD;
    words[base + record.wordB] = packet.dstA;
    words[base + record.wordB + 1] = packet.dstB;
    words[base + record.wordB + 2] = packet.dstC;
    words[base + record.wordB + 3] = packet.dstD;
    words[base + record.wordPorts] = (packet.srcPort << 16) | packet.dstPort;
    words[base + record.wordProtocol] = packet.protocol;
    words[base + record.wordFlags] = record.flagInUse | (isFromServer(packet) ? record.flagClientIsB : 0);
    words[base + record.wordVlan] = (packet.vlan + 1) | ((packet.vlanInner + 1) << 16);
    doubles[(base >> 1) + record.doubleStart] = packet.tsMicros;
    doubles[(base >> 1) + record.doubleSerial] = ++this.serial;
  }

  /** Takes TCP's flags and the payload into the flow's state, and tells of what that reached. */
  private advance(slot: number, packet: Packet): void {
    const at = slot * record.wordsPerFlow + record.wordFlags;
    const before = this.words[at]!;
    let flags = before;
    const fromA = this.fromA;
    const fromClient = fromA === ((flags & record.flagClientIsB) === 0);
    if (packet.payloadLength > 0) flags |= fromA ? record.flagPayloadA : record.flagPayloadB;
    if (packet.protocol === protocolTcp) {
      const tcpFlags = packet.tcpFlags;
      if ((tcpFlags & tcpSyn) !== 0) {
        flags |= fromA ? record.flagSynA : record.flagSynB;
        this.words[slot * record.wordsPerFlow + (fromA ? record.wordSynA : record.wordSynB)] = packet.tcpSequence;
      } else if (fromClient && (tcpFlags & tcpRst) === 0 && (flags & bothSyns) === bothSyns) flags |= record.flagHandshake;
      if ((tcpFlags & tcpFin) !== 0) flags |= fromA ? record.flagFinA : record.flagFinB;
      if ((tcpFlags & tcpRst) !== 0) flags |= record.flagReset;
      else if (!fromClient) flags |= record.flagAnswered;
    } else if (!fromClient) flags |= record.flagAnswered;
    if ((flags & record.flagPayloadA) !== 0 && (flags & record.flagPayloadB) !== 0) flags |= record.flagExchanged;
    if (flags === before) return;
    this.words[at] = flags;
    const reached = flags & ~before;
    if ((reached & record.flagAnswered) !== 0) this.tell('answered', slot, packet.tsMicros);
    if ((reached & record.flagExchanged) !== 0) this.tell('exchange', slot, packet.tsMicros);
  }

  /** Payload showed who is the client of a conversation that was joined in the middle. */
  setClient(slot: number, clientIsA: boolean): void {
    const at = slot * record.wordsPerFlow + record.wordFlags;
    if (clientIsA) this.words[at]! &= ~record.flagClientIsB;
    else this.words[at]! |= record.flagClientIsB;
  }

  /** Whether this side's payload was marked as of no further interest. */
  isRead(slot: number, sideA: boolean): boolean {
    return (this.words[slot * record.wordsPerFlow + record.wordFlags]! & (sideA ? record.flagReadA : record.flagReadB)) !== 0;
  }

  setRead(slot: number, sideA: boolean): void {
    this.words[slot * record.wordsPerFlow + record.wordFlags]! |= sideA ? record.flagReadA : record.flagReadB;
  }

  /** Packets so far from one side. */
  packetsFrom(slot: number, sideA: boolean): number {
    return this.words[slot * record.wordsPerFlow + (sideA ? record.wordPacketsA : record.wordPacketsB)]!;
  }

  /** Sequence number of the SYN that this side sent; undefined when none was seen. */
  synOf(slot: number, sideA: boolean): number | undefined {
    const base = slot * record.wordsPerFlow;
    if ((this.words[base + record.wordFlags]! & (sideA ? record.flagSynA : record.flagSynB)) === 0) return undefined;
    return this.words[base + (sideA ? record.wordSynA : record.wordSynB)];
  }

  portsOf(slot: number): readonly [a: number, b: number] {
    const ports = this.words[slot * record.wordsPerFlow + record.wordPorts]!;
    return [ports >>> 16, ports & 0xffff];
  }

  /** The flow as events show it, in the one object that is filled each time. */
  connectionOf(slot: number): Connection {
    const { words, doubles, connection } = this;
    const base = slot * record.wordsPerFlow;
    const half = base >> 1;
    const flags = words[base + record.wordFlags]!;
    const swapped = (flags & record.flagClientIsB) !== 0;
    const client = base + (swapped ? record.wordB : record.wordA);
    const server = base + (swapped ? record.wordA : record.wordB);
    const ports = words[base + record.wordPorts]!;
    const vlans = words[base + record.wordVlan]!;
    connection.flow = doubles[half + record.doubleSerial]!;
    connection.clientA = words[client]!;
    connection.clientB = words[client + 1]!;
    connection.clientC = words[client + 2]!;
    connection.clientD = words[client + 3]!;
    connection.serverA = words[server]!;
    connection.serverB = words[server + 1]!;
    connection.serverC = words[server + 2]!;
    connection.serverD = words[server + 3]!;
    connection.clientPort = swapped ? ports & 0xffff : ports >>> 16;
    connection.serverPort = swapped ? ports >>> 16 : ports & 0xffff;
    connection.protocol = words[base + record.wordProtocol]!;
    connection.vlan = (vlans & 0xffff) - 1;
    connection.vlanInner = (vlans >>> 16) - 1;
    connection.startMicros = doubles[half + record.doubleStart]!;
    connection.lastMicros = doubles[half + record.doubleLast]!;
    connection.bytesOut = doubles[half + (swapped ? record.doubleBytesB : record.doubleBytesA)]!;
    connection.bytesIn = doubles[half + (swapped ? record.doubleBytesA : record.doubleBytesB)]!;
    connection.packetsOut = words[base + (swapped ? record.wordPacketsB : record.wordPacketsA)]!;
    connection.packetsIn = words[base + (swapped ? record.wordPacketsA : record.wordPacketsB)]!;
    fillState(connection, flags);
    return connection;
  }

  private tell(phase: FlowPhase, slot: number, tsMicros: number): void {
    this.sink(phase, this.connectionOf(slot), tsMicros);
  }

  private tellRefused(packet: Packet): void {
    fillFromPacket(this.connection, packet, isFromServer(packet));
    this.sink('start', this.connection, packet.tsMicros);
  }

  /** Frees the first record near the hand that holds a flow without an answer. */
  private makeRoom(): void {
    for (let step = 0; step < handStepsMax; step++) {
      this.hand = this.hand + 1 >= this.capacity ? 0 : this.hand + 1;
      const flags = this.words[this.hand * record.wordsPerFlow + record.wordFlags]!;
      if ((flags & record.flagInUse) === 0 || (flags & (record.flagAnswered | record.flagHandshake)) !== 0) continue;
      this.replaced++;
      this.end(this.hand);
      return;
    }
  }

  /** Ends what has been quiet too long. Call with the time of every frame; does something once a second of it. */
  sweep(nowMicros: number): void {
    const elapsed = nowMicros - this.sweptMicros;
    if (elapsed < sweepIntervalMicros) return;
    this.sweptMicros = nowMicros;
    const parts = Math.min(sweepParts, Math.floor(elapsed / sweepIntervalMicros));
    const size = Math.ceil(this.usedMax / sweepParts);
    for (let part = 0; part < parts; part++) {
      this.sweepPart = (this.sweepPart + 1) % sweepParts;
      const from = this.sweepPart * size;
      this.sweepRecords(from, Math.min(this.usedMax, from + size), nowMicros);
    }
  }

  private sweepRecords(from: number, to: number, nowMicros: number): void {
    for (let slot = from; slot < to; slot++) {
      const base = slot * record.wordsPerFlow;
      const flags = this.words[base + record.wordFlags]!;
      if ((flags & record.flagInUse) === 0) continue;
      const quietMicros = nowMicros - this.doubles[(base >> 1) + record.doubleLast]!;
      if (quietMicros > this.timeoutMicros(flags, this.words[base + record.wordProtocol]!)) this.end(slot);
    }
  }

  private timeoutMicros(flags: number, protocol: number): number {
    const { closedTimeoutS, unansweredTimeoutS, tcpTimeoutS, otherTimeoutS } = this.options;
    const closed = (flags & record.flagReset) !== 0 || ((flags & record.flagFinA) !== 0 && (flags & record.flagFinB) !== 0);
    if (closed) return closedTimeoutS * 1e6;
    if ((flags & record.flagAnswered) === 0) return unansweredTimeoutS * 1e6;
    return (protocol === protocolTcp ? tcpTimeoutS : otherTimeoutS) * 1e6;
  }

  /** Ends every flow: the capture is over. */
  flush(): void {
    for (let slot = 0; slot < this.usedMax; slot++) {
      if ((this.words[slot * record.wordsPerFlow + record.wordFlags]! & record.flagInUse) !== 0) this.end(slot);
    }
  }

  private end(slot: number): void {
    const { words } = this;
    const base = slot * record.wordsPerFlow;
    this.released(slot);
    this.tell('end', slot, this.doubles[(base >> 1) + record.doubleLast]!);
    const bucket = words[base + record.wordHash]! & (this.heads.length - 1);
    const next = words[base + record.wordNext]!;
    if (this.heads[bucket] === slot) this.heads[bucket] = next;
    else {
      let before = this.heads[bucket]!;
      while (words[before * record.wordsPerFlow + record.wordNext] !== slot)
        before = words[before * record.wordsPerFlow + record.wordNext]!;
      words[before * record.wordsPerFlow + record.wordNext] = next;
    }
    words[base + record.wordFlags] = 0;
    this.free[this.freeCount++] = slot;
  }
}

/** Whether the first packet seen of a flow comes from its server: a SYN-ACK, or from a service's port to one that is none. */
function isFromServer(packet: Packet): boolean {
  if (packet.protocol === protocolTcp) {
    const handshake = packet.tcpFlags & (tcpSyn | tcpAck);
    if ((handshake & tcpSyn) !== 0) return handshake === (tcpSyn | tcpAck);
    return packet.srcPort < packet.dstPort;
  }
  return packet.srcPort < systemPortsEnd && packet.dstPort >= systemPortsEnd;
}

function fillState(connection: Connection, flags: number): void {
  connection.answered = (flags & record.flagAnswered) !== 0;
  connection.exchanged = (flags & record.flagExchanged) !== 0;
  connection.established = (flags & (record.flagHandshake | record.flagExchanged)) !== 0;
  if ((flags & record.flagReset) !== 0) connection.state = 'reset';
  else if ((flags & record.flagFinA) !== 0 && (flags & record.flagFinB) !== 0) connection.state = 'closed';
  else connection.state = connection.established || connection.answered ? 'established' : 'new';
}

/** A packet by itself as a connection, for one whose flow has no record. `fromServer`: its own fields say that the sender is the server. */
export function fillFromPacket(connection: Connection, packet: Packet, fromServer: boolean): void {
  connection.flow = 0;
  connection.clientA = fromServer ? packet.dstA : packet.srcA;
  connection.clientB = fromServer ? packet.dstB : packet.srcB;
  connection.clientC = fromServer ? packet.dstC : packet.srcC;
  connection.clientD = fromServer ? packet.dstD : packet.srcD;
  connection.serverA = fromServer ? packet.srcA : packet.dstA;
  connection.serverB = fromServer ? packet.srcB : packet.dstB;
  connection.serverC = fromServer ? packet.srcC : packet.dstC;
  connection.serverD = fromServer ? packet.srcD : packet.dstD;
  connection.clientPort = fromServer ? packet.dstPort : packet.srcPort;
  connection.serverPort = fromServer ? packet.srcPort : packet.dstPort;
  connection.protocol = packet.protocol;
  connection.vlan = packet.vlan;
  connection.vlanInner = packet.vlanInner;
  connection.startMicros = connection.lastMicros = packet.tsMicros;
  connection.bytesOut = fromServer ? 0 : packet.ipLength;
  connection.bytesIn = fromServer ? packet.ipLength : 0;
  connection.packetsOut = fromServer ? 0 : 1;
  connection.packetsIn = fromServer ? 1 : 0;
  connection.answered = fromServer;
  connection.exchanged = connection.established = false;
  connection.state = 'new';
}
