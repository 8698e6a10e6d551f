/**
 * IPv4 (RFC 791) and IPv6 (RFC 8200) headers into a packet: addresses, protocol, where the payload lies, and whether it is a fragment.
 * Narrows the reader to the packet's own length. Putting fragments together is `fragments.ts`.
 */
import { mappedWord } from '../bytes/address.ts';
import type { Reader } from '../bytes/reader.ts';
import type { AnomalyCounter } from './anomaly.ts';
import type { Packet } from './packet.ts';

export const protocolIpInIp = 4;
export const protocolIPv6 = 41;
export const protocolGre = 47;

const hopByHop = 0; // RFC 8200 §4.1 and the IANA list of extension header types
const routing = 43;
const fragmentHeader = 44;
const authentication = 51;
const destinationOptions = 60;
const mobility = 135;
const hostIdentity = 139;
const shim6 = 140;

const extensionHeadersMax = 16; // RFC 8504 §5.3 lets a host refuse more than 8
const ipv4HeaderLengthBytes = 20;
const ipv6HeaderLengthBytes = 40;

/** What of an IP header only the fragment table needs. Filled again for every packet. */
export class FragmentInfo {
  isFragment = false;
  identification = 0;
  offsetBytes = 0;
  moreFollow = false;
}

/** False when there is nothing to go on with. Leaves the reader at the payload, cut to it. */
export function decodeIPv4(reader: Reader, packet: Packet, fragment: FragmentInfo, anomalies: AnomalyCounter): boolean {
  const start = reader.position;
  const versionAndLength = reader.u8();
  const headerLength = (versionAndLength & 15) << 2;
  reader.skip(1); // type of service
  let totalLength = reader.u16();
  fragment.identification = reader.u16();
  const flagsAndOffset = reader.u16();
  reader.skip(1); // time to live
  packet.protocol = reader.u8();
  reader.skip(2); // checksum: a mirror port sees frames before the card fills it in
  packet.srcD = reader.i32();
  packet.dstD = reader.i32();
  if (reader.failed) return refuse(anomalies, 'ip.truncated');
  if (versionAndLength >> 4 !== 4) return refuse(anomalies, 'ip.bad-version');
  if (headerLength < ipv4HeaderLengthBytes) return refuse(anomalies, 'ip.bad-header-length');
  // Segmentation offload leaves 0 where the card would have written the length; then the frame's own end counts.
  if (totalLength === 0) totalLength = reader.end - start;
  if (totalLength < headerLength) return refuse(anomalies, 'ip.bad-total-length');
  packet.ipVersion = 4;
  packet.srcA = packet.srcB = packet.dstA = packet.dstB = 0;
  packet.srcC = packet.dstC = mappedWord;
  packet.ipLength = totalLength;
  reader.skip(headerLength - ipv4HeaderLengthBytes);
  if (reader.failed) return refuse(anomalies, 'ip.truncated');
  packet.payloadLength = totalLength - headerLength;
  cutTo(reader, start + totalLength);
  fragment.isFragment = (flagsAndOffset & 0x3fff) !== 0; // RFC 791 §3.1: more-fragments flag and offset
  fragment.moreFollow = (flagsAndOffset & 0x2000) !== 0;
  fragment.offsetBytes = (flagsAndOffset & 0x1fff) << 3;
  return true;
}

/** As `decodeIPv4`; goes through the extension headers to the upper layer, or to the fragment header's payload. */
export function decodeIPv6(reader: Reader, packet: Packet, fragment: FragmentInfo, anomalies: AnomalyCounter): boolean {
  const start = reader.position;
  const version = reader.i32() >>> 28;
  const declaredLength = reader.u16();
  const nextHeader = reader.u8();
  reader.skip(1); // hop limit
  packet.srcA = reader.i32();
  packet.srcB = reader.i32();
  packet.srcC = reader.i32();
  packet.srcD = reader.i32();
  packet.dstA = reader.i32();
  packet.dstB = reader.i32();
  packet.dstC = reader.i32();
  packet.dstD = reader.i32();
  if (reader.failed) return refuse(anomalies, 'ip.truncated');
  if (version !== 6) return refuse(anomalies, 'ip.bad-version');
  packet.ipVersion = 6;
  fragment.isFragment = false;
  // A length of 0 is a jumbogram (RFC 2675) or offload: the frame's own end counts.
  const payloadLength = declaredLength === 0 ? reader.remaining : declaredLength;
  packet.ipLength = ipv6HeaderLengthBytes + payloadLength;
  cutTo(reader, start + packet.ipLength);
  return decodeExtensions(reader, packet, fragment, nextHeader, start + packet.ipLength, anomalies);
}

function decodeExtensions(
  reader: Reader,
  packet: Packet,
  fragment: FragmentInfo,
  first: number,
  wireEnd: number,
  anomalies: AnomalyCounter,
): boolean {
  let nextHeader = first;
  for (let headers = 0; headers <= extensionHeadersMax; headers++) {
    packet.protocol = nextHeader;
    packet.payloadLength = wireEnd - reader.position;
    switch (nextHeader) {
      case hopByHop:
      case routing:
      case destinationOptions:
      case mobility:
      case hostIdentity:
      case shim6:
        nextHeader = reader.u8();
        reader.skip(reader.u8() * 8 + 6); // RFC 8200 §4.2: length in 8-byte units, the first not counted
        break;
      case authentication:
        nextHeader = reader.u8();
        reader.skip((reader.u8() + 2) * 4 - 2); // RFC 4302 §2.2: length in 4-byte units less 2
        break;
      case fragmentHeader:
        nextHeader = reader.u8();
        reader.skip(1);
        fragment.offsetBytes = reader.u16();
        fragment.identification = reader.i32();
        fragment.moreFollow = (fragment.offsetBytes & 1) === 1;
        fragment.offsetBytes &= 0xfff8;
        // RFC 6946: an atomic fragment is whole by itself.
        if (!fragment.moreFollow && fragment.offsetBytes === 0) break;
        if (reader.failed) return refuse(anomalies, 'ip.truncated');
        fragment.isFragment = true;
        packet.protocol = nextHeader;
        packet.payloadLength = wireEnd - reader.position;
        return true;
      default:
        return true;
    }
    if (reader.failed) return refuse(anomalies, 'ip.truncated');
  }
  return refuse(anomalies, 'ip.too-many-extensions');
}

/** Extension headers left in a datagram that was put together from fragments (RFC 8200 §4.5: those after the fragment header). */
export function decodeJoinedIPv6(reader: Reader, packet: Packet, fragment: FragmentInfo, anomalies: AnomalyCounter): boolean {
  fragment.isFragment = false;
  return decodeExtensions(reader, packet, fragment, packet.protocol, reader.end, anomalies) && !fragment.isFragment;
}

/** Ethernet padding lies behind the packet's own end and is not part of it. */
function cutTo(reader: Reader, end: number): void {
  if (end < reader.end) reader.end = end;
}

function refuse(
  anomalies: AnomalyCounter,
  what: 'ip.truncated' | 'ip.bad-version' | 'ip.bad-header-length' | 'ip.bad-total-length' | 'ip.too-many-extensions',
): false {
  anomalies.count(what);
  return false;
}
