/**
 * Makes the kernel filter of an overloaded box, in libpcap's language for Ethernet: it keeps the frames from which detectors
 * learn most (who opens and ends connections, names asked, first words of TLS, HTTP and QUIC, who is who on the LAN) and
 * drops plain data. Loses what only whole streams show: byte counts, later segments of server certificates.
 *
 * All offsets are absolute (`ether[…]`), because the `vlan` and `pppoes` keywords shift every offset after them. It therefore
 * holds both for frames as on the wire and for live ones, whose outer tag the kernel has taken off before it filters.
 * A load past the end of a frame drops it (BPF), so every list below asks for what lies nearer to the start first.
 */

const ETHERTYPE_AT = 12;
const TAG_BYTES = 4;
/** IEEE 802.1Q, 802.1ad, and the number that switches used before 802.1ad. */
const TAG_TYPES = [0x8100, 0x88a8, 0x9100];
/** One tag, and one inside it. */
const TAGS_MAX = 2;
const TYPE_IPV4 = 0x0800;
const TYPE_IPV6 = 0x86dd;
const TYPE_PPPOE_SESSION = 0x8864;
/** ARP, and MPLS unicast and multicast: few frames, or a label stack of which a filter cannot see the end. */
const TYPES_KEPT = [0x0806, 0x8847, 0x8848];
/** RFC 2516 §4: six bytes of PPPoE, then the PPP protocol (RFC 1661 §2): IPv4 (RFC 1332), IPv6 (RFC 5072). */
const PPPOE_BYTES = 6;
const PPP_IPV4 = 0x0021;
const PPP_IPV6 = 0x0057;

const PROTOCOL_TCP = 6;
const PROTOCOL_UDP = 17;
/** ICMP, and the tunnels that the decoder opens: IP in IP, IPv6 in IP, GRE. */
const IPV4_PROTOCOLS_KEPT = [1, 4, 41, 47];
/** The same with ICMPv6, and every extension header (RFC 8200 §4.1): hop-by-hop, routing, fragment, destination, authentication. */
const IPV6_PROTOCOLS_KEPT = [58, 4, 41, 47, 0, 43, 44, 60, 51];
const IPV6_HEADER_BYTES = 40;

/** RFC 9293 §3.1: FIN, SYN and RST; PSH. */
const FLAGS_OPEN_OR_END = 0x07;
const FLAG_PUSH = 0x08;
/** DNS, mDNS, LLMNR, over both transports. */
const NAME_PORTS = [53, 5353, 5355];
/** NetBIOS names, DHCPv4, DHCPv6. */
const HOST_PORTS = [137, 67, 68, 546, 547];
/** Destination ports of VXLAN (and Linux's old number for it) and GENEVE. */
const TUNNEL_PORTS = [4789, 8472, 6081];
const HTTPS_PORT = 443;
/** RFC 8446 §5.1, content type of a record. */
const TLS_HANDSHAKE = 0x16;
const TLS_APPLICATION_DATA = 0x17;
const HTTP_STARTS = ['GET ', 'POST', 'HEAD', 'PUT ', 'HTTP', 'CONN', 'OPTI', 'DELE', 'PATC', 'TRAC'];
/** RFC 8999 §5.1: long header; with the versions that the decoder opens (v1, v2, draft-29), since other protocols set these bits too. */
const QUIC_LONG_HEADER = 0xc0;
const QUIC_VERSIONS = [0x00000001, 0x6b3343cf, 0xff00001d];

/** An offset into the frame: what the frame itself says, and what is known beforehand. */
interface Place {
  variable: string;
  constant: number;
}

/** The filter, for links of type Ethernet only. About 10 KB of text; libpcap compiles it in some milliseconds. */
export function shedFilter(): string {
  return tagLevel(ETHERTYPE_AT, TAGS_MAX);
}

/** `typeAt`: where the Ethernet type stands after the tags seen so far. */
function tagLevel(typeAt: number, tagsLeft: number): string {
  const here = network(typeAt);
  if (tagsLeft === 0) return here;
  return any([here, all([oneOf(load(typeAt, 2), TAG_TYPES), tagLevel(typeAt + TAG_BYTES, tagsLeft - 1)])]);
}

function network(typeAt: number): string {
  const type = load(typeAt, 2);
  const pppAt = typeAt + 2 + PPPOE_BYTES;
  const ppp = load(pppAt, 2);
  return any([
    all([equal(type, TYPE_IPV4), ipv4(typeAt + 2)]),
    all([equal(type, TYPE_IPV6), ipv6(typeAt + 2)]),
    all([
      equal(type, TYPE_PPPOE_SESSION),
      any([all([equal(ppp, PPP_IPV4), ipv4(pppAt + 2)]), all([equal(ppp, PPP_IPV6), ipv6(pppAt + 2)])]),
    ]),
    oneOf(type, TYPES_KEPT),
  ]);
}

function ipv4(at: number): string {
  const protocol = load(at + 9, 1);
  // Written as one variable part and one constant, which libpcap turns into a single load.
  const next = { variable: `((${load(at, 1)} & 0xf) << 2)`, constant: at };
  return any([
    // RFC 791 §3.1: more fragments, or an offset. The transport header may be elsewhere, so all are kept.
    `(${load(at + 6, 2)} & 0x3fff != 0)`,
    oneOf(protocol, IPV4_PROTOCOLS_KEPT),
    all([equal(protocol, PROTOCOL_TCP), tcp(next)]),
    all([equal(protocol, PROTOCOL_UDP), udp(next)]),
  ]);
}

function ipv6(at: number): string {
  const protocol = load(at + 6, 1);
  const next = { variable: '', constant: at + IPV6_HEADER_BYTES };
  return any([
    all([equal(protocol, PROTOCOL_TCP), tcp(next)]),
    all([equal(protocol, PROTOCOL_UDP), udp(next)]),
    oneOf(protocol, IPV6_PROTOCOLS_KEPT),
  ]);
}

function tcp(at: Place): string {
  const flags = load(after(at, 13), 1);
  const headerBytes = `((${load(after(at, 12), 1)} & 0xf0) >> 2)`;
  const payloadAt = { variable: at.variable === '' ? headerBytes : `${headerBytes} + ${at.variable}`, constant: at.constant };
  const payload = load(payloadAt, 1);
  return any([
    `(${flags} & ${FLAGS_OPEN_OR_END} != 0)`,
    oneOf(load(at, 2), NAME_PORTS),
    oneOf(load(after(at, 2), 2), NAME_PORTS),
    equal(payload, TLS_HANDSHAKE),
    // The second segment of a ClientHello with a post-quantum key share: it ends a write, and starts no record of data.
    all([equal(load(after(at, 2), 2), HTTPS_PORT), `(${flags} & ${FLAG_PUSH} != 0)`, `(${payload} != ${TLS_APPLICATION_DATA})`]),
    oneOf(load(payloadAt, 4), HTTP_STARTS.map(bigEndianWord)),
  ]);
}

function udp(at: Place): string {
  const ports = [...NAME_PORTS, ...HOST_PORTS];
  return any([
    oneOf(load(at, 2), ports),
    oneOf(load(after(at, 2), 2), [...ports, ...TUNNEL_PORTS]),
    all([`(${load(after(at, 8), 1)} & ${QUIC_LONG_HEADER} = ${QUIC_LONG_HEADER})`, oneOf(load(after(at, 9), 4), QUIC_VERSIONS)]),
  ]);
}

function after(at: Place, bytes: number): Place {
  return { variable: at.variable, constant: at.constant + bytes };
}

function load(at: number | Place, size: 1 | 2 | 4): string {
  const index = typeof at === 'number' ? `${at}` : at.variable === '' ? `${at.constant}` : `${at.variable} + ${at.constant}`;
  return size === 1 ? `ether[${index}]` : `ether[${index} : ${size}]`;
}

function equal(value: string, number: number): string {
  return `(${value} = 0x${number.toString(16)})`;
}

function oneOf(value: string, numbers: readonly number[]): string {
  return any(numbers.map((number) => equal(value, number)));
}

function any(terms: readonly string[]): string {
  return `(${terms.join(' or ')})`;
}

function all(terms: readonly string[]): string {
  return `(${terms.join(' and ')})`;
}

function bigEndianWord(text: string): number {
  return Buffer.from(text, 'latin1').readUInt32BE(0);
}
