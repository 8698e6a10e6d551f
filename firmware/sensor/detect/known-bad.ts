/**
 * Finds contact with what the indicator set names: addresses of both ends, names asked and answered, addresses in answers, TLS and QUIC
 * server names and fingerprints, certificates, HTTP hosts, URLs and user agents. Follows each hit as its flow goes on.
 */
import { z } from 'zod';
import type { AlertKind, Reason } from '../../contract/alert.ts';
import { formatAddress } from '../bytes/address.ts';
import { rcodeMnemonic, typeMnemonic } from '../decode/dns/dns-message.ts';
import type { ClientHello } from '../decode/tls/client-hello.ts';
import type { Indicators, IndicatorType, Match } from '../intel/indicator.ts';
import { communityId } from '../observe/community-id.ts';
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
import type { Detector } from './detector.ts';
import { clientOf, type Finding, type FindingSink, serverOf, stageOf } from './finding.ts';
import { FingerprintCache } from './fingerprint-cache.ts';
import { ResolvedNames } from './resolved-names.ts';
import { WatchList } from './watch-list.ts';

export const knownBadOptions = z.strictObject({
  enabled: z.boolean().default(true).meta({ description: 'look for contacts with known indicators' }),
  watchedFlowsMax: z
    .int()
    .min(64)
    .max(1_048_576)
    .default(16_384)
    .meta({ description: 'open flows to known-bad ends that are followed at once' }),
  resolvedMax: z
    .int()
    .min(64)
    .max(1_048_576)
    .default(8192)
    .meta({ description: 'answers for known-bad names that are remembered at once' }),
});
export type KnownBadOptions = z.infer<typeof knownBadOptions>;

const wants: readonly EventKind[] = ['flow', 'dns', 'tls-client', 'tls-certificate', 'quic', 'http-request'];

const kindOf: Record<IndicatorType, AlertKind> = {
  address: 'c2.address',
  'address-port': 'c2.address',
  domain: 'c2.domain',
  url: 'c2.url',
  ja3: 'c2.tls',
  ja4: 'c2.tls',
  'cert-sha1': 'c2.certificate',
  'cert-sha256': 'c2.certificate',
  'user-agent': 'c2.user-agent',
};

/** An answer names at most this many addresses that are looked up; RFC 1035's 512 bytes hold about 30. */
const answersLookedUpMax = 64;

/** What differs from hit to hit; the rest of a finding follows from the connection. */
interface Hit {
  match: Match;
  observed: string;
  measured: string;
  app?: string;
  name?: string | undefined;
  context?: NonNullable<Finding['context']>;
}

export function createKnownBad(options: KnownBadOptions, indicators: Indicators): Detector {
  return new KnownBad(options, indicators);
}

class KnownBad implements Detector {
  readonly name = 'known-bad';
  readonly wants = wants;
  private indicators: Indicators;
  private readonly watches: WatchList;
  private readonly resolved: ResolvedNames;
  private readonly fingerprints = new FingerprintCache();

  constructor(options: KnownBadOptions, indicators: Indicators) {
    this.indicators = indicators;
    this.watches = new WatchList(options.watchedFlowsMax);
    this.resolved = new ResolvedNames(options.resolvedMax);
  }

  get refused(): number {
    return this.watches.refused;
  }

  load(indicators: Indicators): void {
    this.indicators = indicators;
    this.resolved.clear();
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
    const nowMs = tsMicros / 1000;
    const { serverA, serverB, serverC, serverD, serverPort, clientA, clientB, clientC, clientD } = connection;
    const server = this.indicators.address(serverA, serverB, serverC, serverD, serverPort, nowMs);
    if (server !== undefined) {
      const observed = `${formatAddress(serverA, serverB, serverC, serverD)}:${serverPort}`;
      this.raise(connection, tsMicros, { match: server, observed, measured: 'connection to an address on the list' }, emit);
    }
    const client = this.indicators.address(clientA, clientB, clientC, clientD, 0, nowMs);
    if (client !== undefined) this.raiseInbound(connection, tsMicros, client, emit);
    if (this.resolved.mayHave(serverD)) this.observeResolved(connection, tsMicros, emit);
  }

  /** The connection goes to an address that this machine was told for a name on the list. */
  private observeResolved(connection: Connection, tsMicros: number, emit: FindingSink): void {
    const answer = this.resolved.find(clientOf(connection), serverOf(connection), tsMicros);
    if (answer === undefined) return;
    const { match, name } = answer;
    const measured = 'connection to the address that the name resolved to';
    this.raise(connection, tsMicros, { match, observed: name, measured, name }, emit, false);
  }

  private observeDns(event: DnsEvent, emit: FindingSink): void {
    const { message, connection, tsMicros } = event;
    const question = message.questions[0];
    const nowMs = tsMicros / 1000;
    for (const { name } of message.questions) {
      const match = this.indicators.domain(name, nowMs);
      if (match !== undefined) this.raiseName(event, match, name, emit);
    }
    if (!message.response) return;
    for (const answer of message.answers.slice(0, answersLookedUpMax)) {
      const name = answer.name === question?.name ? undefined : this.indicators.domain(answer.name, nowMs);
      if (name !== undefined) this.raiseName(event, name, answer.name, emit);
      if (answer.address === undefined) continue;
      const { a, b, c, d } = answer.address;
      const match = this.indicators.address(a, b, c, d, 0, nowMs);
      if (match === undefined) continue;
      const finding = this.finding(connection, tsMicros, {
        match,
        observed: answer.data,
        measured: 'address in a DNS answer',
        app: 'dns',
        name: question?.name,
        context: { dns: dnsContext(event) },
      });
      finding.stage = 'attempt';
      finding.remote = { address: [a, b, c, d], port: 0 };
      emit(finding);
    }
  }

  /** A name on the list was asked or answered. The DNS server is not the remote end; the connection that follows will tell it. */
  private raiseName(event: DnsEvent, match: Match, name: string, emit: FindingSink): void {
    const { message, connection, tsMicros } = event;
    const measured = message.response ? 'name in a DNS answer' : 'name asked of DNS';
    const finding = this.finding(connection, tsMicros, {
      match,
      observed: name,
      measured,
      app: 'dns',
      name,
      context: { dns: dnsContext(event) },
    });
    finding.stage = 'attempt';
    finding.isNewContact = !message.response;
    delete finding.remote;
    emit(finding);
    if (!message.response) return;
    for (const { address, ttl } of message.answers.slice(0, answersLookedUpMax)) {
      if (address === undefined) continue;
      this.resolved.add(clientOf(connection), [address.a, address.b, address.c, address.d], match, name, ttl, tsMicros);
    }
  }

  private observeHello(event: TlsClientEvent | QuicEvent, hello: ClientHello, app: 'tls' | 'quic', emit: FindingSink): void {
    const { connection, tsMicros } = event;
    const nowMs = tsMicros / 1000;
    const { counts } = this.indicators;
    const context = { tls: hello.sni === undefined ? {} : { sni: hello.sni } };
    const name = hello.sni;
    const domain = name === undefined ? undefined : this.indicators.domain(name, nowMs);
    if (domain !== undefined && name !== undefined)
      this.raise(
        connection,
        tsMicros,
        { match: domain, observed: name, measured: 'server name in the ClientHello', app, name, context },
        emit,
        false,
      );
    if (hello.anomaly === 'tls.bad-hello') return; // a fingerprint of half a hello would be somebody else's
    if (counts.ja3 + counts.ja4 === 0) return;
    const fingerprints = this.fingerprints.get(hello, app === 'quic' ? 'q' : 't');
    // JA3 is defined for TLS over TCP, and for hellos in its own framing.
    const byJa3 = counts.ja3 > 0 && app === 'tls' && !hello.ssl2 ? this.indicators.fingerprint('ja3', fingerprints.ja3, nowMs) : undefined;
    if (byJa3 !== undefined)
      this.raise(
        connection,
        tsMicros,
        { match: byJa3, observed: fingerprints.ja3, measured: 'JA3 of the ClientHello', app, name, context },
        emit,
      );
    const byJa4 = counts.ja4 > 0 ? this.indicators.fingerprint('ja4', fingerprints.ja4, nowMs) : undefined;
    if (byJa4 !== undefined)
      this.raise(
        connection,
        tsMicros,
        { match: byJa4, observed: fingerprints.ja4, measured: 'JA4 of the ClientHello', app, name, context },
        emit,
      );
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
    const { method, host, uri, url, userAgent } = request;
    const context = { http: { method, host, uri, userAgent } };
    if (host !== undefined) {
      const name = hostName(host);
      const match = this.indicators.url(host, pathOf(uri), nowMs);
      if (match !== undefined) {
        this.raise(
          connection,
          tsMicros,
          { match, observed: url ?? `http://${host}${uri}`, measured: 'URL asked for', app: 'http', name, context },
          emit,
        );
      } else {
        const domain = this.indicators.domain(name, nowMs);
        if (domain !== undefined)
          this.raise(
            connection,
            tsMicros,
            { match: domain, observed: host, measured: 'Host header', app: 'http', name, context },
            emit,
            false,
          );
      }
    }
    if (userAgent === undefined || this.indicators.counts['user-agent'] === 0) return;
    const match = this.indicators.userAgent(userAgent, nowMs);
    if (match !== undefined)
      this.raise(connection, tsMicros, { match, observed: userAgent, measured: 'User-Agent header', app: 'http', context }, emit);
  }

  /** `isNewContact` false: the name was seen before in DNS or will be counted as part of the same contact. */
  private raise(connection: Connection, tsMicros: number, hit: Hit, emit: FindingSink, isNewContact = true): void {
    const finding = this.finding(connection, tsMicros, hit);
    finding.isNewContact = isNewContact;
    this.watches.add(connection, finding);
    emit(finding);
  }

  /** A known-bad address began the connection: our machine is the server. */
  private raiseInbound(connection: Connection, tsMicros: number, match: Match, emit: FindingSink): void {
    const address = clientOf(connection);
    const observed = formatAddress(...address);
    const finding = this.finding(connection, tsMicros, { match, observed, measured: 'connection from an address on the list' });
    finding.inbound = true;
    finding.host = serverOf(connection);
    finding.remote = { address, port: connection.clientPort };
    this.watches.add(connection, finding);
    emit(finding);
  }

  private finding(connection: Connection, tsMicros: number, hit: Hit): Finding {
    const { match, observed, measured, app, name, context } = hit;
    const reasons: Reason[] = [{ measured, value: observed, threshold: match.value }];
    const finding: Finding = {
      detector: this.name,
      kind: kindOf[match.type],
      tsMicros,
      stage: stageOf(connection),
      isNewContact: true,
      inbound: false,
      host: clientOf(connection),
      remote: { address: serverOf(connection), port: connection.serverPort },
      protocol: connection.protocol,
      communityId: communityId(connection),
      bytesOut: connection.bytesOut,
      bytesIn: connection.bytesIn,
      confidence: match.confidence,
      match,
      observed,
      reasons,
    };
    if (app !== undefined) finding.app = app;
    if (name !== undefined) finding.remoteName = name;
    if (context !== undefined) finding.context = context;
    return finding;
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

/** A Host header without its port, as the indicator set wants names. */
function hostName(host: string): string {
  const end = host.startsWith('[') ? host.indexOf(']') + 1 : host.indexOf(':');
  const name = (end > 0 ? host.slice(0, end) : host).toLowerCase();
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

/** The path and query of a request target, which may be absolute (RFC 9112 §3.2.2). */
function pathOf(uri: string): string {
  if (uri.startsWith('/')) return uri;
  const authority = uri.indexOf('://');
  if (authority < 0) return '/';
  const path = uri.indexOf('/', authority + 3);
  return path < 0 ? '/' : uri.slice(path);
}
