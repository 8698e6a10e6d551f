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
import { type DnsAnswer, nameTextMax, nameTextWords } from '../decode/dns/dns-message.ts';
import { protocolTcp, protocolUdp } from '../decode/packet.ts';
import type { ClientHello } from '../decode/tls/client-hello.ts';
import { fingerprints } from '../decode/tls/fingerprint-cache.ts';
import { isIcmpError, portOf } from '../detect/contact.ts';
import type { Detector } from '../detect/detector.ts';
import { httpTargetsOf, portOf as portOfAuthority } from '../detect/http-target.ts';
import type { Connection, DnsEvent, FlowEvent, HttpRequestEvent, SensorEvent, TlsCertificateEvent } from '../observe/event.ts';
import type { HostTable } from '../observe/host-table.ts';
import { BegunFlows } from './begun-flows.ts';
import { mixCertificate } from './certificate-key.ts';
import { Journal, type JournalPart, wordBytes } from './journal.ts';
import type { MemoryOptions } from './options.ts';
import { daySeconds, kindCertificate, kindJa4, kindName, seenBy } from './sighting.ts';
import { ValueCache } from './value-cache.ts';

/** Takes a part of the journal; `isOver`: the interval ends with it. False: it has no room, and the part is lost. */
export type JournalSink = (part: JournalPart, isOver: boolean) => boolean;

const typeCname = 5; // RFC 1035 §3.2.2
const questionsMax = 4;
/** Chains of aliases have two or three. */
const aliasesMax = 8;
/** Of the servers of an office. */
const certificatesMax = 8192;
/** Frames of several interfaces come a little out of order, and clocks are corrected, before anybody speaks of another time (`pipeline.ts`). */
const outOfOrderMicros = 10_000_000;
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
  private readonly certificates = new ValueCache(certificatesMax);
  private readonly ja4s = new Map<string, number>();
  private readonly begun = new BegunFlows();
  private readonly intervalMicros: number;
  private readonly textWords = new Int32Array(nameTextMax / wordBytes);
  private readonly text = new Uint8Array(this.textWords.buffer);
  private day = -1;
  private dayStartMicros = 0;
  private intervalMicrosStart = 0;
  private second = 0;
  /** When the part of the journal in hand was begun, or earlier. */
  private partMicros = 0;
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
    this.partMicros = Math.min(this.partMicros, nowMicros);
    if (!isOtherDay && this.day >= 0) return;
    const day = Math.floor(nowMicros / dayMicros);
    this.day = day >= 0 && day <= daysMax ? day : -1;
    this.dayStartMicros = day * dayMicros;
  }

  /** Hands on what there is. `isOver`: it shall be written. */
  handOn(isOver: boolean): void {
    if (this.day < 0) return;
    const part = this.journal.take(this.day, this.home.names, this.hosts.seenSince(this.partMicros));
    this.certificates.clear();
    this.ja4s.clear();
    this.begun.clear();
    const isTaken = this.sink(part, isOver);
    if (!isTaken) this.lost += part.entries;
    // All machines are told of in each interval: what takes the parts may have been begun anew.
    this.partMicros = isOver || !isTaken ? 0 : this.dayStartMicros + this.second * 1_000_000 - outOfOrderMicros;
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

  private observeFlow({ phase, connection }: FlowEvent): void {
    if (phase === 'exchange' || phase === 'end') return;
    const port = portOf(connection.protocol, connection.serverPort);
    if (phase === 'answered') {
      if (!this.begun.addFlags(this.journal, connection, seenBy.answered, this.second))
        this.journal.addFarEnd(connection, port, seenBy.answered, this.second, false);
      return;
    }
    if (isIcmpError(connection) || this.isLocal(connection)) return;
    const place = this.journal.addFarEnd(connection, port, transportOf(connection.protocol), this.second, true);
    this.begun.put(connection, place);
    connection.awaited = true;
  }

  /** There is no far end. */
  private isLocal({ clientA, clientB, clientC, clientD, serverA, serverB, serverC, serverD }: Connection): boolean {
    if (this.home.has(serverA, serverB, serverC, serverD)) return this.home.has(clientA, clientB, clientC, clientD);
    return isMulticast(serverA, serverC, serverD);
  }

  private observeDns(event: DnsEvent): void {
    const { message, connection } = event;
    const { questions, answers, response } = message;
    // A response says again what was asked: its names count only where there were more responses than questions.
    const isNew = !response || connection.packetsIn > connection.packetsOut;
    if (!isNew && !hasAlias(answers)) return;
    if (isMulticast(connection.serverA, connection.serverC, connection.serverD)) return;
    for (let index = 0; isNew && index < questions.length && index < questionsMax; index++) {
      const length = questions[index]!.owner.writeText();
      this.journal.addText(connection, kindName, nameTextWords, length, 0, seenBy.dns, this.second, !response);
    }
    if (response) this.seeAliases(connection, answers);
  }

  private seeAliases(connection: Connection, answers: readonly DnsAnswer[]): void {
    let aliases = 0;
    for (let index = 0; index < answers.length && aliases < aliasesMax; index++) {
      if (answers[index]!.type !== typeCname) continue;
      aliases++;
      this.seeName(connection, answers[index]!.data, seenBy.dns, false);
    }
  }

  private observeHello(connection: Connection, hello: ClientHello, transport: 't' | 'q', how: number): void {
    const flags = how | answeredOf(connection);
    if (hello.sni !== undefined) this.seeName(connection, hello.sni, flags, true);
    // A fingerprint of half a hello would be somebody else's.
    if (hello.anomaly === 'tls.bad-hello' || hello.ssl2) return;
    const ja4 = fingerprints.ja4(hello, transport);
    let number = this.ja4s.get(ja4);
    if (number === undefined) {
      number = this.journal.keep(ja4);
      this.ja4s.set(ja4, number);
    }
    this.journal.addKept(connection, kindJa4, number, connection.serverPort, flags, this.second);
  }

  /** Hashed once for each server and part of the journal. */
  private observeCertificate({ certificate, connection }: TlsCertificateEvent): void {
    const { certificates } = this;
    certificates.begin();
    mixCertificate(certificates, connection, certificate.der);
    let number = certificates.find();
    if (number < 0) {
      number = this.journal.keep(certificate.sha1 + certificate.sha256);
      certificates.put(number);
    }
    const flags = seenBy.tls | seenBy.tcp | seenBy.answered;
    this.journal.addKept(connection, kindCertificate, number, connection.serverPort, flags, this.second);
  }

  /** Where a request goes by its own words; an address among them is a far end. */
  private observeRequest({ request, connection }: HttpRequestEvent): void {
    const flags = seenBy.http | seenBy.tcp | answeredOf(connection);
    for (const { authority, host } of httpTargetsOf(request)) {
      const words = mayBeAddress(host) ? parseAddress(host) : undefined;
      if (words === undefined) this.seeName(connection, host, flags, true);
      else this.journal.addAddress(connection, ...words, portOfAuthority(authority), flags, this.second);
    }
  }

  private seeName(connection: Connection, name: string, flags: number, counts: boolean): void {
    this.journal.addText(connection, kindName, this.textWords, this.write(name), connection.serverPort, flags, this.second, counts);
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
