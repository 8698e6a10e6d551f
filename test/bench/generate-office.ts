/**
 * Writes a capture of an office's traffic: `node test/bench/generate-office.ts FILE [--packets N] [--live N] [--seed N]`. The same seed
 * gives the same frames, and a smaller capture is the beginning of a larger one.
 */

import { parseArgs } from 'node:util';
import { Random } from '../fuzz/random.ts';
import { type Progress, startProgress } from './progress.ts';
import type { Source } from './traffic/conversation.ts';
import { Office } from './traffic/office.ts';
import { PcapWriter } from './traffic/pcap-writer.ts';
import { TimeQueue } from './traffic/time-queue.ts';

export interface Generated {
  packets: number;
  bytes: number;
  conversations: number;
}

/** 2026-01-19, a Monday, 08:00 in Vietnam. */
export const captureStartMicros = Date.UTC(2026, 0, 19, 1) * 1000;
/** Time over which the first conversations begin. */
const rampMicros = 20e6;
const restMicrosMax = 400_000;

export interface OfficeOptions {
  packets: number;
  /** Conversations that live at the same time. */
  live: number;
  seed: number;
}

export function generateOffice(path: string, options: OfficeOptions, progress: Progress): Generated {
  const random = new Random(options.seed);
  const office = new Office(random);
  const writer = new PcapWriter(path);
  const queue = new TimeQueue(options.live);
  const slots: Source[] = [];
  for (let slot = 0; slot < options.live; slot++) {
    slots.push(office.next());
    queue.push(captureStartMicros + random.below(rampMicros), slot);
  }
  while (writer.packets < options.packets) {
    const slot = queue.firstSlot;
    const now = queue.firstTime;
    const source = slots[slot]!;
    const length = source.next(writer.bytes, writer.begin());
    if (length === 0) {
      slots[slot] = office.next();
      queue.moveFirst(now + random.below(restMicrosMax));
      continue;
    }
    writer.end(length, now);
    queue.moveFirst(now + source.delayMicros);
    if ((writer.packets & 0xffff) === 0) progress.show(writer.packets, options.packets);
  }
  writer.close();
  return { packets: writer.packets, bytes: writer.bytesWritten, conversations: office.conversations };
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      packets: { type: 'string', default: '2000000' },
      live: { type: 'string', default: '2000' },
      seed: { type: 'string', default: '1' },
    },
  });
  const progress = startProgress('office traffic');
  const options = { packets: Number(values.packets), live: Number(values.live), seed: Number(values.seed) };
  progress.done(JSON.stringify(generateOffice(positionals[0] ?? 'office.pcap', options, progress)));
}
