/**
 * One UDP datagram in, the message in it out: DNS, multicast DNS, LLMNR, NetBIOS names and DHCP by their ports, DNS elsewhere by its
 * content. Names that machines give themselves go to the host table. QUIC, which needs several datagrams, is `quic-conversation.ts`.
 */
import { noBytes, Reader } from '../bytes/reader.ts';
import { decodeDhcpv4 } from '../decode/dhcp/dhcpv4.ts';
import { decodeDhcpv6 } from '../decode/dhcp/dhcpv6.ts';
import { type DnsMessage, decodeDns, looksLikeDns } from '../decode/dns/dns-message.ts';
import { decodeNbns } from '../decode/nbns/nbns.ts';
import type { Packet } from '../decode/packet.ts';
import type { HostTable } from './host-table.ts';
import type { MessageSink } from './message-sink.ts';

const portDns = 53;
const portDhcpServer = 67;
const portDhcpClient = 68;
const portNetbiosNames = 137;
const portDhcpv6Client = 546;
const portDhcpv6Server = 547;
const portMulticastDns = 5353; // RFC 6762 §3
const portLinkLocalNames = 5355; // RFC 4795 §2
const nbnsSuffixWorkstation = 0x00; // RFC 1002 leaves suffixes to the maker; 0 names a machine
const nbnsSuffixServer = 0x20;

export class UdpMessages {
  private readonly sink: MessageSink;
  private readonly hosts: HostTable;
  private readonly reader = new Reader(noBytes);

  constructor(sink: MessageSink, hosts: HostTable) {
    this.sink = sink;
    this.hosts = hosts;
  }

  /** Reads the datagram when its ports say what it is. False: they do not. */
  readByPort(slot: number, packet: Packet, fromA: boolean): boolean {
    const { srcPort, dstPort } = packet;
    const lower = srcPort < dstPort ? srcPort : dstPort;
    switch (lower) {
      case portDns:
        this.readDns(slot, packet, fromA);
        return true;
      case portDhcpServer:
      case portDhcpClient:
        this.readDhcpv4(slot, packet);
        return true;
      case portNetbiosNames:
        this.readNbns(packet);
        return true;
      case portDhcpv6Client:
      case portDhcpv6Server:
        this.readDhcpv6(slot, packet);
        return true;
      default:
        break;
    }
    if (isNamePort(srcPort) || isNamePort(dstPort)) {
      this.readDns(slot, packet, fromA);
      return true;
    }
    return false;
  }

  /** DNS on any other port, known by its content. */
  readByContent(slot: number, packet: Packet, fromA: boolean): boolean {
    if (!looksLikeDns(packet.bytes, packet.payloadStart, packet.payloadEnd)) return false;
    this.readDns(slot, packet, fromA);
    return true;
  }

  private open(packet: Packet): Reader {
    this.reader.reset(packet.bytes, packet.payloadStart, packet.payloadEnd);
    return this.reader;
  }

  private readDns(slot: number, packet: Packet, fromA: boolean): void {
    const message = decodeDns(this.open(packet));
    if (message.anomaly !== undefined) this.sink.anomaly(slot, message.anomaly);
    if (!message.questionsWhole || (message.questions.length === 0 && message.answers.length === 0)) return;
    this.sink.dns(slot, fromA, message);
    if (packet.srcPort === portMulticastDns && message.response) this.learnFromMulticast(packet, message);
  }

  /** RFC 6762 §10: a machine answers with its own name and addresses. Only the sender's own address is believed. */
  private learnFromMulticast(packet: Packet, message: DnsMessage): void {
    for (const { name, address } of message.answers) {
      if (address === undefined || !name.endsWith('.local')) continue;
      if (address.a === packet.srcA && address.b === packet.srcB && address.c === packet.srcC && address.d === packet.srcD)
        this.hosts.named(packet.srcA, packet.srcB, packet.srcC, packet.srcD, name.slice(0, -'.local'.length), packet.tsMicros);
    }
  }

  private readDhcpv4(slot: number, packet: Packet): void {
    const message = decodeDhcpv4(this.open(packet));
    if (message.anomaly !== undefined) this.sink.anomaly(slot, message.anomaly);
    if (message.mac === undefined) return;
    const name = message.hostname ?? message.fqdn;
    if (name !== undefined && packet.dstPort === portDhcpServer) this.hosts.namedByMac(message.mac, name);
    this.sink.dhcp(slot, message, packet.srcPort === portDhcpServer);
  }

  private readDhcpv6(slot: number, packet: Packet): void {
    const message = decodeDhcpv6(this.open(packet));
    if (message.anomaly !== undefined) this.sink.anomaly(slot, message.anomaly);
    if (message.mac === undefined && message.hostname === undefined) return;
    const name = message.hostname ?? message.fqdn;
    if (name !== undefined && message.mac !== undefined && packet.dstPort === portDhcpv6Server) this.hosts.namedByMac(message.mac, name);
    this.sink.dhcp(slot, message, packet.srcPort === portDhcpv6Server);
  }

  /** RFC 1002 §4.2.2: a machine registers its own name. */
  private readNbns(packet: Packet): void {
    const message = decodeNbns(this.open(packet));
    if (message === undefined || message.response || message.operation !== 'registration') return;
    if (message.suffix !== nbnsSuffixWorkstation && message.suffix !== nbnsSuffixServer) return;
    this.hosts.named(packet.srcA, packet.srcB, packet.srcC, packet.srcD, message.name, packet.tsMicros);
  }
}

function isNamePort(port: number): boolean {
  return port === portMulticastDns || port === portLinkLocalNames;
}
