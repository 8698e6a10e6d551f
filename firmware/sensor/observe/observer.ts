/**
 * Packets in, events out: keeps the flows, reads the first messages of their payload, learns the machines on the LAN. Holds all state
 * of the observing stage, every part of it bounded. It judges nothing.
 */
import { mappedWord } from '../bytes/address.ts';
import { NetworkSet } from '../bytes/network.ts';
import type { Anomaly, AnomalyCounter } from '../decode/anomaly.ts';
import type { DhcpMessage } from '../decode/dhcp/dhcpv4.ts';
import type { DnsMessage } from '../decode/dns/dns-message.ts';
import type { PacketConsumer } from '../decode/frame-decoder.ts';
import type { HttpRequest, HttpResponse, HttpSink } from '../decode/http/http-message.ts';
import { type Packet, protocolTcp, protocolUdp } from '../decode/packet.ts';
import { looksLikeQuicInitial } from '../decode/quic/initial.ts';
import type { CertificateView } from '../decode/tls/certificate.ts';
import type { ClientHello } from '../decode/tls/client-hello.ts';
import type { ServerHello } from '../decode/tls/server-hello.ts';
import type { TlsSink } from '../decode/tls/tls-stream.ts';
import { Connection, type EventSink, type FlowEvent, type FlowPhase, type SensorEvent } from './event.ts';
import { fillFromPacket } from './flow-connection.ts';
import * as record from './flow-record.ts';
import { type FlowSink, FlowTable } from './flow-table.ts';
import { HostTable } from './host-table.ts';
import type { MessageSink } from './message-sink.ts';
import type { ObserveOptions } from './options.ts';
import { QuicConversation } from './quic-conversation.ts';
import { isResolverName } from './resolver-names.ts';
import { BufferBudget } from './stream-joiner.ts';
import { TcpConversation } from './tcp-conversation.ts';
import { UdpMessages } from './udp-messages.ts';

/** A UDP flow whose first datagrams from a side are nothing we read is not looked at again from that side. */
const datagramsTriedMax = 6;

/** In place of a slot: the packet's flow had no room in the table. */
const noSlot = -1;

export class Observer implements MessageSink, PacketConsumer, FlowSink {
  readonly flows: FlowTable;
  readonly hosts: HostTable;
  readonly home: NetworkSet;
  private readonly budget: BufferBudget;
  /** By slot of the flow table. */
  private readonly conversations: (TcpConversation | QuicConversation | undefined)[];
  private readonly connectionsMax: number;
  private readonly emit: EventSink;
  private readonly anomalies: AnomalyCounter;
  /** Stands in for a flow that the table had no room for. */
  private readonly lone = new Connection();
  private readonly udpMessages: UdpMessages;
  private readonly flowEvent: FlowEvent = { kind: 'flow', phase: 'start', connection: this.lone, tsMicros: 0 };
  private current: Packet | undefined;
  /** Of the packet in hand. */
  tsMicros = 0;
  private conversationCount = 0;
  conversationsRefused = 0;

  /** `tellsAllFlows`: every phase of every flow becomes an event, not only those of watched flows. */
  constructor(options: ObserveOptions, emit: EventSink, anomalies: AnomalyCounter, tellsAllFlows = false) {
    this.emit = emit;
    this.anomalies = anomalies;
    this.home = new NetworkSet(options.homeNetworks);
    this.hosts = new HostTable(options.hostsMax);
    this.budget = new BufferBudget(options.streams.bufferedMaxBytes);
    this.connectionsMax = options.streams.connectionsMax;
    this.conversations = new Array<undefined>(options.flows.flowsMax).fill(undefined);
    this.flows = new FlowTable(options.flows, this, tellsAllFlows);
    this.udpMessages = new UdpMessages(this, this.hosts);
  }

  get conversationsLive(): number {
    return this.conversationCount;
  }

  get streamSegmentsRefused(): number {
    return this.budget.refused;
  }

  packet(packet: Packet): void {
    this.current = packet;
    this.tsMicros = packet.tsMicros;
    const slot = this.flows.update(packet);
    if (slot < 0) this.anomalies.count('flow.refused');
    if (packet.carriesPacket) return;
    if (packet.protocol === protocolTcp) {
      if (slot >= 0) this.observeTcp(slot, packet);
    } else if (packet.protocol === protocolUdp && packet.payloadEnd > packet.payloadStart) this.observeUdp(slot, packet);
  }

  /** An ARP sender says who has which address. */
  arp(packet: Packet, senderWord: number): void {
    if (!this.home.has(0, 0, mappedWord, senderWord)) return;
    const { srcMacHigh, srcMacLow, vlan, tsMicros } = packet;
    this.hosts.seen(0, 0, mappedWord, senderWord, true, srcMacHigh, srcMacLow, vlan, tsMicros);
  }

  private observeTcp(slot: number, packet: Packet): void {
    const fromA = this.flows.fromA;
    let conversation = this.conversations[slot];
    if (conversation === undefined) {
      if (packet.payloadLength === 0 || this.flows.isRead(slot, fromA)) return;
      conversation = this.beginTcp(slot);
      if (conversation === undefined) return;
    }
    conversation.add(packet, fromA);
    if (conversation.isDone) this.drop(slot);
  }

  private beginTcp(slot: number): TcpConversation | undefined {
    if (this.flows.isRead(slot, true) && this.flows.isRead(slot, false)) return undefined;
    if (!this.mayBegin(slot)) return undefined;
    const conversation = new TcpConversation(slot, this.flows.startOf(slot), this, this.budget);
    this.conversations[slot] = conversation;
    return conversation;
  }

  private observeUdp(slot: number, packet: Packet): void {
    const fromA = slot < 0 || this.flows.fromA;
    if (this.udpMessages.readByPort(slot, packet, fromA) || slot < 0) return;
    const conversation = this.conversations[slot];
    if (conversation !== undefined) {
      conversation.add(packet, fromA);
      if (conversation.isDone) this.drop(slot);
    } else if (!this.flows.isRead(slot, fromA)) this.recogniseUdp(slot, packet, fromA);
  }

  private recogniseUdp(slot: number, packet: Packet, fromA: boolean): void {
    if (looksLikeQuicInitial(packet.bytes, packet.payloadStart, packet.payloadEnd)) {
      this.flows.mark(slot, record.flagQuic);
      if (!this.mayBegin(slot)) return;
      const conversation = new QuicConversation(slot, fromA, this);
      this.conversations[slot] = conversation;
      conversation.add(packet, fromA);
      if (conversation.isDone) this.drop(slot);
    } else if (!this.udpMessages.readByContent(slot, packet, fromA) && this.flows.packetsFrom(slot, fromA) >= datagramsTriedMax)
      this.flows.setRead(slot, fromA);
  }

  private mayBegin(slot: number): boolean {
    if (this.conversationCount < this.connectionsMax) {
      this.conversationCount++;
      return true;
    }
    this.conversationsRefused++;
    this.flows.setRead(slot, true);
    this.flows.setRead(slot, false);
    this.anomalies.count('stream.refused');
    return false;
  }

  private drop(slot: number): void {
    this.conversations[slot] = undefined;
    this.conversationCount--;
  }

  /** The flow table gives up a slot: what was read in it ends first, while its connection can still be told. */
  released(slot: number): void {
    const conversation = this.conversations[slot];
    if (conversation === undefined) return;
    conversation.finish();
    this.drop(slot);
  }

  flowPhase(phase: FlowPhase, connection: Connection, tsMicros: number): void {
    if (phase === 'start' && this.current !== undefined) this.learnHost(this.current);
    const event = this.flowEvent;
    event.phase = phase;
    event.connection = connection;
    event.tsMicros = tsMicros;
    this.emit(event);
  }

  answered(packet: Packet): void {
    this.learnHost(packet);
  }

  /** The sender of a flow's first packet, or of its first answer, when it is one of ours. */
  private learnHost(packet: Packet): void {
    const { srcA, srcB, srcC, srcD, hasMac, srcMacHigh, srcMacLow, vlan, tsMicros } = packet;
    if (this.home.has(srcA, srcB, srcC, srcD)) this.hosts.seen(srcA, srcB, srcC, srcD, hasMac, srcMacHigh, srcMacLow, vlan, tsMicros);
  }

  sweep(nowMicros: number): void {
    this.flows.sweep(nowMicros);
  }

  /** The capture is over: ends every flow. */
  finish(): void {
    this.flows.flush();
  }

  // MessageSink

  client(slot: number, clientIsA: boolean): void {
    if (slot !== noSlot) this.flows.setClient(slot, clientIsA);
  }

  read(slot: number, sideA: boolean): void {
    if (slot !== noSlot) this.flows.setRead(slot, sideA);
  }

  dns(slot: number, fromA: boolean, message: DnsMessage): void {
    this.client(slot, fromA !== message.response);
    this.tell(slot, { kind: 'dns', message, connection: this.connectionOf(slot, message.response), tsMicros: this.tsMicros });
  }

  tls(slot: number): TlsSink {
    this.flows.mark(slot, record.flagTls);
    return new SlotSink(this, slot);
  }

  http(slot: number): HttpSink {
    return new SlotSink(this, slot);
  }

  quic(slot: number, version: string, hello: ClientHello): void {
    this.named(slot, hello);
    this.tell(slot, { kind: 'quic', version, hello, connection: this.connectionOf(slot), tsMicros: this.tsMicros });
  }

  /** A client says whom it wants to talk to. */
  named(slot: number, { sni }: ClientHello): void {
    if (isResolverName(sni)) this.flows.mark(slot, record.flagResolver);
  }

  dhcp(slot: number, message: DhcpMessage, fromServer: boolean): void {
    this.tell(slot, { kind: 'dhcp', message, connection: this.connectionOf(slot, fromServer), tsMicros: this.tsMicros });
  }

  anomaly(slot: number, anomaly: Anomaly): void {
    this.anomalies.count(anomaly);
    this.tell(slot, { kind: 'anomaly', anomaly, connection: this.connectionOf(slot), tsMicros: this.tsMicros });
  }

  tell(slot: number, event: SensorEvent): void {
    this.emit(event);
    if (event.connection.watched && slot !== noSlot) this.flows.mark(slot, record.flagWatched);
  }

  /** `fromServer` only matters for a packet without a flow: its sender is then the server. */
  connectionOf(slot: number, fromServer = false): Connection {
    if (slot !== noSlot) return this.flows.connectionOf(slot);
    const packet = this.current!;
    fillFromPacket(this.lone, packet, fromServer);
    return this.lone;
  }
}

/** Turns the messages of one conversation into events. A small object and no closures: there is one for each open conversation. */
class SlotSink implements TlsSink, HttpSink {
  private readonly observer: Observer;
  private readonly slot: number;

  constructor(observer: Observer, slot: number) {
    this.observer = observer;
    this.slot = slot;
  }

  clientHello(hello: ClientHello): void {
    const { observer, slot } = this;
    observer.named(slot, hello);
    observer.tell(slot, { kind: 'tls-client', hello, connection: observer.connectionOf(slot), tsMicros: observer.tsMicros });
  }

  serverHello(hello: ServerHello): void {
    const { observer, slot } = this;
    observer.tell(slot, { kind: 'tls-server', hello, connection: observer.connectionOf(slot), tsMicros: observer.tsMicros });
  }

  certificate(certificate: CertificateView, position: number): void {
    const { observer, slot } = this;
    observer.tell(slot, {
      kind: 'tls-certificate',
      certificate,
      position,
      connection: observer.connectionOf(slot),
      tsMicros: observer.tsMicros,
    });
  }

  request(request: HttpRequest): void {
    const { observer, slot } = this;
    observer.tell(slot, { kind: 'http-request', request, connection: observer.connectionOf(slot), tsMicros: observer.tsMicros });
  }

  response(response: HttpResponse): void {
    const { observer, slot } = this;
    observer.tell(slot, { kind: 'http-response', response, connection: observer.connectionOf(slot), tsMicros: observer.tsMicros });
  }

  anomaly(anomaly: Anomaly): void {
    this.observer.anomaly(this.slot, anomaly);
  }
}
