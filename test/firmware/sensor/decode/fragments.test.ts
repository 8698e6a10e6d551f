import { describe, expect, it } from 'vitest';
import { Random } from '../../../fuzz/random.ts';
import { Decoding } from '../observe/decoded.ts';
import { second } from '../observe/sensor.ts';
import { ethernet, ipv4, ipv6, nothing, text, u16, u32, udp } from '../observe/traffic.ts';

interface Part {
  offset: number;
  bytes: Buffer;
  more: boolean;
}

type Version = 4 | 6;
const versions: readonly Version[] = [4, 6];

/** One fragment as a frame. */
function fragmentFrame(version: Version, { offset, bytes, more }: Part, identification = 99, src = 5): Buffer {
  if (version === 4)
    return ethernet(ipv4(`10.0.0.${src}`, '192.0.2.9', 17, bytes, { identification: identification & 0xffff, offset, moreFollow: more }));
  const header = Buffer.concat([Buffer.from([17, 0]), u16(offset | (more ? 1 : 0)), u32(identification)]);
  return ethernet(ipv6(`2001:db8::${src}`, '2001:db8::9', 44, Buffer.concat([header, bytes])));
}

/** `sizes` are multiples of 8, but for the last. */
function split(content: Buffer, ...sizes: number[]): Part[] {
  let offset = 0;
  return sizes.map((size, index) => {
    const part = { offset, bytes: content.subarray(offset, offset + size), more: index < sizes.length - 1 };
    offset += size;
    return part;
  });
}

function* permutations<T>(items: readonly T[]): Generator<T[]> {
  if (items.length < 2) yield [...items];
  for (const [index, item] of items.entries()) {
    if (items.length < 2) return;
    for (const rest of permutations([...items.slice(0, index), ...items.slice(index + 1)])) yield [item, ...rest];
  }
}

const body = Buffer.from(Array.from({ length: 72 }, (_, index) => 0x30 + index));
const content = udp(5001, 5002, body);
const parts = split(content, 16, 24, 8, 16, 16);
const joined = { sport: 5001, dport: 5002, payload: body.toString('latin1'), payloadLength: 72 };
const decodeParts = (version: Version, list: readonly Part[]) => {
  const decoding = new Decoding();
  for (const part of list) decoding.decode(fragmentFrame(version, part));
  return decoding;
};

describe.each(versions)('fragments of IPv%i', (version) => {
  it('are put together in any order', () => {
    for (const order of permutations(parts)) {
      const decoding = decodeParts(version, order);
      expect(decoding.packets).toHaveLength(1);
      expect(decoding.last).toMatchObject(joined);
      expect(decoding.anomalies).toEqual({});
    }
  });

  it('are shown as one packet with the length of all, and the transport header of the first', () => {
    const [packet] = decodeParts(version, parts).packets;
    expect(packet).toMatchObject({ ipLength: (version === 4 ? 20 : 48) + 80, protocol: 17 });
  });

  it('may come twice', () => {
    const decoding = decodeParts(version, [parts[0]!, parts[0]!, parts[2]!, parts[1]!, parts[2]!, parts[1]!, parts[4]!, parts[3]!]);
    expect(decoding.packets).toHaveLength(1);
    expect(decoding.last).toMatchObject(joined);
    expect(decoding.anomalies).toEqual({});
  });

  it('give no packet while one is missing', () => {
    for (let missing = 0; missing < parts.length; missing++) {
      const decoding = decodeParts(
        version,
        parts.filter((_, index) => index !== missing),
      );
      expect(decoding.packets).toEqual([]);
      expect(decoding.anomalies).toEqual({});
    }
  });

  it('of several senders, mixed, each come together with their own', () => {
    const decoding = new Decoding();
    for (const part of parts) for (const src of [5, 6, 7]) decoding.decode(fragmentFrame(version, part, 99, src));
    expect(decoding.packets.map(({ src }) => src)).toEqual([5, 6, 7].map((src) => (version === 4 ? `10.0.0.${src}` : `2001:db8::${src}`)));
    for (const packet of decoding.packets) expect(packet).toMatchObject(joined);
  });

  it('of several datagrams of one sender come together by their identification', () => {
    const decoding = new Decoding();
    for (const part of parts) for (const identification of [1, 2, 3]) decoding.decode(fragmentFrame(version, part, identification));
    expect(decoding.packets).toHaveLength(3);
  });

  it('that would end beyond 65,535 bytes are refused, as in the ping of death', () => {
    const decoding = new Decoding();
    decoding.decode(fragmentFrame(version, { offset: 0, bytes: Buffer.alloc(1400), more: true }));
    decoding.decode(fragmentFrame(version, { offset: 65_528, bytes: Buffer.alloc(40), more: false }));
    expect(decoding.packets).toEqual([]);
    expect(decoding.anomalies).toEqual({ 'ip.fragment-too-large': 1 });
  });

  it('that say more follow, but are no multiple of 8 long, or empty, are refused', () => {
    for (const bytes of [Buffer.alloc(17), nothing]) {
      const decoding = decodeParts(version, [{ offset: 0, bytes, more: true }, ...parts]);
      expect(decoding.packets).toEqual([]);
      expect(decoding.anomalies['ip.fragments-refused']).toBe(1);
    }
  });

  it('that the snapshot length cut are refused, for their datagram can never be whole', () => {
    const decoding = new Decoding();
    const frame = fragmentFrame(version, parts[1]!);
    decoding.decode(frame.subarray(0, frame.length - 8), 1, frame.length);
    expect(decoding.anomalies).toEqual({ 'ip.fragments-refused': 1 });
  });

  it('expire by the time of the frames: what comes 30 seconds later begins a new datagram', () => {
    const decoding = decodeParts(version, parts.slice(0, 4));
    decoding.nowMicros += 31 * second;
    decoding.decode(fragmentFrame(version, parts[4]!));
    expect(decoding.packets).toEqual([]);
    for (const part of parts.slice(0, 4)) decoding.decode(fragmentFrame(version, part));
    expect(decoding.packets).toHaveLength(1);
    expect(decoding.last).toMatchObject(joined);
  });

  it('that take 29 seconds are still put together', () => {
    const decoding = decodeParts(version, parts.slice(0, 4));
    decoding.nowMicros += 29 * second;
    expect(decoding.decode(fragmentFrame(version, parts[4]!)).last).toMatchObject(joined);
  });

  it('in a flood cost old unfinished datagrams only: a datagram that comes in the middle of it is put together', () => {
    const decoding = new Decoding();
    const random = new Random(3);
    const flood = (count: number) => {
      for (let number = 0; number < count; number++) {
        decoding.nowMicros += 10;
        const part = { offset: 8 * random.below(180), bytes: Buffer.alloc(8), more: true };
        decoding.decode(fragmentFrame(version, part, random.u32(), random.below(250)));
      }
    };
    flood(20_000);
    for (const part of parts) decoding.decode(fragmentFrame(version, part, 0xabcd, 251));
    expect(decoding.last).toMatchObject(joined);
    flood(5000);
    expect(decoding.anomalies['ip.fragment-expired']).toBeGreaterThan(20_000);
  });

  it('in a flood of large ones are refused at the cap, memory stays bounded, and afterwards all is as before', () => {
    const decoding = new Decoding();
    const bytes = Buffer.alloc(1400);
    const before = process.memoryUsage().arrayBuffers;
    for (let identification = 0; identification < 3000; identification++) {
      decoding.decode(fragmentFrame(version, { offset: 62_400, bytes, more: true }, identification, identification % 200));
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
    expect(decoding.anomalies['ip.fragments-refused']).toBeGreaterThan(0);
    decoding.nowMicros += 31 * second;
    let whole = 0;
    for (let identification = 5000; identification < 5200; identification++) {
      for (const part of parts) decoding.decode(fragmentFrame(version, part, identification));
      whole = decoding.packets.length;
    }
    expect(whole).toBe(200);
  });

  it('of the longest datagram there can be are put together', () => {
    const big = udp(1, 2, Buffer.alloc(65_000, 0x42));
    const sizes = Array.from({ length: 45 }, () => 1400);
    const list = split(big, ...sizes, big.length - 45 * 1400);
    expect(decodeParts(version, list.reverse()).last?.payloadLength).toBe(65_000);
  });
});

describe('fragments that overlap', () => {
  const first = Buffer.from('AAAAAAAAAAAAAAAAAAAAAAAA');
  const later = Buffer.from('BBBBBBBBBBBBBBBBBBBBBBBB');
  const head = udp(1, 2, Buffer.alloc(48)).subarray(0, 8);

  it('keep the bytes that came first in IPv4', () => {
    const decoding = decodeParts(4, [
      { offset: 0, bytes: head, more: true },
      { offset: 16, bytes: first.subarray(0, 16), more: true },
      { offset: 8, bytes: later, more: true },
      { offset: 24, bytes: Buffer.concat([later, text('CCCCCCCC')]), more: false },
    ]);
    expect(decoding.last?.payload).toBe(`${'B'.repeat(8)}${'A'.repeat(16)}${'B'.repeat(16)}${'C'.repeat(8)}`);
    expect(decoding.anomalies['ip.fragment-overlap']).toBeGreaterThan(0);
  });

  it('make an IPv6 datagram refused as a whole (RFC 5722)', () => {
    const list = [
      { offset: 0, bytes: head, more: true },
      { offset: 8, bytes: first, more: true },
      { offset: 16, bytes: later, more: true },
      { offset: 40, bytes: later.subarray(0, 16), more: false },
    ];
    for (const order of permutations(list)) {
      const decoding = decodeParts(6, order);
      expect(decoding.packets).toEqual([]);
      expect(decoding.anomalies['ip.fragment-overlap']).toBeGreaterThan(0);
    }
  });

  it('never show bytes that no fragment carried, however they lie', () => {
    const random = new Random(4);
    for (let round = 0; round < 2000; round++) {
      const decoding = new Decoding();
      for (let number = 0; number < 12; number++) {
        const offset = 8 * random.below(8);
        const bytes = Buffer.alloc(8 * random.between(1, 4), 0x41 + number);
        if (offset === 0) head.copy(bytes);
        decoding.decode(fragmentFrame(4, { offset, bytes, more: random.chance(0.7) }));
      }
      for (const { payload } of decoding.packets) expect(payload).not.toContain('\0');
    }
  });
});

it('reads extension headers behind the fragment header of the first fragment', () => {
  const options = Buffer.concat([Buffer.from([17, 0, 1, 4, 0, 0, 0, 0]), content]);
  const decoding = new Decoding();
  for (const { offset, bytes, more } of split(options, 40, 48)) {
    const header = Buffer.concat([Buffer.from([60, 0]), u16(offset | (more ? 1 : 0)), u32(7)]);
    decoding.decode(ethernet(ipv6('2001:db8::5', '2001:db8::9', 44, Buffer.concat([header, bytes]))));
  }
  expect(decoding.last).toMatchObject(joined);
});
