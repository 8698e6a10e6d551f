/** An event as one JSON object for analysts (`vonggac observe --json`). What is not known is left out: no empty text, no null. */
import { formatAddress } from '../bytes/address.ts';
import { formatTimestamp } from '../bytes/timestamp.ts';
import { type DnsMessage, type DnsQuestion, rcodeMnemonic, typeMnemonic } from '../decode/dns/dns-message.ts';
import { noVlan, protocolIcmp, protocolIcmpv6, protocolTcp, protocolUdp } from '../decode/packet.ts';
import { cipherName } from '../decode/tls/cipher-suites.ts';
import type { ClientHello } from '../decode/tls/client-hello.ts';
import { ja3, ja3s } from '../decode/tls/ja3.ts';
import { ja4 } from '../decode/tls/ja4.ts';
import { versionName } from '../decode/tls/version.ts';
import { communityId } from './community-id.ts';
import type { Connection, DnsEvent, SensorEvent } from './event.ts';

export type Observation = Record<string, unknown>;

/** The name of the root has no label, and without its final dot nothing is left: it is unnamed. */
const rootName = '.';

const protocolNames = new Map([
  [protocolIcmp, 'icmp'],
  [2, 'igmp'],
  [4, 'ipip'],
  [protocolTcp, 'tcp'],
  [protocolUdp, 'udp'],
  [41, 'ipv6'],
  [47, 'gre'],
  [50, 'esp'],
  [51, 'ah'],
  [protocolIcmpv6, 'icmpv6'],
  [89, 'ospf'],
  [103, 'pim'],
  [112, 'vrrp'],
  [132, 'sctp'],
]);

/** IANA keyword in lower case, or `protocol-N`. */
export function protocolName(protocol: number): string {
  return protocolNames.get(protocol) ?? `protocol-${protocol}`;
}

/** None for events that only the detectors need (a flow before its end); one for each question of a DNS message, which mDNS may have several of. */
export function observationsOf(event: SensorEvent): Observation[] {
  if (event.kind !== 'dns') {
    const observation = observationOf(event);
    return observation === undefined ? [] : [observation];
  }
  const { questions } = event.message;
  const asked = questions.length === 0 ? [undefined] : questions;
  return asked.map((question) => ({ ...base('dns', event), ...dnsFields(event.message, question) }));
}

function observationOf(event: Exclude<SensorEvent, DnsEvent>): Observation | undefined {
  switch (event.kind) {
    case 'flow':
      return event.phase === 'end' ? { ...base('flow', event), ...flowFields(event.connection) } : undefined;
    case 'tls-client':
      return { ...base('tls', event), role: 'client', ...helloFields(event.hello), ...fingerprints(event.hello) };
    case 'tls-server': {
      const { hello } = event;
      return {
        ...base('tls', event),
        role: 'server',
        version: versionName(hello.version),
        cipher: cipherName(hello.cipher),
        ja3s: ja3s(hello),
      };
    }
    case 'tls-certificate': {
      const { anomaly: _anomaly, ...fields } = event.certificate.decode();
      return { ...base('tls', event), role: 'certificate', ...known(fields), position: event.position };
    }
    case 'quic': {
      const { version: _tls, ...fields } = helloFields(event.hello);
      return { ...base('quic', event), version: event.version, ...fields, ...(isCut(event.hello) ? {} : { ja4: ja4(event.hello, 'q') }) };
    }
    case 'http-request': {
      const { method, host, uri, url, userAgent } = event.request;
      return { ...base('http', event), ...known({ method, host, uri, url, userAgent }) };
    }
    case 'http-response':
      return { ...base('http', event), ...known({ status: event.response.status }) };
    case 'dhcp': {
      const { mac, hostname, requested, vendorClass } = event.message;
      return { ...base('dhcp', event), ...known({ mac, hostname, requested, vendorClass }) };
    }
    case 'anomaly': {
      const [layer, what] = event.anomaly.split('.');
      return { ...base('anomaly', event), layer, what };
    }
    default:
      return event satisfies never;
  }
}

function base(kind: string, event: SensorEvent): Observation {
  const { connection } = event;
  const observation: Observation = {
    kind,
    ts: formatTimestamp(event.tsMicros),
    src: formatAddress(connection.clientA, connection.clientB, connection.clientC, connection.clientD),
    sport: connection.clientPort,
    dst: formatAddress(connection.serverA, connection.serverB, connection.serverC, connection.serverD),
    dport: connection.serverPort,
    proto: protocolName(connection.protocol),
  };
  if (connection.vlan !== noVlan) observation.vlan = connection.vlan;
  if (connection.vlanInner !== noVlan) observation.vlanInner = connection.vlanInner;
  return observation;
}

function flowFields(connection: Connection): Observation {
  const { bytesOut, bytesIn, packetsOut, packetsIn, established, state } = connection;
  const start = formatTimestamp(connection.startMicros);
  return { start, state, bytesOut, bytesIn, packetsOut, packetsIn, established, communityId: communityId(connection) };
}

function dnsFields(message: DnsMessage, question: DnsQuestion | undefined): Observation {
  const fields: Observation = { id: message.id, type: message.response ? 'response' : 'query' };
  if (question !== undefined) {
    if (question.name !== rootName) fields.qname = question.name;
    fields.qtype = typeMnemonic(question.type);
  }
  if (!message.response) return fields;
  fields.rcode = rcodeMnemonic(message.rcode);
  fields.answers = message.answers.map((answer) =>
    known({ name: answer.name, type: typeMnemonic(answer.type), ttl: answer.ttl, data: answer.data }),
  );
  return fields;
}

function helloFields(hello: ClientHello): Observation {
  return known({ sni: hello.sni, alpn: hello.alpn.length > 0 ? hello.alpn : undefined, version: versionName(hello.version) });
}

/** A fingerprint of half a hello would be somebody else's. */
function isCut(hello: ClientHello): boolean {
  return hello.anomaly === 'tls.bad-hello';
}

function fingerprints(hello: ClientHello): Observation {
  if (isCut(hello)) return {};
  return hello.ssl2 ? { ja4: ja4(hello, 't') } : { ja3: ja3(hello), ja4: ja4(hello, 't') };
}

/** Without what is undefined or empty text. */
function known(fields: object): Observation {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''));
}
