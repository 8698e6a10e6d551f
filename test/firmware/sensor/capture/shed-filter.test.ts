import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCaptureFile } from '../../../../firmware/sensor/capture/capture-file.ts';
import { shedFilter } from '../../../../firmware/sensor/capture/shed-filter.ts';
import { pcap } from './capture-bytes.ts';
import { encapsulations, ipv4, ipv6, tcp, udp } from './shed-frames.ts';

const ACK = 0x10;
const PUSH_ACK = 0x18;
const tcpdump = spawnSync('tcpdump', ['--version']);
const quic = (firstByte: number, version: number): Buffer => {
  const bytes = Buffer.alloc(1200, 7);
  bytes[0] = firstByte;
  bytes.writeUInt32BE(version, 1);
  return bytes;
};
const record = (type: number): Buffer => Buffer.concat([Buffer.from([type, 3, 3, 4, 0]), Buffer.alloc(600, 9)]);
const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');

type Segment = [name: string, protocol: 6 | 17, bytes: Buffer];

const kept: Segment[] = [
  ['a SYN', 6, tcp(50000, 4444, 0x02)],
  ['a SYN and ACK', 6, tcp(4444, 50000, 0x12)],
  ['a FIN', 6, tcp(50000, 4444, 0x11)],
  ['a RST', 6, tcp(50000, 4444, 0x04, Buffer.alloc(0), 0)],
  ['a ClientHello on any port', 6, tcp(50000, 8444, PUSH_ACK, record(0x16))],
  ['a ServerHello without TCP options', 6, tcp(443, 50000, ACK, record(0x16), 0)],
  ['the second segment of a ClientHello', 6, tcp(50000, 443, PUSH_ACK, Buffer.alloc(300, 0xab))],
  ['an HTTP request on any port', 6, tcp(50000, 8080, PUSH_ACK, ascii('GET /gate.php HTTP/1.1\r\n'))],
  ['an HTTP POST', 6, tcp(50000, 80, PUSH_ACK, ascii('POST /x HTTP/1.1\r\n'), 32)],
  ['a CONNECT', 6, tcp(50000, 3128, PUSH_ACK, ascii('CONNECT c2.example:443 HTTP/1.1\r\n'))],
  ['an HTTP response', 6, tcp(80, 50000, ACK, ascii('HTTP/1.1 200 OK\r\n'))],
  ['DNS over TCP', 6, tcp(53, 50000, PUSH_ACK, Buffer.alloc(40, 1))],
  ['a DNS query', 17, udp(50000, 53, Buffer.alloc(30))],
  ['a DNS answer', 17, udp(53, 50000, Buffer.alloc(90))],
  ['mDNS', 17, udp(5353, 5353, Buffer.alloc(90))],
  ['LLMNR', 17, udp(50000, 5355, Buffer.alloc(90))],
  ['NBNS', 17, udp(137, 137, Buffer.alloc(50))],
  ['DHCPv4', 17, udp(68, 67, Buffer.alloc(300))],
  ['DHCPv6', 17, udp(546, 547, Buffer.alloc(100))],
  ['a QUIC v1 Initial', 17, udp(50000, 443, quic(0xc3, 1))],
  ['a QUIC v2 Initial on any port', 17, udp(50000, 8443, quic(0xd3, 0x6b3343cf))],
  ['a QUIC draft-29 Initial', 17, udp(50000, 443, quic(0xc3, 0xff00001d))],
  ['VXLAN', 17, udp(50000, 4789, Buffer.alloc(200))],
];

const dropped: Segment[] = [
  ['a plain data segment', 6, tcp(4444, 50000, ACK, Buffer.alloc(1200, 5))],
  ['a data segment that ends a write', 6, tcp(4444, 50000, PUSH_ACK, Buffer.alloc(700, 5))],
  ['data of a TLS server', 6, tcp(443, 50000, PUSH_ACK, record(0x17))],
  ['data to a TLS server', 6, tcp(50000, 443, PUSH_ACK, record(0x17))],
  ['bulk data to a TLS server', 6, tcp(50000, 443, ACK, Buffer.alloc(1200, 0xab))],
  ['an acknowledgement', 6, tcp(50000, 443, ACK)],
  ['QUIC data', 17, udp(443, 50000, quic(0x43, 1))],
  ['a datagram that only looks like a long header', 17, udp(50000, 40000, quic(0xc3, 0x01020304))],
  ['a voice datagram', 17, udp(16384, 16386, Buffer.alloc(172, 0x80))],
];

function framesOf(wrap: (version: 4 | 6, packet: Uint8Array) => Buffer, segments: readonly Segment[]): [string, Buffer][] {
  return segments.flatMap(([name, protocol, bytes]): [string, Buffer][] => [
    [`${name} over IPv4`, wrap(4, ipv4(protocol, bytes))],
    [`${name} over IPv4 with options`, wrap(4, ipv4(protocol, bytes, { optionBytes: 8 }))],
    [`${name} over IPv6`, wrap(6, ipv6(protocol, bytes))],
  ]);
}

describe.skipIf(tcpdump.error !== undefined)('the shed filter, compiled by libpcap (skipped where tcpdump is absent)', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'shed-filter-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs the frames through tcpdump with the filter and returns the names of those that pass. */
  async function survivors(frames: readonly [string, Buffer][]): Promise<string[]> {
    const [input, output, filter] = ['in.pcap', 'out.pcap', 'filter.txt'].map((name) => join(folder, name)) as [string, string, string];
    writeFileSync(input, pcap(frames.map(([, bytes], index) => ({ tsMicros: index, bytes }))));
    writeFileSync(filter, shedFilter());
    execFileSync('tcpdump', ['-r', input, '-w', output, '-F', filter], { stdio: 'ignore' });
    const names: string[] = [];
    await openCaptureFile(output).run((frame) => names.push(frames[frame.tsMicros]![0]));
    return names;
  }

  describe.each(encapsulations)('in frames: $name', ({ wrap }) => {
    it('keeps what detectors need most', async () => {
      const frames = framesOf(wrap, kept);
      expect(await survivors(frames)).toEqual(frames.map(([name]) => name));
    });

    it('drops plain data', async () => {
      expect(await survivors(framesOf(wrap, dropped))).toEqual([]);
    });

    it('keeps fragments, ICMP, IPv6 extension headers and tunnels', async () => {
      const data = tcp(4444, 50000, ACK, Buffer.alloc(100, 5));
      const frames: [string, Buffer][] = [
        ['first fragment', wrap(4, ipv4(6, data, { fragment: 0x2000 }))],
        ['last fragment', wrap(4, ipv4(17, data, { fragment: 100 }))],
        ['ICMP', wrap(4, ipv4(1, data))],
        ['GRE', wrap(4, ipv4(47, data))],
        ['IPv6 fragment', wrap(6, ipv6(44, data))],
        ['IPv6 hop-by-hop', wrap(6, ipv6(0, data))],
        ['ICMPv6', wrap(6, ipv6(58, data))],
      ];
      expect(await survivors(frames)).toEqual(frames.map(([name]) => name));
      expect(await survivors([['ESP', wrap(4, ipv4(50, data))]])).toEqual([]);
    });
  });

  it('keeps ARP, also with a tag', async () => {
    const arp = Buffer.concat([Buffer.from('ffffffffffff02000000000a', 'hex'), Buffer.from('0806', 'hex'), Buffer.alloc(28)]);
    const tagged = Buffer.concat([arp.subarray(0, 12), Buffer.from('81000064', 'hex'), arp.subarray(12)]);
    expect(
      await survivors([
        ['plain', arp],
        ['tagged', tagged],
      ]),
    ).toEqual(['plain', 'tagged']);
  });

  it('stays below half of the 4096 instructions that the kernel takes', () => {
    const filter = join(folder, 'filter.txt');
    writeFileSync(filter, shedFilter());
    const program = execFileSync('tcpdump', ['-y', 'EN10MB', '-d', '-F', filter], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(program.trim().split('\n').length).toBeLessThan(2048);
  });
});
