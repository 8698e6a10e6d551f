import { describe, expect, it } from 'vitest';
import { isSupportedLinkType } from '../../../../firmware/sensor/decode/link.ts';
import { encapsulations } from '../../../bench/traffic/encapsulation.ts';
import { Decoding, decodeOne } from '../observe/decoded.ts';
import { ethernet, etherTypeOf, hex, insideMac, ipv4, ipv6, text, u16, u32, udp } from '../observe/traffic.ts';

const content = udp(5001, 5002, text('hello'));
const packet4 = ipv4('10.0.0.5', '192.0.2.9', 17, content);
const packet6 = ipv6('2001:db8::5', '2001:db8::9', 17, content);
const macs = hex('020000000001 02000000000a');
const seen4 = { src: '10.0.0.5', dst: '192.0.2.9', sport: 5001, dport: 5002, payload: 'hello' };
const seen6 = { src: '2001:db8::5', dst: '2001:db8::9', sport: 5001, dport: 5002, payload: 'hello' };

interface LinkForm {
  name: string;
  linkType?: number;
  /** Puts the packet into a frame. */
  wrap(packet: Buffer): Buffer;
  vlans?: number[];
  mac?: string | undefined;
}

const mplsLabel = (label: number, bottom: boolean) => u32((label << 12) | (bottom ? 0x100 : 0) | 64);
const tagged =
  (...tags: number[]) =>
  (packet: Buffer) =>
    Buffer.concat([macs, u16(...tags, etherTypeOf(packet)), packet]);
const onEthernet =
  (type: number, ...head: Buffer[]) =>
  (packet: Buffer) =>
    Buffer.concat([macs, u16(type), ...head, packet]);
const ppp = (packet: Buffer) => u16(etherTypeOf(packet) === 0x0800 ? 0x21 : 0x57);
const session = (packet: Buffer) => Buffer.concat([hex('1100 0007'), u16(packet.length + 2), ppp(packet), packet]);
const snap = (packet: Buffer) => Buffer.concat([hex('aaaa03 000000'), u16(etherTypeOf(packet)), packet]);
const inner = (packet: Buffer, mac: string) => ethernet(packet, mac, '02:00:00:00:00:99');
const none = { mac: undefined };

const forms: readonly LinkForm[] = [
  { name: 'Ethernet II', wrap: (packet) => ethernet(packet) },
  { name: '802.3 with LLC and SNAP', wrap: (packet) => Buffer.concat([macs, u16(packet.length + 8), snap(packet)]) },
  { name: '802.1Q', wrap: tagged(0x8100, 0xe014), vlans: [20] },
  { name: 'QinQ 0x88a8', wrap: tagged(0x88a8, 100, 0x8100, 20), vlans: [100, 20] },
  { name: 'QinQ 0x9100', wrap: tagged(0x9100, 100, 0x8100, 20), vlans: [100, 20] },
  { name: 'QinQ 0x9200', wrap: tagged(0x9200, 100, 0x8100, 20), vlans: [100, 20] },
  { name: 'three tags', wrap: tagged(0x8100, 1, 0x8100, 2, 0x8100, 3), vlans: [1, 2] },
  {
    name: '802.1Q with LLC and SNAP',
    wrap: (packet) => Buffer.concat([macs, u16(0x8100, 20, packet.length + 8), snap(packet)]),
    vlans: [20],
  },
  { name: 'MPLS, one label', wrap: onEthernet(0x8847, mplsLabel(16, true)) },
  { name: 'MPLS, two labels', wrap: onEthernet(0x8847, mplsLabel(1000, false), mplsLabel(16, true)) },
  { name: 'MPLS, three labels', wrap: onEthernet(0x8847, mplsLabel(0xfffff, false), mplsLabel(1000, false), mplsLabel(16, true)) },
  { name: 'MPLS multicast', wrap: onEthernet(0x8848, mplsLabel(16, true)) },
  { name: 'MPLS in 802.1Q', wrap: (packet) => Buffer.concat([macs, u16(0x8100, 20, 0x8847), mplsLabel(16, true), packet]), vlans: [20] },
  {
    name: 'a pseudowire with control word',
    wrap: (packet) => Buffer.concat([macs, u16(0x8847), mplsLabel(16, true), hex('00000000'), inner(packet, '02:00:00:00:00:0c')]),
    mac: '02:00:00:00:00:0c',
  },
  {
    name: 'a pseudowire without control word',
    wrap: (packet) => Buffer.concat([macs, u16(0x8847), mplsLabel(16, true), inner(packet, '02:00:00:00:00:0c')]),
    mac: '02:00:00:00:00:0c',
  },
  {
    name: 'a pseudowire without control word, to a hardware address that begins with 00',
    wrap: (packet) => Buffer.concat([macs, u16(0x8847), mplsLabel(16, true), ethernet(packet, '00:00:5e:00:53:0c', '00:00:5e:00:53:01')]),
    mac: '00:00:5e:00:53:0c',
  },
  { name: 'PPPoE session', wrap: (packet) => Buffer.concat([macs, u16(0x8864), session(packet)]) },
  { name: 'PPPoE in 802.1Q', wrap: (packet) => Buffer.concat([macs, u16(0x8100, 35, 0x8864), session(packet)]), vlans: [35] },
  { name: 'transparent bridging', wrap: (packet) => Buffer.concat([macs, u16(0x6558), inner(packet, insideMac)]) },
  {
    name: 'Linux cooked',
    linkType: 113,
    wrap: (packet) => Buffer.concat([u16(0, 1, 6), hex('02000000000a 0000'), u16(etherTypeOf(packet)), packet]),
  },
  {
    name: 'Linux cooked with 802.1Q',
    linkType: 113,
    wrap: (packet) => Buffer.concat([u16(0, 1, 6), hex('02000000000a 0000'), u16(0x8100, 20, etherTypeOf(packet)), packet]),
    vlans: [20],
  },
  {
    name: 'Linux cooked, protocol 4: LLC and SNAP',
    linkType: 113,
    wrap: (packet) => Buffer.concat([u16(0, 1, 6), hex('02000000000a 0000 0004'), snap(packet)]),
  },
  {
    name: 'Linux cooked of a link without addresses',
    linkType: 113,
    wrap: (packet) => Buffer.concat([u16(0, 0xfffe, 0), Buffer.alloc(8), u16(etherTypeOf(packet)), packet]),
    ...none,
  },
  {
    name: 'Linux cooked version 2',
    linkType: 276,
    wrap: (packet) => Buffer.concat([u16(etherTypeOf(packet), 0), hex('00000002 0001 00 06 02000000000a 0000'), packet]),
  },
  { name: 'raw IP', linkType: 101, wrap: (packet) => packet, ...none },
  { name: 'raw IP of BSD', linkType: 12, wrap: (packet) => packet, ...none },
  { name: 'null, little endian', linkType: 0, wrap: (packet) => Buffer.concat([hex('02000000'), packet]), ...none },
  { name: 'null, IPv6 of macOS', linkType: 0, wrap: (packet) => Buffer.concat([hex('1e000000'), packet]), ...none },
  { name: 'loop, big endian', linkType: 108, wrap: (packet) => Buffer.concat([hex('00000018'), packet]), ...none },
  { name: 'PPP with address and control', linkType: 9, wrap: (packet) => Buffer.concat([hex('ff03'), ppp(packet), packet]), ...none },
  { name: 'PPP without address and control', linkType: 9, wrap: (packet) => Buffer.concat([ppp(packet), packet]), ...none },
  { name: 'PPP, protocol in one byte', linkType: 50, wrap: (packet) => Buffer.concat([ppp(packet).subarray(1), packet]), ...none },
  { name: 'PPPoE as link type', linkType: 51, wrap: session, ...none },
  { name: 'Cisco HDLC', linkType: 104, wrap: (packet) => Buffer.concat([hex('0f00'), u16(etherTypeOf(packet)), packet]), ...none },
];

describe('the link layer', () => {
  it.each(forms)('finds the packet in $name, IPv4 and IPv6', ({ linkType = 1, wrap, vlans = [], ...form }) => {
    const mac = 'mac' in form ? form.mac : insideMac;
    for (const [packet, seen] of [
      [packet4, seen4],
      [packet6, seen6],
    ] as const) {
      const decoding = decodeOne(wrap(packet), linkType);
      expect(decoding.anomalies).toEqual({});
      expect(decoding.packets).toHaveLength(1);
      expect(decoding.last).toMatchObject({ ...seen, vlans, mac });
      expect(isSupportedLinkType(linkType)).toBe(true);
    }
  });

  it.each(forms)('is not thrown off by any prefix of $name, nor shows a packet of less than its headers', ({ linkType = 1, wrap }) => {
    const decoding = new Decoding();
    for (const packet of [packet4, packet6]) {
      const whole = wrap(packet);
      const headers = whole.length - content.length;
      for (let length = 0; length < whole.length; length++) {
        const packets = decoding.packetsOf(whole.subarray(0, length), linkType, whole.length);
        if (length < headers) expect(packets, `${length} bytes`).toEqual([]);
        for (const { payload } of packets) expect('hello'.startsWith(payload)).toBe(true);
      }
    }
  });

  it.each(forms)('is not thrown off by any changed byte of $name', ({ linkType = 1, wrap }) => {
    const decoding = new Decoding();
    const whole = wrap(packet4);
    for (let at = 0; at < whole.length; at++) {
      for (const change of [0x01, 0x80, 0xff]) {
        const changed = Buffer.from(whole);
        changed[at]! ^= change;
        expect(decoding.packetsOf(changed, linkType).length).toBeLessThan(4);
      }
    }
  });

  it.each(Object.keys(encapsulations))('finds the same packet in the form "%s" of the frame generator', (name) => {
    const { bytes, linkType } = encapsulations[name]!(ethernet(packet4));
    expect(decodeOne(bytes, linkType).last).toMatchObject(seen4);
  });

  it('does not take Ethernet padding for payload', () => {
    const padded = Buffer.concat([ethernet(ipv4('10.0.0.5', '192.0.2.9', 17, udp(1, 2, text('x')))), Buffer.alloc(17, 0x58)]);
    expect(decodeOne(padded).last).toMatchObject({ payload: 'x', payloadLength: 1 });
    const acknowledgement = ipv4('10.0.0.5', '192.0.2.9', 6, hex('0001 0002 00000001 00000002 5010 2000 0000 0000'));
    const decoding = decodeOne(Buffer.concat([ethernet(acknowledgement), Buffer.alloc(6, 0x58)]));
    expect(decoding.last).toMatchObject({ payload: '', payloadLength: 0 });
    const six = Buffer.concat([ethernet(packet6), Buffer.alloc(9, 0x58)]);
    expect(decodeOne(six).last).toMatchObject(seen6);
  });

  it('does not take padding behind an 802.3 or PPPoE length for payload', () => {
    const unknown = ipv4('10.0.0.5', '192.0.2.9', 17, udp(1, 2, text('x')), { totalLength: 0 });
    const llc = Buffer.concat([macs, u16(unknown.length + 8), snap(unknown), Buffer.alloc(9, 0x58)]);
    expect(decodeOne(llc).last?.payload).toBe('x');
    const pppoe = Buffer.concat([macs, u16(0x8864), session(unknown), Buffer.alloc(9, 0x58)]);
    expect(decodeOne(pppoe).last?.payload).toBe('x');
  });

  it('reads IP straight in LLC (RFC 948)', () => {
    expect(decodeOne(Buffer.concat([macs, u16(packet4.length + 3), hex('060603'), packet4])).last).toMatchObject(seen4);
  });

  it.each([
    ['spanning tree', Buffer.concat([macs, u16(38), hex('424203'), Buffer.alloc(35)])],
    ['LLDP', Buffer.concat([macs, u16(0x88cc), Buffer.alloc(40)])],
    ['PPPoE discovery', Buffer.concat([macs, u16(0x8863), hex('1109 0000 0004 0101 0000')])],
    ['a PPPoE session that carries LCP', Buffer.concat([macs, u16(0x8864), hex('1100 0007 0006 c021 0901 0004')])],
    ['an unknown protocol', Buffer.concat([macs, u16(0x1234), Buffer.alloc(40)])],
    ['type 0', Buffer.concat([macs, u16(0), Buffer.alloc(40)])],
  ])('leaves %s alone without calling it a fault', (_name, frame) => {
    const decoding = decodeOne(frame);
    expect(decoding.packets).toEqual([]);
    expect(decoding.anomalies).toEqual({});
    expect(decoding.decoder.framesNotIp).toBe(1);
  });

  it('counts a truncated header once', () => {
    expect(decodeOne(macs).anomalies).toEqual({ 'link.truncated': 1 });
    expect(decodeOne(Buffer.alloc(0)).anomalies).toEqual({ 'link.truncated': 1 });
  });

  it('refuses a stack of tags that nobody sends, and counts it', () => {
    const tags = Array.from({ length: 40 }, () => [0x8100, 5]).flat();
    const decoding = decodeOne(tagged(...tags)(packet4));
    expect(decoding.packets).toEqual([]);
    expect(decoding.anomalies).toEqual({ 'link.too-many-tags': 1 });
  });

  it('reads at most 16 labels of a stack without an end', () => {
    const labels = Array.from({ length: 5000 }, () => mplsLabel(16, false));
    expect(decodeOne(onEthernet(0x8847, ...labels)(packet4)).packets).toEqual([]);
  });

  it('counts a link type that it does not know', () => {
    expect(isSupportedLinkType(147)).toBe(false);
    expect(decodeOne(ethernet(packet4), 147).anomalies).toEqual({ 'link.unknown-type': 1 });
  });

  it('forgets hardware address and tags of the frame before', () => {
    const decoding = decodeOne(tagged(0x88a8, 100, 0x8100, 20)(packet4)).decode(packet4, 101);
    expect(decoding.last).toMatchObject({ vlans: [], mac: undefined });
  });
});
