/** TCP (RFC 9293), UDP (RFC 768), SCTP (RFC 9260), ICMP (RFC 792) and ICMPv6 (RFC 4443) headers into a packet. Joins nothing and reads no payload. */
import type { Reader } from '../bytes/reader.ts';
import type { AnomalyCounter } from './anomaly.ts';
import { type Packet, protocolIcmp, protocolIcmpv6, protocolSctp, protocolTcp, protocolUdp } from './packet.ts';

const tcpHeaderLengthBytes = 20;
const udpHeaderLengthBytes = 8;

/** `reader` stands at the transport header and ends with the packet. A short header leaves ports at 0, no payload, and false. */
export function decodeTransport(reader: Reader, packet: Packet, anomalies: AnomalyCounter): boolean {
  packet.srcPort = packet.dstPort = packet.tcpFlags = 0;
  const start = reader.position;
  switch (packet.protocol) {
    case protocolTcp:
      if (!decodeTcp(reader, packet, anomalies)) return false;
      break;
    case protocolUdp:
      if (!decodeUdp(reader, packet, anomalies)) return false;
      break;
    case protocolIcmp:
      decodeIcmp(reader, packet, icmpReplies);
      break;
    case protocolIcmpv6:
      decodeIcmp(reader, packet, icmpv6Replies);
      break;
    case protocolSctp:
      packet.srcPort = reader.u16(); // RFC 9260 §3.1
      packet.dstPort = reader.u16();
      reader.skip(8); // verification tag and checksum
      break;
    default:
      break;
  }
  packet.payloadStart = reader.position;
  packet.payloadEnd = reader.end;
  packet.payloadLength = Math.max(0, packet.payloadLength - (reader.position - start));
  if (reader.failed) anomalies.count('transport.truncated');
  return !reader.failed;
}

/** Questions and their answers: RFC 792, RFC 950, RFC 1256; RFC 4443, RFC 4861, RFC 2710. */
export const icmpReplies = bothWays([8, 0], [13, 14], [15, 16], [17, 18], [10, 9]);
export const icmpv6Replies = bothWays([128, 129], [133, 134], [135, 136], [130, 131], [139, 140], [144, 145]);

function bothWays(...pairs: readonly (readonly [asked: number, answered: number])[]): ReadonlyMap<number, number> {
  return new Map(pairs.flatMap(([asked, answered]) => [[asked, answered] as const, [answered, asked] as const]));
}

/** Types stand for ports, so that an answer is the other direction of its question; a message that has no answer keeps type and code. */
function decodeIcmp(reader: Reader, packet: Packet, replies: ReadonlyMap<number, number>): void {
  packet.srcPort = reader.u8();
  const code = reader.u8();
  packet.dstPort = replies.get(packet.srcPort) ?? code;
  reader.skip(2); // checksum
}

function decodeTcp(reader: Reader, packet: Packet, anomalies: AnomalyCounter): boolean {
  packet.srcPort = reader.u16();
  packet.dstPort = reader.u16();
  packet.tcpSequence = reader.i32();
  packet.tcpAcknowledgement = reader.i32();
  const offsetAndFlags = reader.u16();
  reader.skip(6); // window, checksum, urgent pointer
  const headerLength = (offsetAndFlags >> 12) << 2;
  if (reader.failed) return stop(reader, packet, anomalies, 'transport.truncated');
  if (headerLength < tcpHeaderLengthBytes || headerLength > packet.payloadLength)
    return stop(reader, packet, anomalies, 'transport.bad-header-length');
  packet.tcpFlags = offsetAndFlags & 0xff;
  reader.skip(headerLength - tcpHeaderLengthBytes);
  return true;
}

function decodeUdp(reader: Reader, packet: Packet, anomalies: AnomalyCounter): boolean {
  packet.srcPort = reader.u16();
  packet.dstPort = reader.u16();
  const length = reader.u16();
  reader.skip(2); // checksum
  if (reader.failed) return stop(reader, packet, anomalies, 'transport.truncated');
  // 0 means "as long as the IP packet" in jumbograms (RFC 2675 §4) and under segmentation offload.
  if (length === 0) return true;
  if (length < udpHeaderLengthBytes || length > packet.payloadLength) return stop(reader, packet, anomalies, 'transport.bad-length');
  packet.payloadLength = length;
  const end = reader.position - udpHeaderLengthBytes + length;
  if (end < reader.end) reader.end = end;
  return true;
}

/** Keeps the ports that were read, drops the payload: what follows a broken header is nobody's message. */
function stop(
  reader: Reader,
  packet: Packet,
  anomalies: AnomalyCounter,
  what: 'transport.truncated' | 'transport.bad-header-length' | 'transport.bad-length',
): false {
  anomalies.count(what);
  packet.payloadStart = packet.payloadEnd = reader.end;
  packet.payloadLength = 0;
  return false;
}
