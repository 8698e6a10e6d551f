/**
 * A frame in, its IP packets out: link layer, IP, fragments put together, tunnels opened, transport header. One packet object is
 * filled again and again; a tunnel's outer packet is given first, then what is inside. Reads no application payload.
 */
import { FixedFields, noBytes, Reader } from '../bytes/reader.ts';
import type { Frame } from '../capture/frame.ts';
import type { AnomalyCounter } from './anomaly.ts';
import { decodeCommonFrame } from './common-frame.ts';
import { FragmentTable } from './fragments.ts';
import { decodeIPv4, decodeIPv6, decodeJoinedIPv6, FragmentInfo } from './ip.ts';
import { decodeLink, etherTypeArp, etherTypeIPv4, etherTypeIPv6, linkEthernet, nothingInside } from './link.ts';
import { Packet } from './packet.ts';
import { decodeTransport } from './transport.ts';
import { decodeTunnel, isTunnel } from './tunnel.ts';

/** Mirror, VXLAN, GRE and 6in4 may lie in one another; deeper is an attack on the decoder. */
const tunnelDepthMax = 6;

/** Takes what the frames hold. */
export interface PacketConsumer {
  /** Each packet; the outer one of a tunnel first. */
  packet(packet: Packet): void;
  /** An ARP packet (RFC 826) names its sender: `packet` has the hardware address and VLAN, the word is the IPv4 address. */
  arp(packet: Packet, senderWord: number): void;
}

export class FrameDecoder {
  private readonly reader = new Reader(noBytes);
  private readonly packet = new Packet();
  private readonly fields = new FixedFields();
  private readonly fragment = new FragmentInfo();
  private readonly fragments = new FragmentTable();
  private readonly consumer: PacketConsumer;
  private readonly anomalies: AnomalyCounter;
  /** Frames that held no IP packet or ARP: spanning tree, LLDP, … */
  framesNotIp = 0;

  constructor(consumer: PacketConsumer, anomalies: AnomalyCounter) {
    this.consumer = consumer;
    this.anomalies = anomalies;
  }

  decode(frame: Frame): void {
    const { packet, fields } = this;
    packet.tsMicros = frame.tsMicros;
    if (frame.linkType === linkEthernet) {
      fields.reset(frame.bytes, frame.start, frame.end);
      if (decodeCommonFrame(fields, packet, frame.bytes, frame.start)) {
        this.consumer.packet(packet);
        return;
      }
    }
    this.decodeLayers(frame);
  }

  /** The way for every frame. Public, so that a test can hold the short way for common ones to it. */
  decodeLayers(frame: Frame): void {
    const { reader, packet } = this;
    reader.reset(frame.bytes, frame.start, frame.end);
    packet.tsMicros = frame.tsMicros;
    packet.bytes = frame.bytes;
    packet.tunnelDepth = 0;
    let etherType = decodeLink(reader, packet, frame.linkType, this.anomalies);
    if (etherType === etherTypeArp) this.decodeArp();
    else if (etherType !== etherTypeIPv4 && etherType !== etherTypeIPv6) this.framesNotIp++;
    while (etherType === etherTypeIPv4 || etherType === etherTypeIPv6) etherType = this.decodePacket(etherType);
  }

  /** Gives one packet to the sink; returns the EtherType of the packet inside it, at which the reader then stands. */
  private decodePacket(etherType: number): number {
    const { reader, packet, fragment, anomalies } = this;
    const understood =
      etherType === etherTypeIPv4 ? decodeIPv4(reader, packet, fragment, anomalies) : decodeIPv6(reader, packet, fragment, anomalies);
    if (!understood) return nothingInside;
    if (fragment.isFragment && !this.join()) return nothingInside;
    const whole = decodeTransport(reader, packet, anomalies);
    packet.carriesPacket = whole && isTunnel(reader, packet);
    if (packet.carriesPacket && packet.tunnelDepth >= tunnelDepthMax) {
      anomalies.count('tunnel.too-deep');
      packet.carriesPacket = false;
    }
    this.consumer.packet(packet);
    if (!packet.carriesPacket) return nothingInside;
    packet.tunnelDepth++;
    const inner = decodeTunnel(reader, packet, anomalies);
    if (reader.failed) anomalies.count('tunnel.truncated');
    return reader.failed ? nothingInside : inner;
  }

  /** True when the fragment made its datagram whole: the reader then stands in the joined bytes. */
  private join(): boolean {
    const { reader, packet, fragment, fragments, anomalies } = this;
    const headerLength = packet.ipLength - packet.payloadLength;
    if (fragments.add(packet, fragment, reader.bytes, reader.position, reader.end, anomalies) !== 'whole') return false;
    reader.reset(fragments.joined, 0, fragments.joinedLength);
    packet.bytes = fragments.joined;
    packet.protocol = fragments.joinedProtocol;
    packet.payloadLength = fragments.joinedLength;
    packet.ipLength = headerLength + fragments.joinedLength;
    return packet.ipVersion === 4 || decodeJoinedIPv6(reader, packet, fragment, anomalies);
  }

  /** RFC 826: Ethernet (1) and IPv4 (0x0800), lengths 6 and 4; then operation, sender's hardware and protocol address. */
  private decodeArp(): void {
    const { reader, packet } = this;
    const hardwareAndProtocol = reader.i32();
    const lengths = reader.u16();
    reader.skip(2);
    if (hardwareAndProtocol !== 0x00010800 || lengths !== 0x0604) return;
    packet.srcMacHigh = reader.u16();
    packet.srcMacLow = reader.i32();
    const senderWord = reader.i32();
    packet.hasMac = true;
    if (!reader.failed && senderWord !== 0) this.consumer.arp(packet, senderWord);
  }
}
