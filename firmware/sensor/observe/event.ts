/**
 * What the observers tell the detectors: things that mean something, with the connection they belong to.
 * Events and the `Connection` in them live for the call only; whoever keeps something copies it.
 */
import type { Anomaly } from '../decode/anomaly.ts';
import type { DhcpMessage } from '../decode/dhcp/dhcpv4.ts';
import type { DnsMessage } from '../decode/dns/dns-message.ts';
import type { HttpRequest, HttpResponse } from '../decode/http/http-message.ts';
import { noVlan } from '../decode/packet.ts';
import type { CertificateView } from '../decode/tls/certificate.ts';
import type { ClientHello } from '../decode/tls/client-hello.ts';
import type { ServerHello } from '../decode/tls/server-hello.ts';

/** Both ends of a conversation, client first where that is known, and how far it has come. Addresses as in `bytes/address.ts`. */
export class Connection {
  /** Counts the flows of a run from 1; 0 when the flow table had no room for it. */
  flow = 0;
  clientA = 0;
  clientB = 0;
  clientC = 0;
  clientD = 0;
  serverA = 0;
  serverB = 0;
  serverC = 0;
  serverD = 0;
  clientPort = 0;
  serverPort = 0;
  protocol = 0;
  vlan = noVlan;
  vlanInner = noVlan;
  startMicros = 0;
  lastMicros = 0;
  /** IP bytes and packets, headers included; out = from the client. */
  bytesOut = 0;
  bytesIn = 0;
  packetsOut = 0;
  packetsIn = 0;
  /** The first packet that was seen came from the server: the beginning was missed, or the server began. */
  serverSpokeFirst = false;
  /** Both sides sent something other than a refusal. */
  answered = false;
  /** Payload went both ways. */
  exchanged = false;
  /** A TCP handshake was seen whole, or payload both ways. */
  established = false;
  state: FlowState = 'new';
  /** A detector sets it to hear of this flow's later phases; they are told of watched flows only, unless the pipeline tells all. */
  watched = false;
  /** A detector sets it at the start of a flow to hear when that is answered, and of nothing later. */
  awaited = false;
}

export type FlowState = 'new' | 'established' | 'closed' | 'reset';

/** `start`: first packet. `answered`, `exchange`: once each. `end`: closed, timed out, or the capture is over. */
export type FlowPhase = 'start' | 'answered' | 'exchange' | 'end';

interface EventBase {
  tsMicros: number;
  connection: Connection;
}

export interface FlowEvent extends EventBase {
  kind: 'flow';
  phase: FlowPhase;
}
export interface DnsEvent extends EventBase {
  kind: 'dns';
  message: DnsMessage;
}
export interface TlsClientEvent extends EventBase {
  kind: 'tls-client';
  hello: ClientHello;
}
export interface TlsServerEvent extends EventBase {
  kind: 'tls-server';
  hello: ServerHello;
}
export interface TlsCertificateEvent extends EventBase {
  kind: 'tls-certificate';
  certificate: CertificateView;
  /** 0 = the server's own. */
  position: number;
}
export interface QuicEvent extends EventBase {
  kind: 'quic';
  version: string;
  hello: ClientHello;
}
export interface HttpRequestEvent extends EventBase {
  kind: 'http-request';
  request: HttpRequest;
}
export interface HttpResponseEvent extends EventBase {
  kind: 'http-response';
  response: HttpResponse;
}
export interface DhcpEvent extends EventBase {
  kind: 'dhcp';
  message: DhcpMessage;
}
export interface AnomalyEvent extends EventBase {
  kind: 'anomaly';
  anomaly: Anomaly;
}

export type SensorEvent =
  | FlowEvent
  | DnsEvent
  | TlsClientEvent
  | TlsServerEvent
  | TlsCertificateEvent
  | QuicEvent
  | HttpRequestEvent
  | HttpResponseEvent
  | DhcpEvent
  | AnomalyEvent;

export type EventKind = SensorEvent['kind'];
export type EventSink = (event: SensorEvent) => void;
