import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openCaptureFile } from '../../../../firmware/sensor/capture/capture-file.ts';
import type { Frame } from '../../../../firmware/sensor/capture/frame.ts';
import { AnomalyCounter } from '../../../../firmware/sensor/decode/anomaly.ts';
import { FrameDecoder } from '../../../../firmware/sensor/decode/frame-decoder.ts';
import type { Packet } from '../../../../firmware/sensor/decode/packet.ts';
import { Random } from '../../../fuzz/random.ts';

const folder = fileURLToPath(new URL('../../../captures/', import.meta.url));

/** What a decoder gives for a frame, as comparable text; a field without meaning for the protocol is left out. */
class Ear {
  heard: string[] = [];
  readonly decoder = new FrameDecoder(this, new AnomalyCounter());

  packet(packet: Packet): void {
    const { bytes, payloadStart, payloadEnd, tcpSequence, tcpAcknowledgement, ...rest } = packet;
    const payload = Buffer.from(bytes.subarray(payloadStart, payloadEnd)).toString('hex');
    this.heard.push(JSON.stringify({ ...rest, payload, ...(packet.protocol === 6 ? { tcpSequence, tcpAcknowledgement } : {}) }));
  }

  arp(_packet: Packet, senderWord: number): void {
    this.heard.push(`arp ${senderWord}`);
  }
}

async function framesOf(file: string): Promise<Frame[]> {
  const frames: Frame[] = [];
  await openCaptureFile(`${folder}${file}`).run((frame) => {
    const bytes = Uint8Array.from(frame.bytes.subarray(frame.start, frame.end));
    frames.push({ ...frame, bytes, start: 0, end: bytes.length });
  });
  return frames;
}

/** Both ways, each with a decoder of its own, since fragments are remembered. */
class BothWays {
  readonly short = new Ear();
  readonly long = new Ear();

  heard(frame: Frame): [short: string[], long: string[]] {
    this.short.heard = [];
    this.long.heard = [];
    this.short.decoder.decode(frame);
    this.long.decoder.decodeLayers(frame);
    return [this.short.heard, this.long.heard];
  }
}

const recordings = readdirSync(folder).filter((name) => name.endsWith('.pcap'));

it('is read the same in one go as layer by layer, in every recording', async () => {
  const ways = new BothWays();
  let count = 0;
  for (const file of recordings) {
    for (const frame of await framesOf(file)) {
      const [short, long] = ways.heard(frame);
      expect(short).toEqual(long);
      count += short.length;
    }
  }
  expect(count).toBeGreaterThan(1000);
});

it('is read the same when bytes of its headers are changed and its end is cut', async () => {
  const random = new Random(11);
  const ways = new BothWays();
  const frames = (await Promise.all(recordings.map(framesOf))).flat();
  for (let round = 0; round < 40_000; round++) {
    const frame = random.pick(frames);
    const bytes = Uint8Array.from(frame.bytes);
    for (let change = 0; change < 1 + random.below(3); change++) bytes[random.below(Math.min(bytes.length, 60))] = random.below(256);
    const end = random.chance(0.3) ? random.below(bytes.length + 1) : bytes.length;
    const [short, long] = ways.heard({ ...frame, bytes, end });
    expect(short).toEqual(long);
  }
});
