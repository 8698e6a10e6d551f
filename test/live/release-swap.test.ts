import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { generateOffice } from '../bench/generate-office.ts';
import { whyNotLive } from '../firmware/sensor/capture/namespaces.ts';
import { measureSwap } from './measure-swap.ts';

const obstacle = whyNotLive();
const folder = mkdtempSync(join(tmpdir(), 'vonggac-release-swap-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A million indicators and more frames are `npm run bench -- --only intelligence`: it wants a machine of its own. */
const indicators = 50_000;
const packetsPerSecond = 20_000;
const packets = 6 * packetsPerSecond;
const kernelBufferBytes = 134_217_728;

// Other tests run beside it on the same cores. What they keep from the sensor for longer than the buffer lasts is lost: hence its size and the retry.
describe.skipIf(obstacle !== undefined)(
  `a release that comes into use (${obstacle ?? 'can run here'})`,
  { timeout: 120_000, retry: 1 },
  () => {
    it('costs not one frame of those that come meanwhile, and no more memory than there is', async () => {
      const capture = join(folder, 'office.pcap');
      generateOffice(capture, { packets, live: 2000, seed: 1 }, { show: () => undefined, done: () => undefined });
      const swap = await measureSwap({
        indicators,
        capture,
        packetsPerSecond,
        orderAfterMs: 1_000,
        restMs: 300,
        isThorough: false,
        kernelBufferBytes,
      });
      expect(swap).toMatchObject({ isSwappedMeanwhile: true, sent: packets, packets, kernelDropped: 0, shedding: false, caughtBugs: 0 });
      expect(swap.underLoad.bytesFetched).toBeLessThan(swap.whole.bytesFetched / 10);
      const { peak, after } = swap.underLoad;
      expect(peak.sensor).toBeLessThan(1.6 * after.sensor);
    });
  },
);
