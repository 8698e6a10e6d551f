/** Packets and frames byte by byte, for tests of the whole sensor. Lengths are right unless a test says otherwise; checksums are left 0. */
import { parseAddress } from '../../../../firmware/sensor/bytes/address.ts';

export const u16 = (...values: number[]): Buffer => Buffer.from(values.flatMap((value) => [(value >>> 8) & 255, value & 255]));
export const u32 = (...values: number[]): Buffer => Buffer.concat(values.map((value) => u16(value >>> 16, value & 0xffff)));
export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/[^0-9a-f]/gi, ''), 'hex');
export const text = (value: string): Buffer => Buffer.from(value, 'latin1');
export const nothing = Buffer.alloc(0);

export const protocol = { icmp: 1, ipip: 4, tcp: 6, udp: 17, ipv6: 41, gre: 47, icmpv6: 58, sctp: 132 } as const;
export const flag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const;

/** The bytes of an address written as text: 4 or 16 of them. */
export function addressBytes(address: string): Buffer {
  const words = parseAddress(address);
  if (words === undefined) throw new Error(address);
  return address.includes(':') ? u32(...words) : u32(words[3]);
}

export interface Ipv4Shape {
  options?: Uint8Array;
  identification?: number;
  /** Offset in bytes. */
  offset?: number;
  moreFollow?: boolean;
  totalLength?: number;
}

export function ipv4(src: string, dst: string, upper: number, payload: Uint8Array, shape: Ipv4Shape = {}): Buffer {
  const { options = nothing, identification = 7, offset = 0, moreFollow = false } = shape;
  const headerLength = 20 + options.length;
  const { totalLength = headerLength + payload.length } = shape;
  return Buffer.concat([
    Buffer.from([0x40 | (headerLength >> 2), 0]),
    u16(totalLength & 0xffff, identification, (moreFollow ? 0x2000 : 0) | (offset >> 3)),
    Buffer.from([64, upper, 0, 0]),
    addressBytes(src),
    addressBytes(dst),
    options,
    payload,
  ]);
}

export function ipv6(src: string, dst: string, nextHeader: number, payload: Uint8Array, payloadLength = payload.length): Buffer {
  const head = Buffer.concat([u32(0x60000000), u16(payloadLength), Buffer.from([nextHeader, 64])]);
  return Buffer.concat([head, addressBytes(src), addressBytes(dst), payload]);
}

/** By the form of the addresses. */
export function ip(src: string, dst: string, upper: number, payload: Uint8Array): Buffer {
  return src.includes(':') ? ipv6(src, dst, upper, payload) : ipv4(src, dst, upper, payload);
}

export function tcp(sport: number, dport: number, flags: number, sequence = 0, acknowledgement = 0, payload: Uint8Array = nothing): Buffer {
  return Buffer.concat([u16(sport, dport), u32(sequence, acknowledgement), Buffer.from([0x50, flags]), u16(8192, 0, 0), payload]);
}

export function udp(sport: number, dport: number, payload: Uint8Array): Buffer {
  return Buffer.concat([u16(sport, dport, payload.length + 8, 0), payload]);
}

export function icmp(type: number, code: number, payload: Uint8Array = Buffer.alloc(12)): Buffer {
  return Buffer.concat([Buffer.from([type, code, 0, 0]), payload]);
}

export const insideMac = '02:00:00:00:00:0a';
export const outsideMac = '02:00:00:00:00:01';

export const etherTypeOf = (packet: Uint8Array): number => (packet[0]! >> 4 === 6 ? 0x86dd : 0x0800);

/** An IP packet as an Ethernet frame, without padding. */
export function ethernet(packet: Uint8Array, srcMac = insideMac, dstMac = outsideMac, type = etherTypeOf(packet)): Buffer {
  return Buffer.concat([hex(dstMac), hex(srcMac), u16(type), packet]);
}

export interface Ends {
  client: string;
  server: string;
  cport: number;
  sport: number;
}

/** Both ends of a TCP conversation, with their sequence numbers; every method gives one frame. */
export class TcpTalk {
  readonly ends: Ends;
  clientNext: number;
  serverNext: number;

  constructor(ends: Partial<Ends> = {}, clientFirst = 1000, serverFirst = 5000) {
    this.ends = { client: '10.0.0.5', server: '203.0.113.9', cport: 40_000, sport: 443, ...ends };
    this.clientNext = clientFirst;
    this.serverNext = serverFirst;
  }

  /** A segment at any sequence number, numbers kept as they are. */
  segment(fromClient: boolean, flags: number, sequence: number, payload: Uint8Array = nothing, acknowledgement?: number): Buffer {
    const { client, server, cport, sport } = this.ends;
    const ack = acknowledgement ?? (fromClient ? this.serverNext : this.clientNext);
    if (fromClient) return ethernet(ip(client, server, protocol.tcp, tcp(cport, sport, flags, sequence, ack, payload)));
    return ethernet(ip(server, client, protocol.tcp, tcp(sport, cport, flags, sequence, ack, payload)), outsideMac, insideMac);
  }

  private next(fromClient: boolean, flags: number, payload: Uint8Array): Buffer {
    const frame = this.segment(fromClient, flags, fromClient ? this.clientNext : this.serverNext, payload);
    const length = payload.length + ((flags & (flag.syn | flag.fin)) !== 0 ? 1 : 0);
    if (fromClient) this.clientNext = (this.clientNext + length) >>> 0;
    else this.serverNext = (this.serverNext + length) >>> 0;
    return frame;
  }

  syn = (): Buffer => this.next(true, flag.syn, nothing);
  synAck = (): Buffer => this.next(false, flag.syn | flag.ack, nothing);
  ack = (fromClient = true): Buffer => this.next(fromClient, flag.ack, nothing);
  handshake = (): Buffer[] => [this.syn(), this.synAck(), this.ack()];
  says = (payload: Uint8Array): Buffer => this.next(true, flag.psh | flag.ack, payload);
  answers = (payload: Uint8Array): Buffer => this.next(false, flag.psh | flag.ack, payload);
  clientFin = (): Buffer => this.next(true, flag.fin | flag.ack, nothing);
  serverFin = (): Buffer => this.next(false, flag.fin | flag.ack, nothing);
  reset = (fromClient: boolean): Buffer => this.next(fromClient, flag.rst | flag.ack, nothing);
  close = (): Buffer[] => [this.clientFin(), this.serverFin(), this.ack()];
}

/** One UDP datagram from `client`, or the answer to it. */
export function datagram(ends: Ends, fromClient: boolean, payload: Uint8Array): Buffer {
  const { client, server, cport, sport } = ends;
  if (fromClient) return ethernet(ip(client, server, protocol.udp, udp(cport, sport, payload)));
  return ethernet(ip(server, client, protocol.udp, udp(sport, cport, payload)), outsideMac, insideMac);
}

export function arpReply(mac: string, address: string): Buffer {
  const body = Buffer.concat([hex('0001 0800 06 04 0002'), hex(mac), addressBytes(address), hex(outsideMac), addressBytes('10.0.0.1')]);
  return ethernet(body, mac, outsideMac, 0x0806);
}
