/**
 * Finds the packet inside a packet: IP-in-IP, 6in4, GRE, ERSPAN I-III, VXLAN, GENEVE, Teredo. Moves the reader to the inner header and
 * says what it is; the frame decoder goes round again. A datagram that only looks like a tunnel is left alone.
 */
import type { Reader } from '../bytes/reader.ts';
import type { AnomalyCounter } from './anomaly.ts';
import { protocolGre, protocolIPv6, protocolIpInIp } from './ip.ts';
import { decodeInnerEthernet, etherTypeBridging, etherTypeIPv4, etherTypeIPv6, nothingInside } from './link.ts';
import { noVlan, type Packet, protocolUdp } from './packet.ts';

const portVxlan = 4789; // RFC 7348 §5
const portVxlanLinux = 8472; // the Linux kernel's default before the assignment
const portGeneve = 6081; // RFC 8926 §3.3
const portTeredo = 3544; // RFC 4380 §2.7

const etherTypeErspan = 0x88be; // ERSPAN types I and II, draft-foschiano-erspan-03
const etherTypeErspan3 = 0x22eb;
const etherTypePpp = 0x880b;

/** Whether the payload at which `reader` stands is a tunnel: by protocol, or by UDP port and what the first bytes must be. */
export function isTunnel(reader: Reader, packet: Packet): boolean {
  switch (packet.protocol) {
    case protocolIpInIp:
    case protocolIPv6:
    case protocolGre:
      return true;
    case protocolUdp:
      return isUdpTunnel(reader, packet);
    default:
      return false;
  }
}

/** Ports at which a datagram may hold a packet: such a one is looked at more closely. */
export function isTunnelPort(port: number): boolean {
  return port === portVxlan || port === portVxlanLinux || port === portGeneve || port === portTeredo;
}

function isUdpTunnel(reader: Reader, packet: Packet): boolean {
  if (packet.dstPort === portTeredo || packet.srcPort === portTeredo) return teredoHeaderBytes(reader) >= 0;
  // Both RFCs ask for a source port from the dynamic range: a reply from a well-known service is none.
  if (packet.srcPort < 1024 || reader.remaining < 8) return false;
  switch (packet.dstPort) {
    case portVxlan:
    case portVxlanLinux:
      return (reader.peek() & 0x7f) === 0x08 && reader.peek(7) === 0; // RFC 7348 §5: I flag set, reserved bits clear (0x80 is group policy)
    case portGeneve:
      return reader.peek() >> 6 === 0 && (reader.peek(1) & 0x3f) === 0; // RFC 8926 §3.4: version 0, reserved bits clear
    default:
      return false;
  }
}

/** Leaves `reader` at the inner network header and returns its EtherType; `nothingInside` when there is no packet inside. */
export function decodeTunnel(reader: Reader, packet: Packet, anomalies: AnomalyCounter): number {
  switch (packet.protocol) {
    case protocolIpInIp:
      return etherTypeIPv4;
    case protocolIPv6:
      return etherTypeIPv6;
    case protocolGre:
      return decodeGre(reader, packet, anomalies);
    default:
      if (packet.dstPort === portGeneve) return decodeGeneve(reader, packet, anomalies);
      if (packet.dstPort === portTeredo || packet.srcPort === portTeredo) return decodeTeredo(reader);
      return decodeVxlan(reader, packet, anomalies);
  }
}

/** RFC 2784 §2.1, RFC 2890 §2, RFC 2637 §4.1 (version 1, PPTP). */
function decodeGre(reader: Reader, packet: Packet, anomalies: AnomalyCounter): number {
  const flags = reader.u16();
  const etherType = reader.u16();
  const hasSequence = (flags & 0x1000) !== 0;
  if ((flags & 7) === 1) {
    reader.skip(4 + (hasSequence ? 4 : 0) + ((flags & 0x80) !== 0 ? 4 : 0));
    return etherType === etherTypePpp ? decodePptp(reader) : nothingInside;
  }
  if ((flags & 0xc000) !== 0) reader.skip(4); // checksum or routing: checksum and offset are there
  if ((flags & 0x2000) !== 0) reader.skip(4); // key
  if (hasSequence) reader.skip(4);
  if ((flags & 0x4000) !== 0) skipSourceRoutes(reader);
  switch (etherType) {
    case etherTypeErspan:
      return decodeErspan(reader, packet, hasSequence ? 6 : -1, anomalies); // type I has neither sequence nor header
    case etherTypeErspan3: {
      const hasSubheader = (reader.peek(11) & 1) === 1; // O bit: a platform specific sub-header follows
      return decodeErspan(reader, packet, hasSubheader ? 18 : 10, anomalies);
    }
    case etherTypeBridging:
      return decodeInnerEthernet(reader, packet, anomalies);
    case etherTypeIPv4:
    case etherTypeIPv6:
      return etherType;
    default:
      return nothingInside;
  }
}

/** Version and VLAN come first, then `restBytes` more of the header; -1: there is no header. The VLAN counts where the mirrored frame has lost its tag. */
function decodeErspan(reader: Reader, packet: Packet, restBytes: number, anomalies: AnomalyCounter): number {
  const vlan = restBytes < 0 ? 0 : reader.u16() & 0x0fff;
  if (restBytes > 0) reader.skip(restBytes);
  const inner = decodeInnerEthernet(reader, packet, anomalies);
  if (packet.vlan === noVlan && vlan !== 0) packet.vlan = vlan;
  return inner;
}

const sourceRoutesMax = 8; // RFC 1701 §1 sets none; real packets have none at all

function skipSourceRoutes(reader: Reader): void {
  for (let route = 0; route < sourceRoutesMax && !reader.failed; route++) {
    reader.skip(3);
    const length = reader.u8();
    if (length === 0) return;
    reader.skip(length);
  }
}

function decodePptp(reader: Reader): number {
  if (reader.peek16() === 0xff03) reader.skip(2);
  const protocol = (reader.peek() & 1) === 1 ? reader.u8() : reader.u16();
  if (protocol === 0x0021) return etherTypeIPv4;
  return protocol === 0x0057 ? etherTypeIPv6 : nothingInside;
}

function decodeVxlan(reader: Reader, packet: Packet, anomalies: AnomalyCounter): number {
  reader.skip(8);
  return decodeInnerEthernet(reader, packet, anomalies);
}

/** RFC 8926 §3.4: option length in 4-byte units, protocol type, 4 bytes of network identifier. */
function decodeGeneve(reader: Reader, packet: Packet, anomalies: AnomalyCounter): number {
  const versionAndLength = reader.u8();
  reader.skip(1);
  const etherType = reader.u16();
  reader.skip(4 + (versionAndLength & 0x3f) * 4);
  if (etherType === etherTypeBridging) return decodeInnerEthernet(reader, packet, anomalies);
  return etherType === etherTypeIPv4 || etherType === etherTypeIPv6 ? etherType : nothingInside;
}

const ipv6HeaderBytes = 40;

/** RFC 4380 §5.1.1: optional authentication (00 01) and origin (00 00) indications, then an IPv6 packet that fills the datagram. -1: it does not. */
function teredoHeaderBytes(reader: Reader): number {
  let at = 0;
  if (reader.peek16() === 0x0001) at = 4 + reader.peek(2) + reader.peek(3) + 9; // lengths of client id and value, then nonce and confirmation
  if (reader.peek16(at) === 0x0000) at += 8;
  const left = reader.remaining - at;
  return reader.peek(at) >> 4 === 6 && left >= ipv6HeaderBytes && reader.peek16(at + 4) + ipv6HeaderBytes <= left ? at : -1;
}

function decodeTeredo(reader: Reader): number {
  reader.skip(teredoHeaderBytes(reader));
  return etherTypeIPv6;
}
