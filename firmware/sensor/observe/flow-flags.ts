/**
 * What one more packet, or better knowledge of who is the client, makes of a flow's flags. The record they stand in is the flow table's.
 */
import { type Packet, protocolTcp, tcpAck, tcpFin, tcpRst, tcpSyn } from '../decode/packet.ts';
import * as record from './flow-record.ts';
import type { FlowOptions } from './options.ts';

/** Ports below it belong to services (RFC 6335 §6); decides who is the client when a conversation was joined in the middle. */
const systemPortsEnd = 1024;

/** The flags of a flow that begins with this packet, before it is taken in. */
export function firstFlags(packet: Packet): number {
  return record.flagInUse | (isFromServer(packet) ? record.flagClientIsB : 0) | (packet.carriesPacket ? record.flagCarrier : 0);
}

/** A SYN on a conversation that was closed, reset, or has long been open belongs to the next one on the same ports. */
export function beginsAnew(flags: number): boolean {
  return (flags & (record.bothFins | record.flagReset | record.flagExchanged)) !== 0;
}

/** A flow that gives way where there is no room. */
export function isUnanswered(flags: number): boolean {
  return (flags & (record.flagInUse | record.flagAnswered | record.flagHandshake)) === record.flagInUse;
}

/** A flow's flags after one more packet: payload and TCP's flags taken in. */
export function flagsAfter(before: number, packet: Packet, fromA: boolean): number {
  let flags = before;
  const fromClient = fromA === ((flags & record.flagClientIsB) === 0);
  if (packet.payloadLength > 0) flags |= fromA ? record.flagPayloadA : record.flagPayloadB;
  const { tcpFlags } = packet;
  if ((tcpFlags & (tcpSyn | tcpFin | tcpRst)) !== 0) {
    if ((tcpFlags & tcpSyn) !== 0) flags |= fromA ? record.flagSynA : record.flagSynB;
    if ((tcpFlags & tcpFin) !== 0) flags |= fromA ? record.flagFinA : record.flagFinB;
    if ((tcpFlags & tcpRst) !== 0) return flags | record.flagReset;
  } else if (fromClient && (flags & record.bothSyns) === record.bothSyns) flags |= record.flagHandshake;
  flags |= fromA ? record.flagSpokeA : record.flagSpokeB;
  if ((flags & record.bothSpoke) === record.bothSpoke) flags |= record.flagAnswered;
  return (flags & record.bothPayloads) === record.bothPayloads ? flags | record.flagExchanged : flags;
}

/** The flags once it is known who is the client. An acknowledged handshake takes two packets of the client: it is judged anew. */
export function flagsWithClient(before: number, clientIsA: boolean, packetsA: number, packetsB: number): number {
  if (((before & record.flagClientIsB) === 0) === clientIsA) return before;
  const flags = before ^ record.flagClientIsB;
  return (clientIsA ? packetsA : packetsB) > 1 ? flags : flags & ~record.flagHandshake;
}

/** Whether the first packet seen of a flow comes from its server: a SYN-ACK, or from a service's port to one that is none. */
export function isFromServer(packet: Packet): boolean {
  if (packet.protocol === protocolTcp) {
    const handshake = packet.tcpFlags & (tcpSyn | tcpAck);
    if ((handshake & tcpSyn) !== 0) return handshake === (tcpSyn | tcpAck);
    return packet.srcPort < packet.dstPort;
  }
  return packet.srcPort < systemPortsEnd && packet.dstPort >= systemPortsEnd;
}

/** How long a flow in this state may be silent, in microseconds. */
export function timeoutMicros(flags: number, protocol: number, options: FlowOptions): number {
  const { closedTimeoutS, unansweredTimeoutS, tcpTimeoutS, otherTimeoutS } = options;
  if ((flags & record.flagReset) !== 0 || (flags & record.bothFins) === record.bothFins) return closedTimeoutS * 1e6;
  if ((flags & record.flagAnswered) === 0) return unansweredTimeoutS * 1e6;
  return (protocol === protocolTcp ? tcpTimeoutS : otherTimeoutS) * 1e6;
}
