/**
 * Writes a capture of traffic that means harm: `node test/bench/generate-hostile.ts FILE [--packets N] [--seed N]`. Equal shares of a SYN
 * flood with random sources, DNS questions for random names, fragments that never complete and overlap, and frames cut inside a header.
 */

import { parseArgs } from 'node:util';
import { Corpus } from '../fuzz/corpus.ts';
import { fragments4, fragments6 } from '../fuzz/fragments.ts';
import { Random } from '../fuzz/random.ts';
import { captureStartMicros, type Generated } from './generate-office.ts';
import { type Progress, startProgress } from './progress.ts';
import { dnsQuery, dnsTypes } from './traffic/dns-message.ts';
import { Network, planted, plantedServer } from './traffic/network.ts';
import { Path, put16, put32, Segment, tcpFlags } from './traffic/path.ts';
import { PcapWriter } from './traffic/pcap-writer.ts';

/** 100,000 packets a second. */
const packetGapMicros = 10;
/** In the middle of the flood, one contact in so many packets that the bench's indicator list names. */
const plantedEvery = 100_000;
/** Offsets in a frame of Ethernet and IPv4 without options. */
const at = { ipv4Identification: 18, ipv4Fragment: 20, ipv4Source: 26, ports: 34, sequence: 38, ipv6Source: 22, ipv6Fragment: 56 } as const;
const labelAlphabet = 'abcdefghijklmnopqrstuvwxyz0123456789-';
/** Cuts fall in the first bytes, where the headers are. */
const cutBytesMax = 160;
const fragmentIds = 5000;

class HostileTraffic {
  private readonly random: Random;
  private readonly network: Network;
  private readonly syns: Buffer[];
  private readonly parts4: Buffer[];
  private readonly parts6: Buffer[];
  private readonly whole: Buffer[];
  private readonly segment = new Segment();

  constructor(seed: number) {
    this.random = new Random(seed);
    this.network = new Network(this.random);
    this.syns = this.network.clients.slice(0, 20).map((client) => {
      const [inside, outside] = this.network.ends(client, plantedServer('flood.example'), 40_000);
      return this.syn(new Path({ ...outside, address: Buffer.from([198, 18, 0, 1]) }, { ...inside, address: client.v4, port: 443 }, 6));
    });
    const frames = new Corpus(seed).next().filter((frame) => frame.linkType === 1);
    this.whole = frames.map((frame) => frame.bytes);
    const large = this.whole.filter((frame) => frame.length > 500);
    this.parts4 = large.filter((frame) => frame.readUInt16BE(12) === 0x0800 && frame[at.ipv4Fragment] === 0x40).flatMap(fragments4);
    this.parts6 = large.filter((frame) => frame.readUInt16BE(12) === 0x86dd && frame[20] === 17).flatMap(fragments6);
    if (this.parts6.length === 0) this.parts6 = this.parts4;
  }

  /** Writes packet `number` and gives its length. */
  next(number: number, out: Buffer, start: number): number {
    if (number % plantedEvery === plantedEvery / 2) return this.question(`host.${planted.domain}`, out, start);
    switch (number & 3) {
      case 0:
        return this.floodSyn(out, start);
      case 1:
        return this.question(this.randomName(), out, start);
      case 2:
        return this.fragment(out, start);
      default:
        return this.cut(out, start);
    }
  }

  private syn(path: Path): Buffer {
    const frame = Buffer.alloc(128);
    this.segment.flags = tcpFlags.syn;
    return frame.subarray(0, path.tcp(frame, 0, this.segment));
  }

  private floodSyn(out: Buffer, start: number): number {
    const { random } = this;
    const template = this.syns[random.below(this.syns.length)]!;
    template.copy(out, start);
    const first = random.between(1, 223);
    put32(out, start + at.ipv4Source, ((first === 10 || first === 127 ? 11 : first) << 24) | (random.i32() >>> 8));
    put16(out, start + at.ports, random.between(1024, 65_535));
    put32(out, start + at.sequence, random.i32());
    return template.length;
  }

  private question(name: string, out: Buffer, start: number): number {
    const { random } = this;
    const [near, far] = this.network.toResolver(this.network.anyClient());
    const type = random.pick([dnsTypes.a, dnsTypes.aaaa, dnsTypes.https]);
    this.segment.payload(dnsQuery({ id: random.below(65_536), name, type }, random.chance(0.5)));
    return new Path(near, far, 17).udp(out, start, this.segment);
  }

  private randomName(): string {
    const { random } = this;
    let name = '';
    for (let labels = random.between(1, 3); labels > 0; labels--) {
      for (let left = random.between(4, 30); left > 0; left--) name += labelAlphabet[random.below(labelAlphabet.length)];
      name += '.';
    }
    return `${name}${random.pick(['example', 'test', 'com.example'])}`;
  }

  /** One part of a packet whose other part never comes, at an offset that overlaps what came before under the same number. */
  private fragment(out: Buffer, start: number): number {
    const { random } = this;
    const version6 = random.chance(0.5);
    const parts = version6 ? this.parts6 : this.parts4;
    const template = parts[random.below(parts.length)]!;
    template.copy(out, start);
    const units = random.below(60);
    if (template.readUInt16BE(12) === 0x86dd) {
      put16(out, start + at.ipv6Fragment, (units << 3) | 1);
      put32(out, start + at.ipv6Fragment + 2, random.below(fragmentIds * 20));
    } else {
      put16(out, start + at.ipv4Identification, random.below(fragmentIds));
      put16(out, start + at.ipv4Fragment, 0x2000 | units);
      put32(out, start + at.ipv4Source, (198 << 24) | (18 << 16) | random.below(20));
    }
    return template.length;
  }

  private cut(out: Buffer, start: number): number {
    const whole = this.whole[this.random.below(this.whole.length)]!;
    const length = this.random.below(Math.min(whole.length, cutBytesMax));
    whole.copy(out, start, 0, length);
    return length;
  }
}

export function generateHostile(path: string, options: { packets: number; seed: number }, progress: Progress): Generated {
  const traffic = new HostileTraffic(options.seed);
  const writer = new PcapWriter(path);
  for (let number = 0; number < options.packets; number++) {
    writer.end(traffic.next(number, writer.bytes, writer.begin()), captureStartMicros + number * packetGapMicros);
    if ((number & 0xffff) === 0) progress.show(number, options.packets);
  }
  writer.close();
  return { packets: writer.packets, bytes: writer.bytesWritten, conversations: 0 };
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { packets: { type: 'string', default: '3000000' }, seed: { type: 'string', default: '1' } },
  });
  const progress = startProgress('hostile traffic');
  const options = { packets: Number(values.packets), seed: Number(values.seed) };
  progress.done(JSON.stringify(generateHostile(positionals[0] ?? 'hostile.pcap', options, progress)));
}
