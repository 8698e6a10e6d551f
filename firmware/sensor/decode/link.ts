/**
 * The link layer of a frame: from the capture's link type down to the EtherType of what is inside, with every tag on the way
 * taken off (VLAN, QinQ, MPLS, PPPoE, LLC/SNAP). Notes hardware addresses and VLANs in the packet; does not look into IP.
 */
import type { Reader } from '../bytes/reader.ts';
import type { AnomalyCounter } from './anomaly.ts';
import { noVlan, type Packet } from './packet.ts';

export const etherTypeIPv4 = 0x0800; // IEEE 802 numbers, as assigned by IANA
export const etherTypeArp = 0x0806;
export const etherTypeIPv6 = 0x86dd;
export const etherTypeBridging = 0x6558; // transparent Ethernet bridging, RFC 1701
const etherTypeVlan = 0x8100;
const etherTypeServiceVlan = 0x88a8; // IEEE 802.1ad
const etherTypeOldQinQ = 0x9100;
const etherTypeOlderQinQ = 0x9200;
const etherTypeMpls = 0x8847;
const etherTypeMplsMulticast = 0x8848;
const etherTypePppoeSession = 0x8864;
const etherTypeSmallest = 0x0600; // IEEE 802.3 §3.2.6: below it the field is a length

/** Not an EtherType: the frame holds nothing that this sensor reads. */
export const nothingInside = 0;

const tagsMax = 8; // two VLAN tags, PPPoE and a few MPLS labels are real; more is an attack on the decoder

const linkNull = 0; // https://www.tcpdump.org/linktypes.html
export const linkEthernet = 1;
const linkPpp = 9;
const linkRawBsd = 12;
const linkRawOpenBsd = 14;
const linkPppSerial = 50;
const linkPppEthernet = 51;
const linkRaw = 101;
const linkCiscoHdlc = 104;
const linkLoop = 108;
const linkLinuxSll = 113;
const linkIPv4 = 228;
const linkIPv6 = 229;
const linkLinuxSll2 = 276;

const supported: ReadonlySet<number> = new Set([
  linkNull,
  linkEthernet,
  linkPpp,
  linkRawBsd,
  linkRawOpenBsd,
  linkPppSerial,
  linkPppEthernet,
  linkRaw,
  linkCiscoHdlc,
  linkLoop,
  linkLinuxSll,
  linkIPv4,
  linkIPv6,
  linkLinuxSll2,
]);

export function isSupportedLinkType(linkType: number): boolean {
  return supported.has(linkType);
}

/** Leaves `reader` at the network header and returns its EtherType, or `nothingInside`. */
export function decodeLink(reader: Reader, packet: Packet, linkType: number, anomalies: AnomalyCounter): number {
  packet.hasMac = false;
  packet.vlan = noVlan;
  packet.vlanInner = noVlan;
  let etherType: number;
  if (linkType === linkEthernet) etherType = decodeEthernet(reader, packet);
  else etherType = decodeOther(reader, packet, linkType, anomalies);
  if (etherType !== etherTypeIPv4 && etherType !== etherTypeIPv6) etherType = decodeTags(reader, packet, etherType, anomalies);
  if (reader.failed) anomalies.count('link.truncated');
  return reader.failed ? nothingInside : etherType;
}

/** An Ethernet frame inside a tunnel: its hardware addresses and tags replace the outer ones. */
export function decodeInnerEthernet(reader: Reader, packet: Packet, anomalies: AnomalyCounter): number {
  return decodeLink(reader, packet, linkEthernet, anomalies);
}

function decodeEthernet(reader: Reader, packet: Packet): number {
  reader.skip(6); // destination
  packet.srcMacHigh = reader.u16();
  packet.srcMacLow = reader.i32();
  packet.hasMac = !reader.failed;
  return reader.u16();
}

function decodeOther(reader: Reader, packet: Packet, linkType: number, anomalies: AnomalyCounter): number {
  switch (linkType) {
    case linkNull:
    case linkLoop:
      return decodeLoopback(reader);
    case linkRaw:
    case linkRawBsd:
    case linkRawOpenBsd:
    case linkIPv4:
    case linkIPv6:
      return etherTypeOfVersion(reader);
    case linkLinuxSll:
      return decodeLinuxCooked(reader, packet);
    case linkLinuxSll2:
      return decodeLinuxCooked2(reader, packet);
    case linkPpp:
    case linkPppSerial:
      return decodePpp(reader);
    case linkPppEthernet:
      return decodePppoe(reader);
    case linkCiscoHdlc:
      reader.skip(2); // address and control
      return reader.u16();
    default:
      anomalies.count('link.unknown-type');
      return nothingInside;
  }
}

/** From the version nibble, for links without a header of their own and for MPLS, which names no protocol. */
export function etherTypeOfVersion(reader: Reader): number {
  const version = reader.peek() >> 4;
  if (version === 4) return etherTypeIPv4;
  return version === 6 ? etherTypeIPv6 : nothingInside;
}

/** The family field is in the byte order of the capturing host and its IPv6 values differ by system, so the version decides. */
function decodeLoopback(reader: Reader): number {
  reader.skip(4);
  return etherTypeOfVersion(reader);
}

/** LINKTYPE_LINUX_SLL: packet type, hardware type, address length, 8 bytes of address, protocol. */
function decodeLinuxCooked(reader: Reader, packet: Packet): number {
  reader.skip(4);
  readCookedAddress(reader, packet, reader.u16());
  return decodeCookedProtocol(reader, reader.u16());
}

/** LINKTYPE_LINUX_SLL2: protocol first, then interface index, hardware type, packet type, address length, 8 bytes of address. */
function decodeLinuxCooked2(reader: Reader, packet: Packet): number {
  const etherType = reader.u16();
  reader.skip(9);
  readCookedAddress(reader, packet, reader.u8());
  return decodeCookedProtocol(reader, etherType);
}

const cookedLlc = 4; // LINKTYPE_LINUX_SLL: an 802.2 header follows

function decodeCookedProtocol(reader: Reader, protocol: number): number {
  return protocol === cookedLlc ? decodeLlc(reader) : protocol;
}

function readCookedAddress(reader: Reader, packet: Packet, addressLength: number): void {
  packet.srcMacHigh = reader.u16();
  packet.srcMacLow = reader.i32();
  packet.hasMac = addressLength === 6 && !reader.failed;
  reader.skip(2);
}

/** RFC 1661 §2, RFC 1662 §3.1: address and control may be left out, and the protocol field may be one byte (its low bit set). */
function decodePpp(reader: Reader): number {
  if (reader.peek16() === 0xff03) reader.skip(2);
  const first = reader.u8();
  const protocol = (first & 1) === 1 ? first : (first << 8) | reader.u8();
  switch (protocol) {
    case 0x0021:
      return etherTypeIPv4;
    case 0x0057:
      return etherTypeIPv6;
    case 0x0281:
      return etherTypeMpls;
    default:
      return nothingInside;
  }
}

/** RFC 2516 §4: version and type, code (0 for session data), session id, length; then PPP, cut to that length. */
function decodePppoe(reader: Reader): number {
  const versionAndType = reader.u8();
  const code = reader.u8();
  reader.skip(2);
  const length = reader.u16();
  if (versionAndType !== 0x11 || code !== 0) return nothingInside;
  if (length < reader.remaining) reader.end = reader.position + length;
  return decodePpp(reader);
}

/** IEEE 802.3: a value below 0x600 is a length, and an LLC header follows; SNAP in it carries an EtherType again. */
function decodeLengthOrType(reader: Reader, value: number): number {
  if (value >= etherTypeSmallest) return value;
  if (value < reader.remaining && value > 0) reader.end = reader.position + value;
  return decodeLlc(reader);
}

function decodeLlc(reader: Reader): number {
  const services = reader.peek16();
  if (services === 0x0606) {
    reader.skip(3); // DSAP, SSAP, control: IP straight in LLC, RFC 948
    return etherTypeIPv4;
  }
  if (services !== 0xaaaa) return nothingInside;
  reader.skip(3);
  const organisation = reader.u24();
  const etherType = reader.u16();
  return organisation === 0 || organisation === 0x0000f8 ? etherType : nothingInside;
}

function decodeTags(reader: Reader, packet: Packet, first: number, anomalies: AnomalyCounter): number {
  let etherType = first;
  for (let tags = 0; tags < tagsMax && !reader.failed; tags++) {
    switch (etherType) {
      case etherTypeVlan:
      case etherTypeServiceVlan:
      case etherTypeOldQinQ:
      case etherTypeOlderQinQ: {
        const id = reader.u16() & 0x0fff; // IEEE 802.1Q §9.6: priority and DEI above it
        if (packet.vlan === noVlan) packet.vlan = id;
        else if (packet.vlanInner === noVlan) packet.vlanInner = id;
        etherType = reader.u16();
        break;
      }
      case etherTypeMpls:
      case etherTypeMplsMulticast:
        etherType = decodeMpls(reader, packet);
        break;
      case etherTypePppoeSession:
        etherType = decodePppoe(reader);
        break;
      case etherTypeBridging:
        etherType = decodeEthernet(reader, packet);
        break;
      default:
        if (etherType >= etherTypeSmallest || etherType === nothingInside) return etherType;
        etherType = decodeLengthOrType(reader, etherType);
        if (etherType < etherTypeSmallest) return nothingInside;
    }
  }
  if (!reader.failed) anomalies.count('link.too-many-tags');
  return nothingInside;
}

const mplsLabelsMax = 16;

/** RFC 3032 §2.1: labels up to the bottom of the stack. Then IP, or Ethernet behind an optional control word (RFC 4448 §4). */
function decodeMpls(reader: Reader, packet: Packet): number {
  for (let label = 0; label < mplsLabelsMax && !reader.failed; label++) {
    const entry = reader.i32();
    if ((entry & 0x100) === 0) continue;
    const inner = etherTypeOfVersion(reader);
    if (inner !== nothingInside) return inner;
    if (hasControlWord(reader)) reader.skip(4);
    return decodeEthernet(reader, packet);
  }
  return nothingInside;
}

/**
 * RFC 4448 §4.6: a control word begins with four zero bits, but so may a hardware address. The EtherType behind tells: where it stands
 * without a control word, there is none.
 */
function hasControlWord(reader: Reader): boolean {
  return reader.peek() >> 4 === 0 && !innerTypes.has(reader.peek16(12));
}

const innerTypes: ReadonlySet<number> = new Set([etherTypeIPv4, etherTypeArp, etherTypeIPv6, etherTypeVlan, etherTypeServiceVlan]);
