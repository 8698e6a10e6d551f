import { afterAll, describe, expect, it } from 'vitest';
import { block, enhancedPacket, frameOf, halves, interfaceBlock, option, section, words } from './capture-bytes.ts';
import { CaptureFolder } from './run-capture.ts';

const folder = new CaptureFolder();
afterAll(() => folder.remove());

const bytes = frameOf(61);
const hex = bytes.toString('hex');
const resolution = (value: number): Buffer => option(true, 9, Buffer.from([value]));

describe('a pcapng file', () => {
  it.each([true, false])('is read in either byte order (little-endian: %s)', async (little) => {
    const file = Buffer.concat([section(little), interfaceBlock(little), enhancedPacket(0, 1_700_000_000_123_456n, bytes, little)]);
    expect(await folder.run(file)).toEqual({
      frames: [{ tsMicros: 1_700_000_000_123_456, originalLength: 61, linkType: 1, hex }],
      warnings: [],
      received: 1,
      error: undefined,
    });
  });

  it('may hold sections of different byte order, each with interfaces of its own', async () => {
    const file = Buffer.concat([
      section(true),
      interfaceBlock(true, 1),
      interfaceBlock(true, 113),
      enhancedPacket(1, 5n, bytes, true),
      section(false),
      interfaceBlock(false, 101),
      enhancedPacket(0, 6n, bytes, false),
    ]);
    expect((await folder.run(file)).frames.map(({ linkType, tsMicros }) => [linkType, tsMicros])).toEqual([
      [113, 5],
      [101, 6],
    ]);
  });

  it('reads the three kinds of packet block', async () => {
    const file = Buffer.concat([
      section(),
      interfaceBlock(true, 1, [], 40),
      enhancedPacket(0, 77n, bytes),
      block(true, 2, halves(true, 0, 3), words(true, 0, 78, 61, 100), bytes),
      block(true, 3, words(true, 61), bytes.subarray(0, 40)),
    ]);
    expect((await folder.run(file)).frames).toEqual([
      { tsMicros: 77, originalLength: 61, linkType: 1, hex },
      { tsMicros: 78, originalLength: 100, linkType: 1, hex },
      { tsMicros: 78, originalLength: 61, linkType: 1, hex: bytes.subarray(0, 40).toString('hex') },
    ]);
  });

  const second = 1_700_000_000n;
  const micros = 1_700_000_000_123_456;
  const resolutions: [string, number, bigint][] = [
    ['seconds', 0, second],
    ['milliseconds', 3, second * 1000n + 123n],
    ['nanoseconds', 9, second * 1_000_000_000n + 123_456_999n],
    ['2^-10 s', 0x80 | 10, second * 1024n + 512n],
    ['2^-32 s', 0x80 | 32, second * 4_294_967_296n + 2_147_483_648n],
    ['2^-33 s', 0x80 | 33, second * 8_589_934_592n + 4_294_967_296n],
  ];
  it.each(resolutions)('tells time in the resolution of the interface: %s', async (name, value, units) => {
    const file = Buffer.concat([section(), interfaceBlock(true, 1, [resolution(value)]), enhancedPacket(0, units, bytes)]);
    const fraction = name === 'seconds' ? 0 : name === 'milliseconds' ? 123_000 : name.startsWith('2^') ? 500_000 : 123_456;
    expect((await folder.run(file)).frames[0]?.tsMicros).toBe(micros - 123_456 + fraction);
  });

  it('divides exactly where the units of an hour exceed what a double can tell', async () => {
    const units = 3601n * 1_000_000_000_000n + 123_456_999_999n;
    const file = Buffer.concat([section(), interfaceBlock(true, 1, [resolution(12)]), enhancedPacket(0, units, bytes)]);
    expect((await folder.run(file)).frames[0]?.tsMicros).toBe(3_601_123_456);
  });

  it('adds the time offset of the interface, and passes over other options', async () => {
    const offset = Buffer.alloc(8);
    offset.writeBigInt64LE(-3n);
    const options = [option(true, 2, Buffer.from('eth1')), resolution(6), option(true, 14, offset), option(true, 0, Buffer.alloc(0))];
    const file = Buffer.concat([section(), interfaceBlock(true, 1, options), enhancedPacket(0, 5_000_001n, bytes)]);
    expect((await folder.run(file)).frames[0]?.tsMicros).toBe(2_000_001);
  });

  it('holds a time that no clock shows within what a number can tell', async () => {
    const file = Buffer.concat([section(), interfaceBlock(), enhancedPacket(0, 0xffff_ffff_ffff_ffffn, bytes)]);
    expect((await folder.run(file)).frames[0]?.tsMicros).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('skips packet options and blocks that it does not know, however large', async () => {
    const file = Buffer.concat([
      section(),
      block(true, 0x0bad, Buffer.alloc(100)),
      interfaceBlock(),
      enhancedPacket(0, 1n, bytes, true, [option(true, 1, Buffer.from('a comment')), option(true, 0, Buffer.alloc(0))]),
      block(true, 4, Buffer.alloc(3_000_001)),
      enhancedPacket(0, 2n, bytes),
    ]);
    expect(await folder.run(file)).toMatchObject({ received: 2, warnings: [], error: undefined });
  });

  const damages: [string, Buffer, RegExp][] = [
    ['a block length of nothing', words(true, 6, 0, 0), /a block claims 0 bytes/],
    ['a block length that is no multiple of four', words(true, 6, 35, 0), /a block claims 35 bytes/],
    ['a packet block beyond any size', words(true, 6, 0x7ffffffc, 0), /a block claims 2147483644 bytes/],
    ['two lengths that differ', Buffer.concat([words(true, 0x99, 16, 0), words(true, 20)]), /the two lengths of a block differ/],
    ['an interface that was never described', enhancedPacket(7, 1n, bytes), /interface 7, which is not described/],
    ['more captured bytes than the block holds', block(true, 6, words(true, 0, 0, 1, 500, 500), bytes), /a packet claims 500 bytes/],
    ['a packet block without its fields', block(true, 6, words(true, 0)), /a packet block is too short/],
    ['a section without byte order', block(true, 0x0a0d0d0a, words(true, 0, 1, 0, 0)), /a section has no byte order/],
  ];
  it.each(damages)('keeps what stands before the damage: %s', async (_, damaged, words_) => {
    const good = Buffer.concat([section(), interfaceBlock(), enhancedPacket(0, 1n, bytes)]);
    const outcome = await folder.run(Buffer.concat([good, damaged, enhancedPacket(0, 2n, bytes)]));
    expect(outcome).toMatchObject({ received: 1, error: undefined, warnings: [expect.stringMatching(words_)] });
    expect(outcome.warnings[0]).toMatch(new RegExp(`: damaged at byte ${good.length} \\(.*\\); read 1 whole packets$`));
  });

  it('whose last block is cut is run to the one before', async () => {
    const good = Buffer.concat([section(), interfaceBlock(), enhancedPacket(0, 1n, bytes)]);
    const outcome = await folder.run(Buffer.concat([good, enhancedPacket(0, 2n, bytes).subarray(0, -1)]));
    expect(outcome).toMatchObject({ received: 1, error: undefined });
    expect(outcome.warnings).toEqual([
      expect.stringMatching(new RegExp(`: cut in the middle of a packet at byte ${good.length}; read 1 whole packets$`)),
    ]);
  });
});
