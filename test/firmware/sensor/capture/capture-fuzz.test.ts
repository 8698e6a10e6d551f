import { afterAll, describe, expect, it } from 'vitest';
import { openCaptureFile } from '../../../../firmware/sensor/capture/capture-file.ts';
import { CaptureError } from '../../../../firmware/sensor/capture/frame.ts';
import { block, enhancedPacket, frameOf, halves, interfaceBlock, option, pcap, section, words } from './capture-bytes.ts';
import { CaptureFolder } from './run-capture.ts';

const folder = new CaptureFolder();
afterAll(() => folder.remove());

const frames = [frameOf(14), frameOf(33, 1), frameOf(20, 2)];
const captures: [string, Buffer][] = [
  ['pcap', pcap(frames.map((bytes, index) => ({ tsMicros: 1e15 + index, bytes })))],
  [
    'pcap, nanoseconds, big-endian',
    pcap([{ tsMicros: 1e15, bytes: frameOf(30) }], { magic: 0xa1b23c4d, unitsPerMicro: 1000, little: false }),
  ],
  [
    'pcapng',
    Buffer.concat([
      section(),
      interfaceBlock(true, 1, [option(true, 9, Buffer.from([9])), option(true, 14, Buffer.alloc(8))], 100),
      enhancedPacket(0, 1_700_000_000_000_000_000n, frameOf(21)),
      block(true, 5, words(true, 0, 1, 2)),
      block(true, 3, words(true, 9), frameOf(9)),
      block(true, 2, halves(true, 0, 0), words(true, 1, 2, 17, 17), frameOf(17)),
      section(false),
      interfaceBlock(false, 101),
      enhancedPacket(0, 5n, frameOf(12), false),
    ]),
  ],
];

/** Runs the bytes and checks what every input must fulfil. Returns how many frames came. */
async function survive(bytes: Uint8Array): Promise<number> {
  const source = openCaptureFile(folder.write(bytes, 'fuzz.cap'));
  let count = 0;
  try {
    await source.run((frame) => {
      count++;
      const sound =
        frame.start >= 0 &&
        frame.start <= frame.end &&
        frame.end <= frame.bytes.length &&
        frame.originalLength >= frame.end - frame.start &&
        Number.isSafeInteger(frame.tsMicros) &&
        frame.tsMicros >= 0;
      expect(sound, `a frame of ${Buffer.from(bytes).toString('hex')}`).toBe(true);
    });
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
  }
  expect(count).toBeLessThanOrEqual(bytes.length / 12);
  expect(source.warnings.length).toBeLessThanOrEqual(2);
  return count;
}

describe.each(captures)('%s', (_, capture) => {
  it('is read or refused at every prefix, and never yields fewer frames for more bytes', async () => {
    let before = 0;
    for (let length = 0; length <= capture.length; length++) {
      const count = await survive(capture.subarray(0, length));
      expect(count).toBeGreaterThanOrEqual(before);
      before = count;
    }
    expect(before).toBeGreaterThan(0);
  });

  it('is read or refused with any byte flipped', async () => {
    for (let at = 0; at < capture.length; at++) {
      for (const flip of [0xff, 0x01, 0x80]) {
        const mutated = Buffer.from(capture);
        mutated[at]! ^= flip;
        await survive(mutated);
      }
    }
  });

  it('is read or refused with noise behind each whole header', async () => {
    let state = 12345;
    const noise = Buffer.alloc(2000);
    for (let round = 0; round < 200; round++) {
      for (let at = 0; at < noise.length; at++) {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        noise[at] = round % 2 === 0 ? state >>> 24 : (state >>> 24) & 7;
      }
      await survive(Buffer.concat([capture, noise]));
    }
  });
});
