import { describe, expect, it } from 'vitest';
import { encapsulations } from '../../../bench/traffic/encapsulation.ts';
import { Decoding, decodeOne } from '../observe/decoded.ts';
import { ethernet, etherTypeOf, hex, ipv4, ipv6, text, u16, u32, udp } from '../observe/traffic.ts';
import { answer } from './dns/message-bytes.ts';

const content = udp(5001, 5002, text('hello'));
const packets = [ipv4('10.0.0.5', '192.0.2.9', 17, content), ipv6('2001:db8::5', '2001:db8::9', 17, content)];
const inner = { sport: 5001, dport: 5002, payload: 'hello', payloadLength: 5, depth: 1, carriesPacket: false };
const innerMac = '02:00:00:00:00:77';
const framed = (packet: Buffer) => ethernet(packet, innerMac, '02:00:00:00:00:78');

const outer = (protocol: number, ...parts: Uint8Array[]) => ethernet(ipv4('198.51.100.1', '198.51.100.2', protocol, Buffer.concat(parts)));
const outer6 = (protocol: number, ...parts: Uint8Array[]) =>
  ethernet(ipv6('2001:db8:1::1', '2001:db8:1::2', protocol, Buffer.concat(parts)));
const inUdp = (sport: number, dport: number, ...parts: Uint8Array[]) => outer(17, udp(sport, dport, Buffer.concat(parts)));
const type = (packet: Buffer) => u16(etherTypeOf(packet));
const vxlan = (flags = '08000000') => hex(`${flags} 00002a00`);

interface TunnelForm {
  name: string;
  wrap(packet: Buffer): Buffer;
  /** There is an inner Ethernet header, whose address counts. */
  mac?: true;
  only?: 4 | 6;
}

const forms: readonly TunnelForm[] = [
  { name: 'IP in IP', wrap: (packet) => outer(4, packet), only: 4 },
  { name: '6in4', wrap: (packet) => outer(41, packet), only: 6 },
  { name: 'IPv4 in IPv6', wrap: (packet) => outer6(4, packet), only: 4 },
  { name: 'IPv6 in IPv6', wrap: (packet) => outer6(41, packet), only: 6 },
  { name: 'GRE', wrap: (packet) => outer(47, hex('0000'), type(packet), packet) },
  { name: 'GRE in IPv6', wrap: (packet) => outer6(47, hex('0000'), type(packet), packet) },
  { name: 'GRE with checksum', wrap: (packet) => outer(47, hex('8000'), type(packet), hex('1234 0000'), packet) },
  { name: 'GRE with key', wrap: (packet) => outer(47, hex('2000'), type(packet), u32(77), packet) },
  { name: 'GRE with sequence number', wrap: (packet) => outer(47, hex('1000'), type(packet), u32(1), packet) },
  { name: 'GRE with all three', wrap: (packet) => outer(47, hex('b000'), type(packet), hex('1234 0000'), u32(77, 1), packet) },
  {
    name: 'GRE with source routes',
    wrap: (packet) => outer(47, hex('4000'), type(packet), hex('0000 0000'), hex('0800 00 04 c0000201'), hex('0000 00 00'), packet),
  },
  { name: 'GRE with Ethernet inside', wrap: (packet) => outer(47, hex('0000 6558'), framed(packet)), mac: true },
  {
    name: 'PPTP',
    wrap: (packet) =>
      outer(47, hex('3081 880b'), u16(packet.length + 4, 9), u32(1, 1), hex('ff03'), u16(packet === packets[0] ? 0x21 : 0x57), packet),
  },
  { name: 'ERSPAN I', wrap: (packet) => outer(47, hex('0000 88be'), framed(packet)), mac: true },
  { name: 'ERSPAN II', wrap: (packet) => outer(47, hex('1000 88be'), u32(1), hex('1014 0001 00000000'), framed(packet)), mac: true },
  {
    name: 'ERSPAN III',
    wrap: (packet) => outer(47, hex('1000 22eb'), u32(1), hex('2014 0001 00000000 00000000'), framed(packet)),
    mac: true,
  },
  {
    name: 'ERSPAN III with a sub-header',
    wrap: (packet) => outer(47, hex('1000 22eb'), u32(1), hex('2014 0001 00000000 00000001'), Buffer.alloc(8), framed(packet)),
    mac: true,
  },
  { name: 'VXLAN', wrap: (packet) => inUdp(40_000, 4789, vxlan(), framed(packet)), mac: true },
  { name: 'VXLAN on the port of Linux', wrap: (packet) => inUdp(40_000, 8472, vxlan(), framed(packet)), mac: true },
  { name: 'VXLAN with group policy', wrap: (packet) => inUdp(40_000, 4789, vxlan('88000064'), framed(packet)), mac: true },
  { name: 'GENEVE with Ethernet inside', wrap: (packet) => inUdp(40_000, 6081, hex('0000 6558 00002a00'), framed(packet)), mac: true },
  {
    name: 'GENEVE with options',
    wrap: (packet) => inUdp(40_000, 6081, hex('0200 6558 00002a00'), Buffer.alloc(8), framed(packet)),
    mac: true,
  },
  { name: 'GENEVE with IP inside', wrap: (packet) => inUdp(40_000, 6081, hex('0000'), type(packet), hex('00002a00'), packet) },
  { name: 'Teredo', wrap: (packet) => inUdp(40_000, 3544, packet), only: 6 },
  { name: 'Teredo from the server', wrap: (packet) => inUdp(3544, 40_000, packet), only: 6 },
  { name: 'Teredo with an origin indication', wrap: (packet) => inUdp(3544, 40_000, hex('0000 63bf 3f8efdd0'), packet), only: 6 },
  {
    name: 'Teredo with authentication and origin',
    wrap: (packet) => inUdp(3544, 40_000, hex('0001 02 03 aabb ccddee 0102030405060708 00'), hex('0000 63bf 3f8efdd0'), packet),
    only: 6,
  },
];

const packetsOf = ({ only }: TunnelForm) => (only === undefined ? packets : [packets[only === 4 ? 0 : 1]!]);

describe('tunnels', () => {
  it.each(forms)('$name: shows the outer packet, then the one inside', (form) => {
    for (const packet of packetsOf(form)) {
      const decoding = decodeOne(form.wrap(packet));
      expect(decoding.anomalies).toEqual({});
      expect(decoding.packets).toHaveLength(2);
      expect(decoding.packets[0]).toMatchObject({ depth: 0, carriesPacket: true });
      expect(decoding.packets[1]).toMatchObject(inner);
      if (form.mac) expect(decoding.last?.mac).toBe(innerMac);
    }
  });

  it.each(forms)('$name: is not thrown off by any prefix or any changed byte', (form) => {
    const decoding = new Decoding();
    for (const packet of packetsOf(form)) {
      const whole = form.wrap(packet);
      for (let length = 0; length < whole.length; length++) {
        for (const { payload, depth } of decoding.packetsOf(whole.subarray(0, length), 1, whole.length))
          if (depth === 1) expect('hello'.startsWith(payload)).toBe(true);
      }
      for (let at = 0; at < whole.length; at++) {
        const changed = Buffer.from(whole);
        changed[at]! ^= 0xff;
        expect(decoding.packetsOf(changed).length).toBeLessThan(9);
      }
    }
  });

  it.each(['ip in ip', 'gre', 'erspan 1', 'erspan 2', 'erspan 3', 'vxlan', 'geneve'])('opens "%s" of the frame generator', (name) => {
    const { bytes, linkType } = encapsulations[name]!(ethernet(packets[0]!));
    expect(decodeOne(bytes, linkType).last).toMatchObject(inner);
  });

  it('opens tunnels within tunnels down to the sixth, refuses to go deeper, and counts that', () => {
    let frame = ethernet(packets[0]!);
    for (let depth = 1; depth <= 9; depth++) {
      frame = inUdp(40_000, 4789, vxlan(), frame);
      const decoding = decodeOne(frame);
      expect(decoding.packets).toHaveLength(Math.min(depth, 6) + 1);
      expect(decoding.anomalies).toEqual(depth > 6 ? { 'tunnel.too-deep': 1 } : {});
      if (depth <= 6) expect(decoding.last).toMatchObject({ payload: 'hello', depth });
    }
  });

  it('opens a tunnel whose outer packet came in fragments', () => {
    const whole = ipv4('198.51.100.1', '198.51.100.2', 4, packets[0]!).subarray(20);
    const decoding = new Decoding();
    decoding.decode(ethernet(ipv4('198.51.100.1', '198.51.100.2', 4, whole.subarray(0, 16), { moreFollow: true })));
    decoding.decode(ethernet(ipv4('198.51.100.1', '198.51.100.2', 4, whole.subarray(16), { offset: 16 })));
    expect(decoding.last).toMatchObject(inner);
  });

  it('puts fragments inside a tunnel together, also when every tunnel packet came in fragments itself', () => {
    const decoding = new Decoding();
    const body = udp(5001, 5002, Buffer.alloc(56, 0x41));
    for (const [offset, moreFollow] of [
      [0, true],
      [32, false],
    ] as const) {
      const part = ipv4('10.0.0.5', '192.0.2.9', 17, body.subarray(offset, offset + 32), { offset, moreFollow });
      const shape = { identification: 100 + offset };
      decoding.decode(ethernet(ipv4('198.51.100.1', '198.51.100.2', 4, part.subarray(0, 24), { ...shape, moreFollow: true })));
      decoding.decode(ethernet(ipv4('198.51.100.1', '198.51.100.2', 4, part.subarray(24), { ...shape, offset: 24 })));
    }
    expect(decoding.last).toMatchObject({ src: '10.0.0.5', payload: 'A'.repeat(56) });
  });

  it.each([
    ['a DNS answer that goes to port 4789', inUdp(53, 4789, answer)],
    ['a DNS answer that goes to port 6081', inUdp(53, 6081, answer)],
    ['a datagram to port 4789 without the I flag', inUdp(40_000, 4789, vxlan('00000000'), framed(packets[0]!))],
    ['a datagram to port 4789 that is too short', inUdp(40_000, 4789, hex('080000'))],
    ['a datagram to port 6081 of another version', inUdp(40_000, 6081, hex('4000 6558 00002a00'), framed(packets[0]!))],
    ['a DNS query that is sent from port 3544', inUdp(3544, 53, answer)],
    ['a DNS answer that goes to port 3544', inUdp(53, 3544, answer)],
    ['a datagram to port 3544 that holds no IPv6 packet', inUdp(40_000, 3544, text('GET / HTTP/1.1'))],
  ])('does not take %s for a tunnel, so that its payload is read', (_name, frame) => {
    const decoding = decodeOne(frame);
    expect(decoding.packets).toHaveLength(1);
    expect(decoding.last?.carriesPacket).toBe(false);
  });

  it('counts a tunnel header that was cut', () => {
    const whole = outer(47, hex('b000'), u16(0x0800), hex('1234 0000'), u32(77, 1), packets[0]!);
    const decoding = decodeOne(whole.subarray(0, 14 + 20 + 9), 1, whole.length);
    expect(decoding.packets).toHaveLength(1);
    expect(decoding.anomalies).toEqual({ 'tunnel.truncated': 1 });
  });

  it('leaves GRE with something else inside alone', () => {
    expect(decodeOne(outer(47, hex('0000 88cc'), Buffer.alloc(40))).packets).toHaveLength(1);
  });
});
