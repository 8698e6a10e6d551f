/**
 * One IP packet as the decoders leave it: addresses and ports as numbers, the payload as a place in the frame's bytes.
 * A single object is filled again for every packet; whoever keeps something copies it. It decodes nothing itself.
 */

export const protocolIcmp = 1; // IANA protocol numbers
export const protocolTcp = 6;
export const protocolUdp = 17;
export const protocolIcmpv6 = 58;
export const protocolSctp = 132;

/** RFC 9293 §3.1 */
export const tcpFin = 0x01;
export const tcpSyn = 0x02;
export const tcpRst = 0x04;
export const tcpAck = 0x10;

export const noVlan = -1;

export class Packet {
  tsMicros = 0;
  /** The frame's bytes, or the buffer in which fragments were put together. */
  bytes: Uint8Array = new Uint8Array(0);

  // Link layer: hardware addresses of the innermost Ethernet header; `hasMac` false where there was none.
  hasMac = false;
  srcMacHigh = 0;
  srcMacLow = 0;
  vlan = noVlan;
  /** The second tag of a QinQ frame. */
  vlanInner = noVlan;

  // Network layer. Addresses are signed 32-bit words, IPv4 as ::ffff:a.b.c.d.
  ipVersion = 0;
  srcA = 0;
  srcB = 0;
  srcC = 0;
  srcD = 0;
  dstA = 0;
  dstB = 0;
  dstC = 0;
  dstD = 0;
  protocol = 0;
  /** Bytes of the whole IP packet on the wire, headers included. */
  ipLength = 0;
  /** How many IP headers lie around this one. */
  tunnelDepth = 0;
  /** A tunnel's outer packet: counted, but its payload is handed on as a packet of its own. */
  carriesPacket = false;

  // Transport layer; for ICMP the ports hold the type and the type of its answer, or type and code where none is due.
  srcPort = 0;
  dstPort = 0;
  tcpFlags = 0;
  tcpSequence = 0;
  tcpAcknowledgement = 0;
  /** Captured payload: `bytes[payloadStart, payloadEnd)`. */
  payloadStart = 0;
  payloadEnd = 0;
  /** Payload on the wire; larger than what was captured where the snapshot length cut it. */
  payloadLength = 0;
}
