/** A flow's record as the `Connection` that events show. Copies numbers, judges nothing. */
import type { Packet } from '../decode/packet.ts';
import type { Connection } from './event.ts';
import * as record from './flow-record.ts';

/** Fills `connection` from the record at `slot`. */
export function fillFromRecord(connection: Connection, words: Int32Array, doubles: Float64Array, slot: number): void {
  const base = slot * record.wordsPerFlow;
  const half = base >> 1;
  const flags = words[base + record.wordFlags]!;
  const swapped = (flags & record.flagClientIsB) !== 0;
  const client = base + (swapped ? record.wordB : record.wordA);
  const server = base + (swapped ? record.wordA : record.wordB);
  const ports = words[base + record.wordPorts]!;
  const vlans = words[base + record.wordVlan]!;
  connection.flow = doubles[half + record.doubleSerial]!;
  connection.serverSpokeFirst = swapped;
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
}

function fillState(connection: Connection, flags: number): void {
  connection.watched = (flags & record.flagWatched) !== 0;
  connection.awaited = false;
  connection.answered = (flags & record.flagAnswered) !== 0;
  connection.exchanged = (flags & record.flagExchanged) !== 0;
  connection.established = (flags & (record.flagHandshake | record.flagExchanged)) !== 0;
  if ((flags & record.flagReset) !== 0) connection.state = 'reset';
  else if ((flags & record.bothFins) === record.bothFins) connection.state = 'closed';
  else connection.state = connection.established || connection.answered ? 'established' : 'new';
}

/** A packet by itself as a connection, for one whose flow has no record. `fromServer`: its own fields say that the sender is the server. */
export function fillFromPacket(connection: Connection, packet: Packet, fromServer: boolean): void {
  connection.flow = 0;
  connection.serverSpokeFirst = fromServer;
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
  connection.watched = connection.awaited = false;
  connection.answered = fromServer;
  connection.exchanged = connection.established = false;
  connection.state = 'new';
}

/** What the flow table knows of a conversation when its first payload comes. */
export interface ConversationStart {
  ports: readonly [a: number, b: number];
  /** Sequence numbers of the SYNs that were seen. */
  synA: number | undefined;
  synB: number | undefined;
}

export function startFromRecord(words: Int32Array, slot: number): ConversationStart {
  const base = slot << record.slotShift;
  const ports = words[base + record.wordPorts]!;
  const flags = words[base + record.wordFlags]!;
  return {
    ports: [ports >>> 16, ports & 0xffff],
    synA: (flags & record.flagSynA) === 0 ? undefined : words[base + record.wordSynA],
    synB: (flags & record.flagSynB) === 0 ? undefined : words[base + record.wordSynB],
  };
}
