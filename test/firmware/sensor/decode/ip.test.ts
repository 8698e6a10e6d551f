import { describe, expect, it } from 'vitest';
import { decodeOne } from '../observe/decoded.ts';
import { ethernet, hex, ipv4, ipv6, text, u16, u32, udp } from '../observe/traffic.ts';

const content = udp(5001, 5002, text('hello'));
const four = (shape = {}, payload: Uint8Array = content) => ipv4('10.0.0.5', '192.0.2.9', 17, payload, shape);
const six = (nextHeader: number, ...parts: Uint8Array[]) => ipv6('2001:db8::5', '2001:db8::9', nextHeader, Buffer.concat(parts));
const extension = (nextHeader: number, units = 0) => Buffer.concat([Buffer.from([nextHeader, units]), Buffer.alloc(6 + units * 8)]);
const fragment = (nextHeader: number, offsetAndFlags: number) =>
  Buffer.concat([Buffer.from([nextHeader, 0]), u16(offsetAndFlags), u32(0x1234)]);
const of = (packet: Uint8Array) => decodeOne(ethernet(packet));
const changed = (packet: Buffer, at: number, ...bytes: number[]) => {
  const copy = Buffer.from(packet);
  copy.set(bytes, at);
  return copy;
};

describe('IPv4', () => {
  it.each([4, 8, 24, 40])('reads over %i bytes of options', (length) => {
    const decoding = of(four({ options: Buffer.alloc(length, 1) }));
    expect(decoding.last).toMatchObject({ payload: 'hello', ipLength: 33 + length });
    expect(decoding.anomalies).toEqual({});
  });

  it('takes the end of the frame for the length where offload left a 0', () => {
    const decoding = of(four({ totalLength: 0 }));
    expect(decoding.last).toMatchObject({ payload: 'hello', payloadLength: 5, ipLength: 33 });
    expect(decoding.anomalies).toEqual({});
  });

  it('says how long the packet was on the wire where the snapshot length cut it', () => {
    const whole = ethernet(four({}, udp(5001, 5002, Buffer.alloc(1200, 0x41))));
    const { last } = decodeOne(whole.subarray(0, 60), 1, whole.length);
    expect(last).toMatchObject({ ipLength: 1228, payloadLength: 1200, payload: 'A'.repeat(18) });
  });

  it.each([
    ['a version that is not 4', changed(four(), 0, 0x55), 'ip.bad-version'],
    ['a header shorter than 20 bytes', changed(four(), 0, 0x44), 'ip.bad-header-length'],
    ['a length shorter than the header', changed(four(), 2, 0, 19), 'ip.bad-total-length'],
    ['options beyond the frame', changed(four(), 0, 0x4f, 0, 0, 60), 'ip.truncated'],
    ['half a header', four().subarray(0, 19), 'ip.truncated'],
  ])('refuses %s and counts it', (_name, packet, anomaly) => {
    const decoding = of(Buffer.concat([hex('020000000001 02000000000a 0800'), packet]).subarray(14));
    expect(decodeOne(Buffer.concat([hex('020000000001 02000000000a 0800'), packet])).anomalies).toEqual({ [anomaly]: 1 });
    expect(decoding.packets).toEqual([]);
  });

  it('reads ICMP type and code in place of ports, and gives packets of other protocols without ports', () => {
    expect(of(ipv4('10.0.0.5', '192.0.2.9', 1, hex('0304 0000 00000000'))).last).toMatchObject({ sport: 3, dport: 4 });
    expect(of(ipv4('10.0.0.5', '192.0.2.9', 50, Buffer.alloc(40, 7))).last).toMatchObject({ protocol: 50, sport: 0, dport: 0 });
  });
});

describe('IPv6', () => {
  it.each([
    ['no extension header', six(17, content)],
    ['hop-by-hop options', six(0, extension(17), content)],
    ['routing', six(43, extension(17, 2), content)],
    ['destination options', six(60, extension(17, 1), content)],
    ['mobility', six(135, extension(17), content)],
    ['host identity', six(139, extension(17), content)],
    ['shim6', six(140, extension(17), content)],
    ['authentication (lengths of 4 bytes)', six(51, Buffer.concat([Buffer.from([17, 4]), Buffer.alloc(22)]), content)],
    ['several', six(0, extension(43), extension(60, 1), extension(17), content)],
    ['an atomic fragment (RFC 6946)', six(44, fragment(17, 0), content)],
    ['options behind an atomic fragment', six(44, fragment(60, 0), extension(17), content)],
  ])('reads the upper layer behind %s', (_name, packet) => {
    const decoding = of(packet);
    expect(decoding.anomalies).toEqual({});
    expect(decoding.last).toMatchObject({
      src: '2001:db8::5',
      dst: '2001:db8::9',
      protocol: 17,
      sport: 5001,
      payload: 'hello',
      payloadLength: 5,
    });
  });

  it('reads 16 extension headers, and refuses more', () => {
    const chain = (count: number) => Array.from({ length: count }, (_, index) => extension(index === count - 1 ? 17 : 60));
    expect(of(six(60, ...chain(16), content)).last?.payload).toBe('hello');
    const decoding = of(six(60, ...chain(18), content));
    expect(decoding.packets).toEqual([]);
    expect(decoding.anomalies).toEqual({ 'ip.too-many-extensions': 1 });
  });

  it('takes the end of the frame where the length is 0: a jumbogram (RFC 2675) or offload', () => {
    expect(of(ipv6('2001:db8::5', '2001:db8::9', 17, content, 0)).last).toMatchObject({ payload: 'hello', payloadLength: 5 });
  });

  it('gives a packet without a next header (59) as such', () => {
    expect(of(six(59, content)).last).toMatchObject({ protocol: 59, sport: 0 });
  });

  it.each([
    ['half a header', six(17, content).subarray(0, 39)],
    ['an extension header beyond its end', six(0, Buffer.from([17, 200]), Buffer.alloc(6))],
    [
      'an extension header beyond the packet, though the frame goes on',
      ipv6('2001:db8::5', '2001:db8::9', 60, Buffer.concat([Buffer.from([17, 1]), Buffer.alloc(200)]), 8),
    ],
    ['half a fragment header', six(44, Buffer.from([17, 0, 0, 1]))],
  ])('refuses %s and counts it', (_name, packet) => {
    const decoding = decodeOne(Buffer.concat([hex('020000000001 02000000000a 86dd'), packet]));
    expect(decoding.packets).toEqual([]);
    expect(decoding.anomalies).toEqual({ 'ip.truncated': 1 });
  });

  it('refuses a version that is not 6', () => {
    expect(decodeOne(Buffer.concat([hex('020000000001 02000000000a 86dd'), changed(six(17, content), 0, 0x70)])).anomalies).toEqual({
      'ip.bad-version': 1,
    });
  });
});
