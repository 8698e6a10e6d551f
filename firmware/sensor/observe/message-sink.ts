/** Where the readers of conversations put what they find; the observer turns it into events of the flow in that slot. */
import type { Anomaly } from '../decode/anomaly.ts';
import type { DhcpMessage } from '../decode/dhcp/dhcpv4.ts';
import type { DnsMessage } from '../decode/dns/dns-message.ts';
import type { HttpSink } from '../decode/http/http-message.ts';
import type { ClientHello } from '../decode/tls/client-hello.ts';
import type { TlsSink } from '../decode/tls/tls-stream.ts';

export interface MessageSink {
  /** Content showed which side is the client. */
  client(slot: number, clientIsA: boolean): void;
  /** Nothing more is wanted of this side's payload. */
  read(slot: number, sideA: boolean): void;
  dns(slot: number, fromA: boolean, message: DnsMessage): void;
  quic(slot: number, version: string, hello: ClientHello): void;
  dhcp(slot: number, message: DhcpMessage, fromServer: boolean): void;
  /** A sink for the one flow; made once a conversation. */
  tls(slot: number): TlsSink;
  http(slot: number): HttpSink;
  anomaly(slot: number, anomaly: Anomaly): void;
}
