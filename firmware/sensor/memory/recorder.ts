/**
 * Events of the pipeline -> the journal of sightings, handed on as it fills, and as intervals of frame time end. Shaped as a detector that finds
 * nothing, so that the pipeline treats it as one. Like them it reads no clock and no disk.
 *
 * Only the start of a flow and the messages in it are written down; packets that bring neither cost nothing. Connections between two machines inside
 * are not kept, nor names that no indicator can have (a single label, reverse look-ups, what is asked of the LAN by multicast), nor addresses that were
 * only answered.
 */
import { parseAddress } from '../bytes/address.ts';
import type { NetworkSet } from '../bytes/network.ts';
import { type DnsAnswer, nameText, nameTextMax } from '../decode/dns/dns-message.ts';
import { protocolTcp, protocolUdp } from '../decode/packet.ts';
import type { ClientHello } from '../decode/tls/client-hello.ts';
import { fingerprints } from '../decode/tls/fingerprint-cache.ts';
import { isIcmpError, portOf } from '../detect/contact.ts';
import type { Detector } from '../detect/detector.ts';
import { httpTargetsOf, portOf as portOfAuthority } from '../detect/http-target.ts';
import type { Connection, DnsEvent, FlowEvent, HttpRequestEvent, SensorEvent, TlsCertificateEvent } from '../observe/event.ts';
import type { HostTable } from '../observe/host-table.ts';
import { mixCertificate } from './certificate-key.ts';
import { Journal, type JournalPart } from './journal.ts';
import { isKept } from './kept-name.ts';
import { KnownFlows } from './known-flows.ts';
import type { MemoryOptions } from './options.ts';
import { RecentQueries } from './recent-queries.ts';
import { daySeconds, kindCertificate, kindJa4, kindName, type SeenHost, seenBy } from './sighting.ts';
import { ValueCache } from './value-cache.ts';

/** Takes a part of the journal; `isOver`: the interval ends with it. False: it has no room, and the part is lost. */
export type JournalSink = (part: JournalPart, isOver: boolean) => boolean;

const typeCname = 5; // RFC 1035 §3.2.2
const questionsMax = 4;
/** Chains of aliases have two or three. */
const aliasesMax = 8;
/** Of the servers of an office. */
const certificatesMax = 8192;
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
  /** Numbers in the journal's list. */
  private readonly certificates = new ValueCache<number>(certificatesMax);
  private readonly ja4s = new Map<string, number>();
  private readonly queries = new RecentQueries();
  private readonly flows = new KnownFlows();
  private readonly intervalMicros: number;
  private readonly text = Buffer.alloc(nameTextMax);
  private day = -1;
  private dayStartMicros = 0;
  private intervalMicrosStart = 0;
  private second = 0;
  /** Of the connection in hand: number of our machine, whether there is no far end, and the place of the far end's entry, -1 where there is none. */
  private host = -1;
  private isLocal = false;
  private peer = -1;
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
    this.certificates.clear();
    this.ja4s.clear();
    if (isOver) this.queries.clear();
    if (!this.sink(part, isOver)) this.lost += part.entries;
  }

  private described(host: SeenHost): SeenHost {
    const { mac, vlan, name } = this.hosts.knownOf(...host.words);
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
    const isClientInside = this.home.has(clientA, clientB, clientC, clientD);
    const isServerInside = this.home.has(serverA, serverB, serverC, serverD);
    const isInbound = isServerInside && !isClientInside;
    this.isLocal = (isServerInside && isClientInside) || isMulticast(serverA, serverC, serverD);
    this.peer = -1;
    this.host = isInbound
      ? this.journal.setHost(serverA, serverB, serverC, serverD)
      : this.journal.setHost(clientA, clientB, clientC, clientD);
    return isInbound ? seenBy.inbound : seenBy.outbound;
  }

  /** The same for a message in a flow, which is most often known. */
  private goOn(connection: Connection): number {
    const { flows } = this;
    if (!flows.find(connection.flow, connection.serverSpokeFirst)) return this.begin(connection);
    this.journal.setKnownHost(flows.host);
    this.peer = flows.place;
    this.isLocal = this.peer < 0;
    return flows.began;
  }

  private observeFlow({ phase, connection }: FlowEvent): void {
    if (phase === 'answered') this.observeAnswer(connection);
    if (phase !== 'start' || isIcmpError(connection)) return;
    const began = this.begin(connection);
    const { flow, serverSpokeFirst } = connection;
    let place = -1;
    if (!this.isLocal) {
      // A first packet from the far end may be an answer to what was not seen, or a knock: it shows when our side speaks.
      const from = serverSpokeFirst ? seenBy.inbound : began;
      place = this.addFarEnd(connection, began, from | transportOf(connection.protocol), true);
      connection.awaited = true;
    }
    this.flows.put(flow, serverSpokeFirst, this.host, began, place);
  }

  /** Of a flow of which that was to be told. */
  private observeAnswer(connection: Connection): void {
    if (isIcmpError(connection)) return;
    const began = this.goOn(connection);
    if (this.isLocal) return;
    const flags = began | seenBy.answered;
    if (this.peer < 0) this.addFarEnd(connection, began, flags, false);
    else this.journal.addFlags(this.peer, flags);
  }

  private addFarEnd(connection: Connection, began: number, flags: number, counts: boolean): number {
    const { clientA, clientB, clientC, clientD, serverA, serverB, serverC, serverD, serverPort, protocol } = connection;
    if (began === seenBy.inbound) return this.journal.addAddress(clientA, clientB, clientC, clientD, 0, flags, this.second, counts);
    return this.journal.addAddress(serverA, serverB, serverC, serverD, portOf(protocol, serverPort), flags, this.second, counts);
  }

  /** The DNS server is not the far end: the connection that follows tells it. */
  private observeDns(event: DnsEvent): void {
    const { message, connection } = event;
    const { questions, answers, response } = message;
    const isNew = !this.queries.isAnswered(event);
    if (!isNew && !hasAlias(answers)) return;
    if (isMulticast(connection.serverA, connection.serverC, connection.serverD)) return;
    const flags = this.goOn(connection) | seenBy.dns;
    for (let index = 0; isNew && index < questions.length && index < questionsMax; index++)
      this.seeName(nameText, questions[index]!.owner.writeText(), -1, flags, !response);
    if (response) this.seeAliases(answers, flags);
  }

  private seeAliases(answers: readonly DnsAnswer[], flags: number): void {
    let aliases = 0;
    for (let index = 0; index < answers.length && aliases < aliasesMax; index++) {
      if (answers[index]!.type !== typeCname) continue;
      aliases++;
      this.seeText(answers[index]!.data, -1, flags, false);
    }
  }

  private observeHello(connection: Connection, hello: ClientHello, transport: 't' | 'q', how: number): void {
    const flags = this.goOn(connection) | how | answeredOf(connection);
    if (hello.sni !== undefined) this.seeText(hello.sni, this.peer, flags, true);
    // A fingerprint of half a hello would be somebody else's.
    if (hello.anomaly === 'tls.bad-hello' || hello.ssl2) return;
    const ja4 = fingerprints.ja4(hello, transport);
    let number = this.ja4s.get(ja4);
    if (number === undefined) {
      number = this.journal.keep(ja4);
      this.ja4s.set(ja4, number);
    }
    this.journal.addKept(kindJa4, number, this.peer, flags, this.second);
  }

  /** Hashed once for each server and part of the journal. */
  private observeCertificate({ certificate, connection }: TlsCertificateEvent): void {
    const flags = this.goOn(connection) | seenBy.tls | seenBy.tcp | seenBy.answered;
    const { certificates } = this;
    certificates.begin();
    mixCertificate(certificates, connection, certificate.der);
    let number = certificates.find();
    if (number === undefined) {
      number = this.journal.keep(certificate.sha1 + certificate.sha256);
      certificates.put(number);
    }
    this.journal.addKept(kindCertificate, number, this.peer, flags, this.second);
  }

  /** Where a request goes by its own words; an address among them is a far end. */
  private observeRequest({ request, connection }: HttpRequestEvent): void {
    const flags = this.goOn(connection) | seenBy.http | seenBy.tcp | answeredOf(connection);
    for (const { authority, host } of httpTargetsOf(request)) {
      const words = mayBeAddress(host) ? parseAddress(host) : undefined;
      if (words === undefined) this.seeText(host, this.peer, flags, true);
      else if (!this.home.has(...words)) this.journal.addAddress(...words, portOfAuthority(authority), flags, this.second, false);
    }
  }

  private seeText(name: string, peer: number, flags: number, counts: boolean): void {
    this.seeName(this.text, this.write(name), peer, flags, counts);
  }

  private seeName(text: Uint8Array, length: number, peer: number, flags: number, counts: boolean): void {
    if (isKept(text, length)) this.journal.addText(kindName, text, length, peer, flags, this.second, counts);
  }

  /** Text as bytes; nothing of one that is longer than any name. */
  private write(value: string): number {
    const { length } = value;
    if (length > this.text.length) return 0;
    for (let at = 0; at < length; at++) this.text[at] = value.charCodeAt(at);
    return length;
  }
}

function hasAlias(answers: readonly DnsAnswer[]): boolean {
  for (let index = 0; index < answers.length; index++) if (answers[index]!.type === typeCname) return true;
  return false;
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
