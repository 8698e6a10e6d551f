/**
 * Events of the pipeline -> the journal of sightings, handed on as it fills, and as intervals of frame time end. Shaped as a detector that finds
 * nothing, so that the pipeline treats it as one. Like them it reads no clock and no disk.
 *
 * Only the start of a flow and the messages in it are written down; packets that bring neither cost nothing. Connections between two machines inside
 * are not kept, nor names that no indicator can have (a single label, reverse look-ups, what is asked of the LAN by multicast), nor addresses that were
 * only answered.
 */
import { isIPv4, parseAddress } from '../bytes/address.ts';
import type { NetworkSet } from '../bytes/network.ts';
import { nameTextMax } from '../decode/dns/dns-message.ts';
import { protocolTcp, protocolUdp } from '../decode/packet.ts';
import type { ClientHello } from '../decode/tls/client-hello.ts';
import { ja4 } from '../decode/tls/ja4.ts';
import { isIcmpError, portOf } from '../detect/contact.ts';
import type { Detector } from '../detect/detector.ts';
import { httpTargetsOf, portOf as portOfAuthority } from '../detect/http-target.ts';
import type { Connection, DnsEvent, FlowEvent, HttpRequestEvent, SensorEvent, TlsCertificateEvent } from '../observe/event.ts';
import type { HostTable } from '../observe/host-table.ts';
import { FlowPlaces } from './flow-places.ts';
import { mixCertificate, mixHello } from './handshake-key.ts';
import { Journal, type JournalPart } from './journal.ts';
import { isKept } from './kept-name.ts';
import type { MemoryOptions } from './options.ts';
import { certificateBytes, daySeconds, kindCertificate, kindJa4, kindName, type SeenHost, seenBy } from './sighting.ts';
import { ValueCache } from './value-cache.ts';

/** Takes a part of the journal; `isOver`: the interval ends with it. False: it has no room, and the part is lost. */
export type JournalSink = (part: JournalPart, isOver: boolean) => boolean;

const typeCname = 5; // RFC 1035 §3.2.2
const questionsMax = 4;
/** Chains of aliases have two or three. */
const aliasesMax = 8;
/** Certificates of the servers of an office, and its few fingerprints. */
const handshakesMax = 8192;
/** Answers come within a second or not at all. */
const queriesMax = 1024;
const answeredMax = 4096;
const dayMicros = daySeconds * 1_000_000;
/** 2149: what a day number of 16 bits can say. */
const daysMax = 65_535;

export class Recorder implements Detector {
  readonly name = 'memory';
  readonly wants = ['flow', 'dns', 'tls-client', 'tls-certificate', 'quic', 'http-request'] as const;
  private readonly home: NetworkSet;
  private readonly hosts: HostTable;
  private readonly sink: JournalSink;
  private readonly journal = new Journal();
  private readonly handshakes = new ValueCache<Buffer>(handshakesMax);
  private readonly queries = new ValueCache<true>(queriesMax);
  private readonly answered = new ValueCache<true>(answeredMax);
  private readonly flows = new FlowPlaces();
  private readonly intervalMicros: number;
  private readonly text = Buffer.alloc(nameTextMax);
  private day = -1;
  private dayStartMicros = 0;
  private intervalMicrosStart = 0;
  private second = 0;
  private isClientInside = false;
  private isServerInside = false;
  /** Entries that nobody had room for. */
  lost = 0;
  /** As of `Detector`: what is over a cap is counted where it is summed up. */
  readonly refused = 0;

  constructor({ flushSeconds }: Pick<MemoryOptions, 'flushSeconds'>, home: NetworkSet, hosts: HostTable, sink: JournalSink) {
    this.home = home;
    this.hosts = hosts;
    this.sink = sink;
    this.intervalMicros = flushSeconds * 1_000_000;
  }

  load(): void {
    // What was seen does not depend on what is known of it.
  }

  /** Days begin here, and the clock may have been set: a sighting is never written under another day than that of its second. */
  tick(nowMicros: number): void {
    const isOtherDay = nowMicros < this.dayStartMicros || nowMicros >= this.dayStartMicros + dayMicros;
    const waitedMicros = nowMicros - this.intervalMicrosStart;
    if (isOtherDay || waitedMicros >= this.intervalMicros || waitedMicros < 0) {
      this.handOn(true);
      this.intervalMicrosStart = nowMicros;
    }
    if (!isOtherDay && this.day >= 0) return;
    const day = Math.floor(nowMicros / dayMicros);
    this.day = day >= 0 && day <= daysMax ? day : -1;
    this.dayStartMicros = day * dayMicros;
  }

  /** Hands on what there is. `isOver`: it shall be written. */
  handOn(isOver: boolean): void {
    if (this.day < 0) return;
    const part = this.journal.take(this.day, (host) => this.described(host));
    this.flows.clear();
    if (isOver) {
      this.handshakes.clear();
      this.queries.clear();
      this.answered.clear();
    }
    if (!this.sink(part, isOver)) this.lost += part.entries;
  }

  private described(host: SeenHost): SeenHost {
    const { mac, vlan, name } = this.hosts.describe(...host.words);
    return { ...host, ...(mac && { mac }), ...(vlan !== undefined && { vlan }), ...(name && { name }) };
  }

  observe(event: SensorEvent): void {
    if (this.day < 0) return;
    if (this.journal.isFull) this.handOn(false);
    const second = Math.floor((event.tsMicros - this.dayStartMicros) / 1_000_000);
    // Frames of several interfaces come a little out of order, over midnight too.
    this.second = Math.max(0, Math.min(daySeconds - 1, second));
    switch (event.kind) {
      case 'flow':
        this.observeFlow(event);
        break;
      case 'dns':
        this.observeDns(event);
        break;
      case 'tls-client':
        this.observeHello(event.connection, event.hello, 't', seenBy.tls | seenBy.tcp);
        break;
      case 'quic':
        this.observeHello(event.connection, event.hello, 'q', seenBy.quic | seenBy.udp);
        break;
      case 'tls-certificate':
        this.observeCertificate(event);
        break;
      case 'http-request':
        this.observeRequest(event);
        break;
      default:
        break;
    }
  }

  /** Which end is ours: that inside; the client where both or neither are. Gives the bits that say who began. */
  private begin(connection: Connection): number {
    const { clientA, clientB, clientC, clientD, serverA, serverB, serverC, serverD } = connection;
    this.isClientInside = this.home.has(clientA, clientB, clientC, clientD);
    this.isServerInside = this.home.has(serverA, serverB, serverC, serverD);
    if (this.isServerInside && !this.isClientInside) {
      this.journal.setHost(serverA, serverB, serverC, serverD);
      return seenBy.inbound;
    }
    this.journal.setHost(clientA, clientB, clientC, clientD);
    return seenBy.outbound;
  }

  private observeFlow({ phase, connection }: FlowEvent): void {
    if (phase === 'exchange' || phase === 'end' || isIcmpError(connection)) return;
    const began = this.begin(connection);
    if ((this.isClientInside && this.isServerInside) || isMulticast(connection.serverA, connection.serverC, connection.serverD)) return;
    if (phase === 'answered') {
      this.addFarEnd(connection, began, began | seenBy.answered, false);
      this.keyOfEnds(connection);
      this.answered.put(true);
      return;
    }
    // A first packet from the far end may be an answer to what was not seen, or a knock: it shows when our side speaks.
    const from = connection.serverSpokeFirst ? seenBy.inbound : began;
    this.flows.put(connection.flow, this.addFarEnd(connection, began, from | transportOf(connection.protocol), true));
    this.keyOfEnds(connection);
    if (this.answered.find() === undefined) connection.watched = true;
  }

  private addFarEnd(connection: Connection, began: number, flags: number, counts: boolean): number {
    const { clientA, clientB, clientC, clientD, serverA, serverB, serverC, serverD, serverPort, protocol } = connection;
    if (began === seenBy.inbound) return this.journal.addAddress(clientA, clientB, clientC, clientD, 0, flags, this.second, counts);
    return this.journal.addAddress(serverA, serverB, serverC, serverD, portOf(protocol, serverPort), flags, this.second, counts);
  }

  private keyOfEnds({ clientA, clientB, clientC, clientD, serverA, serverB, serverC, serverD, serverPort }: Connection): void {
    const { answered } = this;
    answered.begin();
    if (!isIPv4(clientA, clientB, clientC)) {
      answered.mix(clientA);
      answered.mix(clientB);
      answered.mix(clientC);
      answered.mix(serverA);
      answered.mix(serverB);
      answered.mix(serverC);
    }
    answered.mix(clientD);
    answered.mix(serverD);
    answered.mix(serverPort);
  }

  /** The DNS server is not the far end: the connection that follows tells it. */
  private observeDns({ message, connection }: DnsEvent): void {
    if (isMulticast(connection.serverA, connection.serverC, connection.serverD)) return;
    const flags = this.begin(connection) | seenBy.dns;
    const { questions, answers, response } = message;
    if (!this.isRepeated(connection, message)) {
      for (let index = 0; index < questions.length && index < questionsMax; index++)
        this.seeName(questions[index]!.owner.writeText(this.text), -1, flags, !response);
    }
    if (!response) return;
    let aliases = 0;
    for (let index = 0; index < answers.length && aliases < aliasesMax; index++) {
      if (answers[index]!.type !== typeCname) continue;
      aliases++;
      this.seeName(this.write(answers[index]!.data), -1, flags, false);
    }
  }

  /** A response says again what was asked. Its names count only where the query was not seen. */
  private isRepeated({ clientA, clientC, clientD, clientPort }: Connection, { id, response }: DnsEvent['message']): boolean {
    const { queries } = this;
    queries.begin();
    queries.mix(clientA ^ clientC);
    queries.mix(clientD);
    queries.mix((id << 16) | clientPort);
    if (response) return queries.find() === true;
    queries.put(true);
    return false;
  }

  private observeHello(connection: Connection, hello: ClientHello, transport: 't' | 'q', how: number): void {
    const flags = this.begin(connection) | how | answeredOf(connection);
    const peer = this.flows.find(connection.flow);
    if (hello.sni !== undefined) this.seeName(this.write(hello.sni), peer, flags, true);
    // A fingerprint of half a hello would be somebody else's.
    if (hello.anomaly === 'tls.bad-hello' || hello.ssl2) return;
    this.handshakes.begin();
    mixHello(this.handshakes, hello, how);
    let value = this.handshakes.find();
    if (value === undefined) {
      value = Buffer.from(ja4(hello, transport), 'latin1');
      this.handshakes.put(value);
    }
    this.journal.addText(kindJa4, value, value.length, peer, flags, this.second, true);
  }

  /** Hashed once for each server and interval. */
  private observeCertificate({ certificate, connection }: TlsCertificateEvent): void {
    const flags = this.begin(connection) | seenBy.tls | seenBy.tcp | seenBy.answered;
    this.handshakes.begin();
    mixCertificate(this.handshakes, connection, certificate.der);
    let value = this.handshakes.find();
    if (value === undefined) {
      value = Buffer.from(certificate.sha1 + certificate.sha256, 'hex');
      this.handshakes.put(value);
    }
    this.journal.addText(kindCertificate, value, certificateBytes, this.flows.find(connection.flow), flags, this.second, true);
  }

  /** Where a request goes by its own words; an address among them is a far end. */
  private observeRequest({ request, connection }: HttpRequestEvent): void {
    const flags = this.begin(connection) | seenBy.http | seenBy.tcp | answeredOf(connection);
    for (const { authority, host } of httpTargetsOf(request)) {
      const words = mayBeAddress(host) ? parseAddress(host) : undefined;
      if (words === undefined) this.seeName(this.write(host), this.flows.find(connection.flow), flags, true);
      else if (!this.home.has(...words)) this.journal.addAddress(...words, portOfAuthority(authority), flags, this.second, false);
    }
  }

  private seeName(length: number, peer: number, flags: number, counts: boolean): void {
    if (isKept(this.text, length)) this.journal.addText(kindName, this.text, length, peer, flags, this.second, counts);
  }

  /** Text as bytes; nothing of one that is longer than any name. */
  private write(value: string): number {
    const { length } = value;
    if (length > this.text.length) return 0;
    for (let at = 0; at < length; at++) this.text[at] = value.charCodeAt(at);
    return length;
  }
}

function answeredOf({ answered }: Connection): number {
  return answered ? seenBy.answered : 0;
}

/** Nearly every host is a name, and reading one as an address makes garbage. */
function mayBeAddress(host: string): boolean {
  const last = host.charCodeAt(host.length - 1);
  return (last >= 0x30 && last <= 0x39) || host.includes(':');
}

function transportOf(protocol: number): number {
  if (protocol === protocolTcp) return seenBy.tcp;
  return protocol === protocolUdp ? seenBy.udp : seenBy.otherProtocol;
}

/** No remote machine has such an address: multicast and broadcast (RFC 1122 §3.2.1.3, RFC 4291 §2.7). */
function isMulticast(a: number, c: number, d: number): boolean {
  return a === 0 && c === 0xffff ? d >>> 28 === 14 || d === -1 : a >>> 24 === 0xff;
}
