import { describe, expect, it } from 'vitest';
import { AnomalyCounter } from '../../../../firmware/sensor/decode/anomaly.ts';
import { FrameDecoder } from '../../../../firmware/sensor/decode/frame-decoder.ts';
import { Corpus } from '../../../fuzz/corpus.ts';
import { Random } from '../../../fuzz/random.ts';
import { Decoding, decodeOne } from '../observe/decoded.ts';
import { arpReply, ethernet, hex, ipv4, text, udp } from '../observe/traffic.ts';

describe('FrameDecoder', () => {
  it('gives the sender of an ARP packet, and nothing of one that is not Ethernet and IPv4, or has no address yet', () => {
    const arp = arpReply('02:00:00:00:00:33', '10.0.0.51');
    expect(decodeOne(arp).arps).toEqual([{ mac: '02:00:00:00:00:33', address: '10.0.0.51', vlan: -1 }]);
    expect(decodeOne(arpReply('02:00:00:00:00:33', '0.0.0.0')).arps).toEqual([]);
    const other = Buffer.from(arp);
    other[15] = 6;
    expect(decodeOne(other).arps).toEqual([]);
    for (let length = 14; length < 32; length++) expect(decodeOne(arp.subarray(0, length)).arps).toEqual([]);
  });

  it('gives the VLAN of an ARP packet', () => {
    const arp = arpReply('02:00:00:00:00:33', '10.0.0.51');
    const tagged = Buffer.concat([arp.subarray(0, 12), hex('8100 0014'), arp.subarray(12)]);
    expect(decodeOne(tagged).arps[0]?.vlan).toBe(20);
  });

  it('reads the frame where it lies, and not what lies before or behind it', () => {
    const bytes = Buffer.alloc(4000, 0xff);
    const frame = ethernet(ipv4('10.0.0.5', '192.0.2.9', 17, udp(1, 2, text('hello'))));
    const seen: string[] = [];
    const decoder = new FrameDecoder(
      {
        packet: (packet) => seen.push(Buffer.from(packet.bytes.subarray(packet.payloadStart, packet.payloadEnd)).toString()),
        arp: () => undefined,
      },
      new AnomalyCounter(),
    );
    for (const start of [0, 1, 1777, 4000 - frame.length]) {
      bytes.fill(0xff);
      bytes.set(frame, start);
      decoder.decode({ bytes, start, end: start + frame.length, originalLength: frame.length, tsMicros: 0, linkType: 1 });
    }
    expect(seen).toEqual(['hello', 'hello', 'hello', 'hello']);
  });

  it('gives the same packets for a frame whatever came before it', () => {
    const corpus = new Corpus(11).next();
    const used = new Decoding();
    for (const { bytes, linkType } of corpus.slice(0, 400)) used.decode(bytes, linkType);
    for (const { bytes, linkType } of corpus.slice(0, 120)) {
      const before = used.packets.length;
      used.decode(bytes, linkType);
      const { packets } = decodeOne(bytes, linkType);
      // A fragment's packet depends on the others of its datagram; all else on the frame alone.
      if (used.packets.length - before === packets.length) expect(used.packets.slice(before)).toEqual(packets);
    }
  });

  it('is not thrown off by any prefix of the generated frames, nor by random bytes', () => {
    const random = new Random(12);
    const decoding = new Decoding();
    for (const { bytes, linkType } of new Corpus(13).next().slice(0, 250)) {
      const step = bytes.length > 200 ? 7 : 1;
      for (let length = 0; length < bytes.length; length += step) decoding.decode(bytes.subarray(0, length), linkType, bytes.length);
      decoding.packets.length = 0;
    }
    for (let number = 0; number < 20_000; number++) {
      decoding.decode(random.bytes(random.below(90)), random.pick([0, 1, 9, 12, 51, 101, 104, 108, 113, 276]));
      decoding.packets.length = 0;
    }
    expect(decoding.counter.total()).toBeGreaterThan(1000);
  });
});
