/** A hit on the indicator set, and the connection it was seen in, as a finding. */
import type { TrafficAlertKind } from '../../contract/alert.ts';
import { protocolIcmp, protocolIcmpv6 } from '../decode/packet.ts';
import type { IndicatorType, Match } from '../intel/indicator.ts';
import { communityId } from '../observe/community-id.ts';
import type { Connection } from '../observe/event.ts';
import { clientOf, type Finding, isIcmp, serverOf, stageOf } from './finding.ts';

const kindOf: Record<IndicatorType, TrafficAlertKind> = {
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

/** What differs from hit to hit; the rest of a finding follows from the connection. */
export interface Hit {
  match: Match;
  observed: string;
  /** What was measured, for the alert's reasons. */
  measured: string;
  app?: string;
  name?: string | undefined;
  context?: NonNullable<Finding['context']>;
}

/** Which end of the connection is our machine; the other one is the remote end. */
export type OurEnd = 'client' | 'server';

/** A new contact. `inbound`: the remote end began it. */
export function findingOf(detector: string, connection: Connection, tsMicros: number, hit: Hit, ours: OurEnd, inbound: boolean): Finding {
  const { match, observed, measured, app, name, context } = hit;
  const { protocol, clientPort, serverPort } = connection;
  const client = { address: clientOf(connection), port: portOf(protocol, clientPort) };
  const server = { address: serverOf(connection), port: portOf(protocol, serverPort) };
  const finding: Finding = {
    detector,
    kind: kindOf[match.type],
    tsMicros,
    stage: stageOf(connection),
    contact: 'connected',
    inbound,
    ours,
    host: ours === 'client' ? client.address : server.address,
    remote: ours === 'client' ? server : client,
    protocol,
    communityId: communityId(connection),
    bytesOut: 0,
    bytesIn: 0,
    confidence: match.confidence,
    match,
    observed,
    reasons: [{ measured, value: observed, threshold: match.value }],
  };
  takeBytes(finding, connection);
  if (inbound && server.port > 0) finding.hostPort = ours === 'client' ? client.port : server.port;
  if (app !== undefined) finding.app = app;
  if (name !== undefined) finding.remoteName = name;
  if (context !== undefined) finding.context = context;
  return finding;
}

/** Out is from our machine. */
export function takeBytes(finding: Finding, { bytesOut, bytesIn }: Connection): void {
  finding.bytesOut = finding.ours === 'client' ? bytesOut : bytesIn;
  finding.bytesIn = finding.ours === 'client' ? bytesIn : bytesOut;
}

/** ICMP has types in place of ports: 0, as for none. */
export function portOf(protocol: number, port: number): number {
  return isIcmp(protocol) ? 0 : port;
}

const icmpErrors: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]); // RFC 792; RFC 1122 §3.2.2
const icmpv6ErrorsEnd = 128; // RFC 4443 §2.1: types below it are errors

/** An ICMP error answers a packet of ours; it begins nothing. */
export function isIcmpError({ protocol, clientPort }: Connection): boolean {
  if (protocol === protocolIcmp) return icmpErrors.has(clientPort);
  return protocol === protocolIcmpv6 && clientPort < icmpv6ErrorsEnd;
}
