import { describe, expect, it } from 'vitest';
import { PacketSplitter } from '../../../../firmware/agent/uplink/packet-splitter.ts';

const max = 20_000;

/** A PUBLISH with a remaining length of `length`, written in as few bytes as possible (MQTT 5 §1.5.5). */
function packetOf(length: number): Buffer {
  const head = [0x32];
  let rest = length;
  do {
    head.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.concat([Buffer.from(head), Buffer.alloc(length, length & 0xff)]);
}

function split(stream: Buffer, chunkBytes: number): Buffer[] {
  const splitter = new PacketSplitter(max);
  const packets: Buffer[] = [];
  for (let at = 0; at < stream.length; at += chunkBytes) packets.push(...splitter.take(stream.subarray(at, at + chunkBytes)));
  return packets;
}

describe('the stream of a broker', () => {
  const packets = [0, 1, 2, 125, 127, 128, 129, 16_383, 16_384, max - 4].map(packetOf);
  const chunks = [1, 2, 3, 7, 1_024, 1_000_000];

  it('comes apart into its packets, whatever the pieces are in which it comes', () => {
    const all = [...packets, ...packets.toReversed()];
    const stream = Buffer.concat(all);
    for (const chunkBytes of chunks) {
      const found = split(stream, chunkBytes);
      expect([chunkBytes, found.length]).toEqual([chunkBytes, all.length]);
      expect(Buffer.concat(found).equals(stream)).toBe(true);
    }
  });

  it('ends at the head of a packet that is larger than announced, behind any other', () => {
    for (const before of packets)
      for (const chunkBytes of chunks)
        expect(() => split(Buffer.concat([before, packetOf(max - 3).subarray(0, 4)]), chunkBytes)).toThrow(
          'began a packet of 20001 bytes; the box takes 20000 at most',
        );
  });

  it('ends at a length of more than four bytes, and keeps to what the box can be sent', () => {
    expect(() => split(Buffer.from([0x32, 0x80, 0x80, 0x80, 0x80, 0x00]), 1)).toThrow('without a proper length');
    expect(split(Buffer.from([0x32, 0x80, 0x80, 0x80, 0x00]), 1).length).toBe(1);
    const taken = Array.from({ length: 256 }, (_, first) => first).filter((first) => {
      try {
        return split(Buffer.from([first, 0]), 1).length === 1;
      } catch {
        return false;
      }
    });
    // The types of MQTT 5 §2.1.2 in the upper half, PUBLISH without QoS 2; mqtt.js judges the other flags.
    expect([...new Set(taken.map((first) => first >> 4))]).toEqual([2, 3, 4, 9, 13, 14]);
    expect(taken.filter((first) => first >> 4 === 3)).toEqual([0x30, 0x31, 0x32, 0x33, 0x38, 0x39, 0x3a, 0x3b]);
  });
});
