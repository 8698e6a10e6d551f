/**
 * Packets in, flows out: counts bytes and packets of every conversation and says when it starts, is answered, exchanges payload, ends.
 *
 * All flows lie in one block of memory of fixed size. At the cap a new flow takes the place of one that nobody ever answered (a SYN
 * flood then costs only its own flows); when there is none near the hand, the new flow is refused and counted, and its `start` is still
 * told, so that a known address is found in the middle of a flood. Time is the frames' own. It reads no payload.
 */
import { type Packet, tcpAck, tcpSyn } from '../decode/packet.ts';
import { Connection, type FlowPhase } from './event.ts';
import { type ConversationStart, fillFromPacket, fillFromRecord, startFromRecord } from './flow-connection.ts';
import { hashOf, isFromA, isFromB, writeEnds } from './flow-ends.ts';
import { beginsAnew, firstFlags, flagsAfter, flagsWithClient, isFromServer, isUnanswered, timeoutMicros } from './flow-flags.ts';
import { FlowIndex } from './flow-index.ts';
import * as record from './flow-record.ts';
import type { FlowOptions } from './options.ts';
import { TrafficLedger } from './traffic-ledger.ts';
import { WaitingFlows } from './waiting-flows.ts';

export interface FlowSink {
  flowPhase(phase: FlowPhase, connection: Connection, tsMicros: number): void;
  /** The packet in hand is the first answer of its flow. */
  answered(packet: Packet): void;
  /** The slot is given up; it may be used again at once. */
  released(slot: number): void;
}

/** How many records the hand looks at for one that may be replaced; a bound on the work for one packet of a flood. */
const handStepsMax = 16;
/** The table is swept in this many parts, one each second of frame time. */
const sweepParts = 16;
const sweepIntervalMicros = 1_000_000;

export class FlowTable {
  readonly traffic = new TrafficLedger();
  private readonly words: Int32Array;
  private readonly doubles: Float64Array;
  private readonly index: FlowIndex;
  private readonly waiting: WaitingFlows;
  private readonly free: Int32Array;
  private readonly options: FlowOptions;
  private readonly sink: FlowSink;
  private readonly tellsAll: boolean;
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

  /** `tellsAll`: every phase of every flow is told, watched or not. */
  constructor(options: FlowOptions, sink: FlowSink, tellsAll: boolean) {
    this.options = options;
    this.sink = sink;
    this.tellsAll = tellsAll;
    this.capacity = options.flowsMax;
    const buffer = new ArrayBuffer(this.capacity * record.wordsPerFlow * 4);
    this.words = new Int32Array(buffer);
    this.doubles = new Float64Array(buffer);
    this.index = new FlowIndex(this.capacity);
    this.waiting = new WaitingFlows(this.capacity);
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
    const hash = hashOf(packet, this.seed);
    let slot = this.find(packet, hash);
    if (slot >= 0 && (packet.tcpFlags & (tcpSyn | tcpAck)) === tcpSyn && beginsAnew(this.flagsOf(slot))) {
      this.end(slot);
      slot = -1;
    }
    if (slot < 0) {
      slot = this.begin(packet, hash);
      if (slot < 0) return -1;
    }
    const base = slot << record.slotShift;
    const half = base >> 1;
    const { words, doubles, fromA } = this;
    doubles[half + record.doubleLast] = packet.tsMicros;
    if (fromA) {
      doubles[half + record.doubleBytesA]! += packet.ipLength;
      words[base + record.wordPacketsA]!++;
    } else {
      doubles[half + record.doubleBytesB]! += packet.ipLength;
      words[base + record.wordPacketsB]!++;
    }
    const before = words[base + record.wordFlags]!;
    const flags = flagsAfter(before, packet, fromA);
    if (flags !== before) this.advance(slot, before, flags, packet);
    return slot;
  }

  private find(packet: Packet, hash: number): number {
    const { index } = this;
    let slot = index.first(hash);
    while (slot >= 0 && !this.isOf(slot, packet)) slot = index.after(slot, hash);
    return slot;
  }

  /** Whether the packet belongs to this flow; `fromA` then says from which side it comes. */
  private isOf(slot: number, packet: Packet): boolean {
    const { words } = this;
    const base = slot << record.slotShift;
    if (words[base + record.wordProtocol] !== packet.protocol) return false;
    this.fromA = isFromA(words, base, packet);
    return this.fromA || isFromB(words, base, packet);
  }

  private flagsOf(slot: number): number {
    return this.words[(slot << record.slotShift) + record.wordFlags]!;
  }

  private begin(packet: Packet, hash: number): number {
    this.fromA = true;
    this.giveWay();
    if (this.freeCount === 0) this.makeRoom();
    if (this.freeCount === 0) {
      this.refused++;
      this.tellRefused(packet);
      return -1;
    }
    const slot = this.free[--this.freeCount]!;
    if (slot >= this.usedMax) this.usedMax = slot + 1;
    this.fill(slot, packet, hash);
    this.waiting.put(slot, this.serial);
    this.tell('start', slot, packet.tsMicros);
    return slot;
  }

  private fill(slot: number, packet: Packet, hash: number): void {
    const { words, doubles } = this;
    const base = slot << record.slotShift;
    const half = base >> 1;
    this.index.insert(slot, hash);
    writeEnds(words, base, packet);
    words[base + record.wordFlags] = firstFlags(packet);
    words[base + record.wordVlan] = (packet.vlan + 1) | ((packet.vlanInner + 1) << 16);
    words[base + record.wordPacketsA] = 0;
    words[base + record.wordPacketsB] = 0;
    doubles[half + record.doubleBytesA] = 0;
    doubles[half + record.doubleBytesB] = 0;
    doubles[half + record.doubleTaken] = 0;
    doubles[half + record.doubleStart] = packet.tsMicros;
    doubles[half + record.doubleSerial] = ++this.serial;
  }

  /** Writes the new flags and tells of what was reached. */
  private advance(slot: number, before: number, flags: number, packet: Packet): void {
    const base = slot << record.slotShift;
    this.words[base + record.wordFlags] = flags;
    const reached = flags & ~before;
    if ((reached & record.bothSyns) !== 0) this.words[base + (this.fromA ? record.wordSynA : record.wordSynB)] = packet.tcpSequence;
    const isTold = this.isTold(flags);
    if ((reached & record.flagAnswered) !== 0) {
      this.sink.answered(packet);
      if (isTold || (flags & record.flagAwaited) !== 0) this.tell('answered', slot, packet.tsMicros);
    }
    if (isTold && (reached & record.flagExchanged) !== 0) this.tell('exchange', slot, packet.tsMicros);
  }

  /** Payload showed who is the client of a conversation that was joined in the middle. */
  setClient(slot: number, clientIsA: boolean): void {
    const { words } = this;
    const base = slot << record.slotShift;
    const before = words[base + record.wordFlags]!;
    const flags = flagsWithClient(before, clientIsA, words[base + record.wordPacketsA]!, words[base + record.wordPacketsB]!);
    words[base + record.wordFlags] = flags;
  }

  /** Whether this side's payload was marked as of no further interest. */
  isRead(slot: number, sideA: boolean): boolean {
    return (this.flagsOf(slot) & (sideA ? record.flagReadA : record.flagReadB)) !== 0;
  }

  setRead(slot: number, sideA: boolean): void {
    this.mark(slot, sideA ? record.flagReadA : record.flagReadB);
  }

  /** Packets so far from one side. */
  packetsFrom(slot: number, sideA: boolean): number {
    return this.words[(slot << record.slotShift) + (sideA ? record.wordPacketsA : record.wordPacketsB)]!;
  }

  /** What is known of a conversation when its first payload comes. */
  startOf(slot: number): ConversationStart {
    return startFromRecord(this.words, slot);
  }

  /** The flow as events show it, in the one object that is filled each time. */
  connectionOf(slot: number): Connection {
    fillFromRecord(this.connection, this.words, this.doubles, slot);
    return this.connection;
  }

  /** Phases after the start are told of watched flows only: most flows are nobody's concern. */
  private isTold(flags: number): boolean {
    return this.tellsAll || (flags & record.flagWatched) !== 0;
  }

  private tell(phase: FlowPhase, slot: number, tsMicros: number): void {
    const connection = this.connectionOf(slot);
    this.sink.flowPhase(phase, connection, tsMicros);
    if (connection.watched) this.mark(slot, record.flagWatched);
    if (connection.awaited) this.mark(slot, record.flagAwaited);
  }

  /** Sets flags of `flow-record.ts` that are not the table's own. */
  mark(slot: number, flags: number): void {
    this.words[(slot << record.slotShift) + record.wordFlags]! |= flags;
  }

  private tellRefused(packet: Packet): void {
    fillFromPacket(this.connection, packet, isFromServer(packet));
    this.sink.flowPhase('start', this.connection, packet.tsMicros);
  }

  /** Ends the flow that has waited behind enough newer ones, if nobody has answered it yet. */
  private giveWay(): void {
    const { slot } = this.waiting;
    if (slot < 0 || !isUnanswered(this.flagsOf(slot))) return;
    if ((this.doubles[(slot << (record.slotShift - 1)) + record.doubleSerial]! | 0) !== this.waiting.serial) return;
    this.replaced++;
    this.end(slot);
  }

  /** Frees the first record near the hand that holds a flow without an answer. */
  private makeRoom(): void {
    for (let step = 0; step < handStepsMax; step++) {
      this.hand = this.hand + 1 >= this.capacity ? 0 : this.hand + 1;
      if (!isUnanswered(this.flagsOf(this.hand))) continue;
      this.replaced++;
      this.end(this.hand);
      return;
    }
  }

  /** Ends what has been quiet too long. Call with the time of every frame; does something once a second of it. */
  sweep(nowMicros: number): void {
    const elapsed = nowMicros - this.sweptMicros;
    // A clock that was set back begins a new count.
    if (elapsed >= 0 && elapsed < sweepIntervalMicros) return;
    this.sweptMicros = nowMicros;
    const parts = Math.min(sweepParts, Math.max(1, Math.floor(elapsed / sweepIntervalMicros)));
    const size = Math.ceil(this.usedMax / sweepParts);
    for (let part = 0; part < parts; part++) {
      this.sweepPart = (this.sweepPart + 1) % sweepParts;
      const from = this.sweepPart * size;
      this.sweepRecords(from, Math.min(this.usedMax, from + size), nowMicros);
    }
  }

  private sweepRecords(from: number, to: number, nowMicros: number): void {
    for (let slot = from; slot < to; slot++) {
      const base = slot << record.slotShift;
      const flags = this.words[base + record.wordFlags]!;
      if ((flags & record.flagInUse) === 0) continue;
      const quietMicros = nowMicros - this.doubles[(base >> 1) + record.doubleLast]!;
      if (quietMicros > timeoutMicros(flags, this.words[base + record.wordProtocol]!, this.options)) this.end(slot);
      else this.traffic.take(this.words, this.doubles, slot);
    }
  }

  /** Ends every flow: the capture is over. */
  flush(): void {
    for (let slot = 0; slot < this.usedMax; slot++) {
      if ((this.flagsOf(slot) & record.flagInUse) !== 0) this.end(slot);
    }
  }

  private end(slot: number): void {
    const base = slot << record.slotShift;
    this.sink.released(slot);
    this.traffic.end(this.words, this.doubles, slot);
    const flags = this.words[base + record.wordFlags]!;
    if (this.isTold(flags)) this.tell('end', slot, this.doubles[(base >> 1) + record.doubleLast]!);
    this.index.remove(slot);
    this.words[base + record.wordFlags] = 0;
    this.free[this.freeCount++] = slot;
  }
}
