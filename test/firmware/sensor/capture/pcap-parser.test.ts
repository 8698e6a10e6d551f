import { afterAll, describe, expect, it } from 'vitest';
import { frameOf, type PcapShape, pcap, words } from './capture-bytes.ts';
import { CaptureFolder } from './run-capture.ts';

const folder = new CaptureFolder();
afterAll(() => folder.remove());

const packets = [
  { tsMicros: 1_700_000_000_123_456, bytes: frameOf(60) },
  { tsMicros: 1_700_000_001_000_001, bytes: frameOf(1, 9), originalLength: 1514 },
  { tsMicros: 4_294_967_295_999_999, bytes: frameOf(0) },
];
const expected = packets.map(({ tsMicros, bytes, originalLength = bytes.length }) => ({
  tsMicros,
  originalLength,
  linkType: 1,
  hex: bytes.toString('hex'),
}));

const shapes: [string, PcapShape][] = [
  ['microseconds, little-endian', {}],
  ['microseconds, big-endian', { little: false }],
  ['nanoseconds, little-endian', { magic: 0xa1b23c4d, unitsPerMicro: 1000 }],
  ['nanoseconds, big-endian', { magic: 0xa1b23c4d, unitsPerMicro: 1000, little: false }],
  ['the modified format with longer record headers', { magic: 0xa1b2cd34, recordHeaderBytes: 24 }],
  ['version 2.2, whose lengths stand the other way round', { minor: 2 }],
];

describe('a pcap file', () => {
  it.each(shapes)('gives every frame with its time and lengths: %s', async (_, shape) => {
    const outcome = await folder.run(pcap(packets, shape));
    expect(outcome).toEqual({ frames: expected, warnings: [], received: 3, error: undefined });
  });

  it('rounds nanoseconds down to microseconds', async () => {
    const file = pcap([{ tsMicros: 5_000_001, bytes: frameOf(4) }], { magic: 0xa1b23c4d, unitsPerMicro: 1000 });
    file.writeUInt32LE(1999, 28);
    expect((await folder.run(file)).frames[0]?.tsMicros).toBe(5_000_001);
  });

  it('masks the bits that tell of a frame check sequence off the link type', async () => {
    expect((await folder.run(pcap(packets, { linkType: 0x24000001 }))).frames[0]?.linkType).toBe(1);
  });

  it("reads the library's own numbers for raw IP as the file's", async () => {
    expect((await folder.run(pcap(packets, { linkType: 12 }))).frames[0]?.linkType).toBe(101);
  });

  it('never says that a frame was shorter on the wire than what was captured of it', async () => {
    expect((await folder.run(pcap([{ tsMicros: 1, bytes: frameOf(60), originalLength: 10 }]))).frames[0]?.originalLength).toBe(60);
  });

  it('without packets is empty, and no error', async () => {
    expect(await folder.run(pcap([]))).toEqual({ frames: [], warnings: [], received: 0, error: undefined });
  });

  it('keeps what stands before a packet that claims more bytes than any has', async () => {
    const file = Buffer.concat([pcap(packets), words(true, 1, 1, 262_145, 262_145), Buffer.alloc(300_000)]);
    const outcome = await folder.run(file);
    expect(outcome.frames).toEqual(expected);
    expect(outcome.warnings).toEqual([
      expect.stringMatching(/: damaged at byte 133 \(a packet claims 262145 bytes\); read 3 whole packets$/),
    ]);
  });

  it('gives packets of the largest size, also across reads', async () => {
    const large = Array.from({ length: 5 }, (_, index) => ({ tsMicros: index, bytes: Buffer.alloc(262_144 - index, index) }));
    const outcome = await folder.run(pcap(large));
    expect(
      outcome.frames.map(({ hex }) => hex === Buffer.alloc(hex.length / 2, Number.parseInt(hex.slice(0, 2), 16)).toString('hex')),
    ).toEqual(large.map(() => true));
    expect(outcome.frames.map(({ hex }) => hex.length / 2)).toEqual(large.map(({ bytes }) => bytes.length));
  });

  it('gives frames of all sizes whole, wherever a read ends', async () => {
    const many = Array.from({ length: 3000 }, (_, index) => ({ tsMicros: index, bytes: frameOf((index * 37) % 1515, index) }));
    const outcome = await folder.run(pcap(many));
    expect(outcome.frames.map(({ hex }) => hex)).toEqual(many.map(({ bytes }) => bytes.toString('hex')));
  });
});
