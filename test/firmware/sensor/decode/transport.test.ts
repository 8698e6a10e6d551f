import { describe, expect, it } from 'vitest';
import { decodeOne } from '../observe/decoded.ts';
import { ethernet, flag, hex, icmp, ipv4, tcp, text, u16, udp } from '../observe/traffic.ts';

const of = (protocol: number, bytes: Uint8Array) => decodeOne(ethernet(ipv4('10.0.0.5', '192.0.2.9', protocol, bytes)));

describe('TCP', () => {
  it('gives ports, flags and payload, options passed over', () => {
    const segment = tcp(40_000, 443, flag.psh | flag.ack, 7, 8, Buffer.concat([Buffer.alloc(12, 1), text('hello')]));
    segment[12] = 0x80;
    expect(of(6, segment).last).toMatchObject({ sport: 40_000, dport: 443, tcpFlags: 0x18, payload: 'hello', payloadLength: 5 });
  });

  it.each([
    ['a header shorter than 20 bytes', 0x40, text('hello')],
    ['a header longer than the packet', 0xf0, text('hello')],
  ])('keeps the ports and drops the payload behind %s', (_name, offset, payload) => {
    const segment = tcp(40_000, 443, flag.ack, 7, 8, payload);
    segment[12] = offset;
    const decoding = of(6, segment);
    expect(decoding.last).toMatchObject({ sport: 40_000, dport: 443, payload: '', payloadLength: 0 });
    expect(decoding.anomalies).toEqual({ 'transport.bad-header-length': 1 });
  });

  it('counts a header that was cut, and shows no payload', () => {
    for (const length of [0, 3, 4, 13, 19]) {
      const decoding = of(6, tcp(40_000, 443, flag.ack).subarray(0, length));
      expect(decoding.anomalies).toEqual({ 'transport.truncated': 1 });
      expect(decoding.last?.payload).toBe('');
    }
  });

  it('takes a header whose options the snapshot length cut without payload', () => {
    const segment = tcp(40_000, 443, flag.syn, 7, 8, Buffer.alloc(20, 1));
    segment[12] = 0xa0;
    const whole = ethernet(ipv4('10.0.0.5', '192.0.2.9', 6, segment));
    const decoding = decodeOne(whole.subarray(0, 60), 1, whole.length);
    expect(decoding.last).toMatchObject({ sport: 40_000, tcpFlags: flag.syn, payload: '' });
  });

  it('shows no payload of a segment of which none was captured, and knows its length', () => {
    const whole = ethernet(ipv4('10.0.0.5', '192.0.2.9', 6, tcp(1, 2, flag.ack, 1, 1, Buffer.alloc(900))));
    expect(decodeOne(whole.subarray(0, 54), 1, whole.length).last).toMatchObject({ payload: '', payloadLength: 900 });
  });
});

describe('UDP', () => {
  it('cuts the payload to its own length', () => {
    const datagram = Buffer.concat([udp(1, 2, text('hello')), text('behind')]);
    expect(of(17, datagram).last).toMatchObject({ payload: 'hello', payloadLength: 5 });
  });

  it('takes the length of the packet where its own is 0 (RFC 2675, offload)', () => {
    const datagram = udp(1, 2, text('hello'));
    datagram.set([0, 0], 4);
    const decoding = of(17, datagram);
    expect(decoding.last).toMatchObject({ payload: 'hello', payloadLength: 5 });
    expect(decoding.anomalies).toEqual({});
  });

  it.each([7, 1, 14, 0xffff])('drops the payload behind a length of %i', (length) => {
    const datagram = udp(1, 2, text('hello'));
    datagram.set(u16(length), 4);
    const decoding = of(17, datagram);
    expect(decoding.anomalies).toEqual({ 'transport.bad-length': 1 });
    expect(decoding.last).toMatchObject({ sport: 1, dport: 2, payload: '' });
  });

  it('counts a header that was cut', () => {
    for (let length = 0; length < 8; length++)
      expect(of(17, udp(1, 2, text('hello')).subarray(0, length)).anomalies).toEqual({ 'transport.truncated': 1 });
  });
});

describe('ICMP', () => {
  it.each([1, 58])('gives type and code of protocol %i, and what follows', (protocol) => {
    expect(of(protocol, icmp(3, 1, text('....body'))).last).toMatchObject({ sport: 3, dport: 1, payload: '....body' });
  });

  it.each([
    [1, 8, 0],
    [58, 128, 129],
  ])('gives the type of question and answer of protocol %i, whichever of them it is', (protocol, asked, answered) => {
    expect(of(protocol, icmp(asked, 0, text(''))).last).toMatchObject({ sport: asked, dport: answered });
    expect(of(protocol, icmp(answered, 0, text(''))).last).toMatchObject({ sport: answered, dport: asked });
  });

  it('counts what is too short', () => {
    expect(of(1, hex('0800 00')).anomalies).toEqual({ 'transport.truncated': 1 });
  });
});

it('leaves nothing of the packet before in one without ports', () => {
  const decoding = of(6, tcp(40_000, 443, 0xff));
  decoding.decode(ethernet(ipv4('10.0.0.5', '192.0.2.9', 50, Buffer.alloc(8))));
  expect(decoding.last).toMatchObject({ sport: 0, dport: 0, tcpFlags: 0 });
});
