import { describe, expect, it } from 'vitest';
import { MirrorSample } from '../../../../firmware/command/doctor/mirror-sample.ts';
import { ipv4, tcp, udp } from '../../sensor/capture/shed-frames.ts';

const ourMac = '02:00:00:00:00:99';
const machines = { a: '020000000001', b: '020000000002', ours: ourMac.replaceAll(':', ''), all: 'ffffffffffff' };

function sample(): MirrorSample {
  return new MirrorSample({ hardware: new Set([ourMac]), ip: new Set(['10.0.0.9']) });
}

function put(into: MirrorSample, from: keyof typeof machines, to: keyof typeof machines, packet: Buffer, times = 1): void {
  const bytes = Buffer.concat([Buffer.from(`${machines[to]}${machines[from]}0800`, 'hex'), packet]);
  for (let count = 0; count < times; count++)
    into.take({ bytes, start: 0, end: bytes.length, originalLength: bytes.length, tsMicros: 0, linkType: 1 });
}

function between(source: number[], destination: number[], protocol = 6): Buffer {
  const packet = ipv4(protocol, protocol === 6 ? tcp(1, 2, 0x10) : udp(1, 2, Buffer.alloc(8)));
  packet.set([...source, ...destination], 12);
  return packet;
}

const [one, two, us] = [
  [10, 0, 0, 1],
  [10, 0, 0, 2],
  [10, 0, 0, 9],
];

describe('the judgement of a port', () => {
  it('calls nothing silent, and frames of our own or to everybody no mirror', () => {
    expect(sample().verdict()).toBe('silent');
    const port = sample();
    put(port, 'ours', 'a', between(us!, one!), 30);
    put(port, 'a', 'ours', between(one!, us!), 30);
    put(port, 'a', 'all', between(one!, [10, 0, 0, 255], 17), 30);
    expect([port.verdict(), port.own, port.group, port.foreign]).toEqual(['not-a-mirror', 60, 30, 0]);
  });

  it('does not take a few frames that a switch floods for a mirror', () => {
    const port = sample();
    put(port, 'a', 'b', between(one!, two!), 5);
    expect(port.verdict()).toBe('too-little');
  });

  it('wants both ways of most TCP, and is not led astray by one stream of video', () => {
    const half = sample();
    put(half, 'a', 'b', between(one!, two!), 100);
    put(half, 'a', 'b', between(one!, [10, 0, 0, 3]), 10);
    put(half, 'b', 'a', between([10, 0, 0, 3], one!), 10);
    expect(half.verdict()).toBe('one-way');
    const whole = sample();
    put(whole, 'a', 'b', between(one!, two!, 17), 1_000);
    put(whole, 'a', 'b', between(one!, [10, 0, 0, 3]), 15);
    put(whole, 'b', 'a', between([10, 0, 0, 3], one!), 15);
    expect(whole.verdict()).toBe('ok');
  });

  it('looks inside a remote mirror, whose frames are sent to us', () => {
    // IP-in-IP stands for any tunnel: protocol 4.
    const inside = (packet: Buffer) => {
      const outer = ipv4(4, packet);
      outer.set([...one!, ...us!], 12);
      return outer;
    };
    const port = sample();
    put(port, 'a', 'ours', inside(between([192, 168, 1, 1], [192, 168, 1, 2])), 20);
    put(port, 'a', 'ours', inside(between([192, 168, 1, 2], [192, 168, 1, 1])), 20);
    expect([port.verdict(), port.twoWayPairs, port.foreign]).toEqual(['ok', 1, 40]);
  });

  it('keeps a bounded number of pairs', () => {
    const port = sample();
    for (let host = 0; host < 6_000; host++) put(port, 'a', 'b', between([10, 1, host >> 8, host & 255], two!));
    expect(port.oneWayPairs).toBe(4_096);
    expect(port.foreign).toBe(6_000);
  });
});
