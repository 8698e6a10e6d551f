import { afterAll, describe, expect, it } from 'vitest';
import { openCaptureFile } from '../../../../firmware/sensor/capture/capture-file.ts';
import { paced } from '../../../../firmware/sensor/capture/paced.ts';
import { frameOf, pcap } from './capture-bytes.ts';
import { CaptureFolder } from './run-capture.ts';

const folder = new CaptureFolder();
afterAll(() => folder.remove());

function source(...millis: number[]) {
  return openCaptureFile(folder.write(pcap(millis.map((ms, index) => ({ tsMicros: 1e15 + ms * 1000, bytes: frameOf(60, index) })))));
}

async function arrivals(millis: number[], speed: number): Promise<number[]> {
  const start = performance.now();
  const seen: number[] = [];
  await paced(source(...millis), speed).run(() => seen.push(performance.now() - start));
  return seen;
}

describe('a paced source', () => {
  it('gives frames at the pace of the capture', async () => {
    const seen = await arrivals([0, 60, 61, 180], 1);
    expect(seen).toHaveLength(4);
    expect(seen[1]! - seen[0]!).toBeGreaterThanOrEqual(50);
    expect(seen[2]! - seen[1]!).toBeLessThan(40);
    expect(seen[3]! - seen[0]!).toBeGreaterThanOrEqual(170);
    expect(seen[3]! - seen[0]!).toBeLessThan(600);
  });

  it('runs faster at a higher speed', async () => {
    const seen = await arrivals([0, 1000], 20);
    expect(seen[1]! - seen[0]!).toBeGreaterThanOrEqual(40);
    expect(seen[1]! - seen[0]!).toBeLessThan(500);
  });

  it('shortens a long silence', async () => {
    const seen = await arrivals([0, 86_400_000], 20);
    expect(seen[1]! - seen[0]!).toBeLessThan(1000);
  });

  it('does not wait for a clock that ran back', async () => {
    expect((await arrivals([5000, 0, 1], 1))[2]!).toBeLessThan(500);
  });

  it('keeps every byte of a frame that had to wait', async () => {
    const seen: string[] = [];
    await paced(source(0, 20, 40), 1).run((frame) => seen.push(Buffer.from(frame.bytes.subarray(frame.start, frame.end)).toString('hex')));
    expect(seen).toEqual([0, 1, 2].map((index) => frameOf(60, index).toString('hex')));
  });

  it('ends at once when stopped in the middle of a wait, and counts only what it gave', async () => {
    const slow = paced(source(0, 2000, 4000), 1);
    const start = performance.now();
    setTimeout(() => slow.stop(), 50);
    await slow.run(() => undefined);
    expect(performance.now() - start).toBeLessThan(1000);
    expect(slow.counters().received).toBe(1);
  });
});
