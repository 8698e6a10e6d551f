/**
 * Finds contact with what the indicator set names: addresses of both ends, names asked and answered, addresses in answers, TLS and QUIC
 * server names and fingerprints, certificates, HTTP hosts, URLs and user agents. Follows each hit as its flow goes on.
 */
import { formatAddress, parseAddress } from '../bytes/address.ts';
import type { NetworkSet } from '../bytes/network.ts';
import { type DnsAddress, type DnsAnswer, type DnsName, nameText, rcodeMnemonic, typeMnemonic } from '../decode/dns/dns-message.ts';
import type { ClientHello } from '../decode/tls/client-hello.ts';
import { fingerprints } from '../decode/tls/fingerprint-cache.ts';
import type { Indicators, Match } from '../intel/indicator.ts';
import type {
  Connection,
  DnsEvent,
  EventKind,
  FlowEvent,
  HttpRequestEvent,
  QuicEvent,
  SensorEvent,
  TlsCertificateEvent,
  TlsClientEvent,
} from '../observe/event.ts';
import { findingOf, type Hit, isIcmpError, type OurEnd, portOf } from './contact.ts';
import type { Detector } from './detector.ts';
import { clientOf, type Finding, type FindingSink, serverOf } from './finding.ts';
import { type HttpTarget, httpTargetsOf, portOf as portOfAuthority } from './http-target.ts';
import type { KnownBadOptions } from './known-bad-options.ts';
import { ResolvedNames } from './resolved-names.ts';
import { WatchList } from './watch-list.ts';

const wants: readonly EventKind[] = ['flow', 'dns', 'tls-client', 'tls-certificate', 'quic', 'http-request'];

const typeCname = 5; // RFC 1035 §3.2.2

/** An answer names at most this many addresses that are looked up; RFC 1035's 512 bytes hold about 30. */
const answersLookedUpMax = 64;

/** The one that runs already, under these options, or a new one. */
export function createKnownBad(
  options: KnownBadOptions,
  indicators: Indicators,
  home: NetworkSet,
  running: readonly Detector[] = [],
): Detector {
  const known = running.find((detector) => detector instanceof KnownBad);
  known?.configure(options);
  return known ?? new KnownBad(options, indicators, home);
}

class KnownBad implements Detector {
  readonly name = 'known-bad';
  readonly wants = wants;
  private indicators: Indicators;
  private readonly home: NetworkSet;
  private readonly watches: WatchList;
  private readonly resolved: ResolvedNames;

  constructor(options: KnownBadOptions, indicators: Indicators, home: NetworkSet) {
    this.indicators = indicators;
    this.home = home;
    this.watches = new WatchList(options.watchedFlowsMax);
    this.resolved = new ResolvedNames(options.resolvedMax);
  }

  get refused(): number {
    return this.watches.refused;
  }

  load(indicators: Indicators): void {
    this.indicators = indicators;
  }

  configure({ watchedFlowsMax, resolvedMax }: KnownBadOptions): void {
    this.watches.flowsMax = watchedFlowsMax;
    this.resolved.resize(resolvedMax);
  }

  tick(): void {
    // Nothing here depends on the passing of time alone.
  }

  observe(event: SensorEvent, emit: FindingSink): void {
    switch (event.kind) {
      case 'flow':
        this.observeFlow(event, emit);
        break;
      case 'dns':
        this.observeDns(event, emit);
        break;
      case 'tls-client':
        this.observeHello(event, event.hello, 'tls', emit);
        break;
      case 'quic':
        this.observeHello(event, event.hello, 'quic', emit);
        break;
      case 'tls-certificate':
        this.observeCertificate(event, emit);
        break;
      case 'http-request':
        this.observeRequest(event, emit);
        break;
      default:
        break;
    }
  }

  private observeFlow({ phase, connection, tsMicros }: FlowEvent, emit: FindingSink): void {
    if (phase !== 'start') {
      if (this.watches.size > 0) this.watches.advance(connection, phase === 'end', tsMicros, emit);
      return;
    }
    if (isIcmpError(connection)) return;
    const nowMs = tsMicros / 1000;
    const { serverA, serverB, serverC, serverD, serverPort, clientA, clientB, clientC, clientD, protocol } = connection;
    const server = this.indicators.address(serverA, serverB, serverC, serverD, portOf(protocol, serverPort), nowMs);
    if (server !== undefined) this.raiseAddress(connection, tsMicros, server, 'server', emit);
    const client = this.indicators.address(clientA, clientB, clientC, clientD, 0, nowMs);
    if (client !== undefined) this.raiseAddress(connection, tsMicros, client, 'client', emit);
    if (this.resolved.mayHave(serverD)) this.observeResolved(connection, tsMicros, emit);
  }

  /** Who sent the first packet began it. A first packet from the server may be an answer to what was not seen. */
  private raiseAddress(connection: Connection, tsMicros: number, match: Match, bad: OurEnd, emit: FindingSink): void {
    const [a, b, c, d] = bad === 'server' ? serverOf(connection) : clientOf(connection);
    const port = bad === 'server' ? portOf(connection.protocol, connection.serverPort) : 0;
    const observed = port === 0 ? formatAddress(a, b, c, d) : `${formatAddress(a, b, c, d)}:${port}`;
    const ours = bad === 'server' ? 'client' : 'server';
    const badBegan = connection.serverSpokeFirst === (bad === 'server');
    const to = { match, observed, measured: 'connection to an address on the list' };
    const from = { match, observed, measured: 'connection from an address on the list' };
    // Our own address on a list: whoever visits it is no machine of ours.
    const own = bad === 'server' && this.isFromOutside(connection);
    if (own) this.follow(connection, findingOf(this.name, connection, tsMicros, to, 'server', true), emit);
    else if (!badBegan) this.follow(connection, findingOf(this.name, connection, tsMicros, to, ours, false), emit);
    else if (bad === 'client') this.follow(connection, findingOf(this.name, connection, tsMicros, from, ours, true), emit);
    else {
      const knock = findingOf(this.name, connection, tsMicros, from, ours, true);
      this.watches.addPending(connection, findingOf(this.name, connection, tsMicros, to, ours, false), knock);
    }
  }

  /** An outside client of a machine of ours: then ours is the server. */
  private isFromOutside(connection: Connection): boolean {
    return !this.home.has(...clientOf(connection)) && this.home.has(...serverOf(connection));
  }

  /** The connection goes to an address that this machine was told for a name on the list. */
  private observeResolved(connection: Connection, tsMicros: number, emit: FindingSink): void {
    const name = this.resolved.find(clientOf(connection), serverOf(connection), tsMicros);
    // Asked anew: since the answer, the name may have left the list, or been allowed.
    const match = name === undefined ? undefined : this.indicators.domain(name, tsMicros / 1000);
    if (name === undefined || match === undefined) return;
    const measured = 'connection to the address that the name resolved to';
    this.raise(connection, tsMicros, { match, observed: name, measured, name }, emit);
  }

  private observeDns(event: DnsEvent, emit: FindingSink): void {
    const { message } = event;
    const question = message.questions[0];
    for (const { owner } of message.questions) if (this.mayHave(owner)) this.observeName(event, owner.text, emit);
    if (!message.response) return;
    for (const answer of message.answers.slice(0, answersLookedUpMax)) {
      const { owner } = answer;
      if (owner !== question?.owner && this.mayHave(owner) && owner.text !== question?.name) this.observeName(event, owner.text, emit);
      // An alias is answered too, and may be all there is.
      if (answer.type === typeCname) this.observeName(event, answer.data, emit);
      if (answer.address !== undefined) this.observeAnswer(event, answer.address, answer, emit);
    }
  }

  /** Asks by the characters first: a string of its own for each name would be most of the work on a flood of them. */
  private mayHave(owner: DnsName): boolean {
    return this.indicators.mayHaveDomain(nameText, owner.writeText());
  }

  private observeAnswer(event: DnsEvent, { a, b, c, d }: DnsAddress, answer: DnsAnswer, emit: FindingSink): void {
    const { message, connection, tsMicros } = event;
    const match = this.indicators.address(a, b, c, d, 0, tsMicros / 1000);
    if (match === undefined) return;
    const [name, observed] = [message.questions[0]?.name, answer.data];
    const hit = { match, observed, measured: 'address in a DNS answer', app: 'dns', name, context: { dns: dnsContext(event) } };
    const finding = this.finding(connection, tsMicros, hit);
    finding.stage = 'attempt';
    finding.contact = 'asked';
    finding.remote = { address: [a, b, c, d], port: 0 };
    emit(finding);
  }

  /** A name on the list was asked or answered. The DNS server is not the remote end; the connection that follows will tell it. */
  private observeName(event: DnsEvent, name: string, emit: FindingSink): void {
    const { message, connection, tsMicros } = event;
    const match = this.indicators.domain(name, tsMicros / 1000);
    if (match === undefined) return;
    const measured = message.response ? 'name in a DNS answer' : 'name asked of DNS';
    const hit = { match, observed: name, measured, app: 'dns', name, context: { dns: dnsContext(event) } };
    const finding = this.finding(connection, tsMicros, hit);
    finding.stage = 'attempt';
    finding.contact = message.response ? 'grown' : 'asked';
    delete finding.remote;
    emit(finding);
    if (!message.response) return;
    for (const { address, ttl } of message.answers.slice(0, answersLookedUpMax)) {
      if (address === undefined) continue;
      this.resolved.add(clientOf(connection), [address.a, address.b, address.c, address.d], name, ttl, tsMicros);
    }
  }

  private observeHello(event: TlsClientEvent | QuicEvent, hello: ClientHello, app: 'tls' | 'quic', emit: FindingSink): void {
    const { connection, tsMicros } = event;
    const nowMs = tsMicros / 1000;
    const { counts } = this.indicators;
    const name = hello.sni;
    const context = { tls: name === undefined ? {} : { sni: name } };
    const raise = (match: Match | undefined, observed: string, measured: string) => {
      if (match !== undefined) this.raise(connection, tsMicros, { match, observed, measured, app, name, context }, emit);
    };
    if (name !== undefined) raise(this.indicators.domain(name, nowMs), name, 'server name in the ClientHello');
    // A fingerprint of half a hello would be somebody else's.
    if (hello.anomaly === 'tls.bad-hello') return;
    // JA3 is defined for TLS over TCP, and for hellos in its own framing.
    if (counts.ja3 > 0 && app === 'tls' && !hello.ssl2) {
      const ja3 = fingerprints.ja3(hello);
      raise(this.indicators.fingerprint('ja3', ja3, nowMs), ja3, 'JA3 of the ClientHello');
    }
    if (counts.ja4 === 0) return;
    const ja4 = fingerprints.ja4(hello, app === 'quic' ? 'q' : 't');
    raise(this.indicators.fingerprint('ja4', ja4, nowMs), ja4, 'JA4 of the ClientHello');
  }

  private observeCertificate({ certificate, position, connection, tsMicros }: TlsCertificateEvent, emit: FindingSink): void {
    const nowMs = tsMicros / 1000;
    const { counts } = this.indicators;
    if (counts['cert-sha1'] + counts['cert-sha256'] === 0) return;
    const sha1 = counts['cert-sha1'] > 0 ? certificate.sha1 : '';
    const sha256 = counts['cert-sha256'] > 0 ? certificate.sha256 : '';
    const bySha256 = sha256 === '' ? undefined : this.indicators.fingerprint('cert-sha256', sha256, nowMs);
    const match = bySha256 ?? (sha1 === '' ? undefined : this.indicators.fingerprint('cert-sha1', sha1, nowMs));
    if (match === undefined) return;
    const { subject, issuer, serial, notBefore, notAfter } = certificate.decode();
    const context = { tls: { subject, issuer, serial, notBefore, notAfter, position } };
    const observed = match.type === 'cert-sha1' ? sha1 : sha256;
    this.raise(connection, tsMicros, { match, observed, measured: 'certificate that the server showed', app: 'tls', context }, emit);
  }

  private observeRequest({ request, connection, tsMicros }: HttpRequestEvent, emit: FindingSink): void {
    const nowMs = tsMicros / 1000;
    const { method, host, uri, userAgent } = request;
    const context = { http: { method, host, uri, userAgent } };
    for (const target of httpTargetsOf(request)) {
      const hit = this.requestHit(target, nowMs);
      if (hit !== undefined) this.raise(connection, tsMicros, { ...hit, app: 'http', name: target.host, context }, emit);
    }
    if (userAgent === undefined || this.indicators.counts['user-agent'] === 0) return;
    const match = this.indicators.userAgent(userAgent, nowMs);
    if (match === undefined) return;
    this.raise(connection, tsMicros, { match, observed: userAgent, measured: 'User-Agent header', app: 'http', context }, emit);
  }

  /** The most exact thing known of where a request goes: the URL, else the name, else the address asked of a proxy. */
  private requestHit({ authority, host, path }: HttpTarget, nowMs: number): Hit | undefined {
    const url = this.indicators.url(authority, path, nowMs);
    if (url !== undefined) return { match: url, observed: `http://${authority}${path}`, measured: 'URL asked for' };
    // The more exact entry wins: a URL that is allowed stands above its name.
    if (this.indicators.isUrlAllowed(authority, path, nowMs)) return undefined;
    const domain = this.indicators.domain(host, nowMs);
    if (domain !== undefined) return { match: domain, observed: authority, measured: 'host of an HTTP request' };
    const words = parseAddress(host);
    const address = words === undefined ? undefined : this.indicators.address(...words, portOfAuthority(authority), nowMs);
    return address === undefined ? undefined : { match: address, observed: authority, measured: 'host of an HTTP request' };
  }

  private raise(connection: Connection, tsMicros: number, hit: Hit, emit: FindingSink): void {
    this.follow(connection, this.finding(connection, tsMicros, hit), emit);
  }

  private finding(connection: Connection, tsMicros: number, hit: Hit): Finding {
    const inbound = this.isFromOutside(connection);
    return findingOf(this.name, connection, tsMicros, hit, inbound ? 'server' : 'client', inbound);
  }

  /** Tells the finding, and tells it again as its flow goes on. One flow is one contact, however many of its messages show the same. */
  private follow(connection: Connection, finding: Finding, emit: FindingSink): void {
    if (!this.watches.add(connection, finding)) finding.contact = 'grown';
    emit(finding);
  }
}

function dnsContext({ message }: DnsEvent): Record<string, unknown> {
  const question = message.questions[0];
  const context: Record<string, unknown> = {};
  if (question !== undefined) Object.assign(context, { qname: question.name, qtype: typeMnemonic(question.type) });
  if (message.response)
    Object.assign(context, { rcode: rcodeMnemonic(message.rcode), answers: message.answers.slice(0, 8).map((answer) => answer.data) });
  return context;
}
