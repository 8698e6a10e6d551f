/**
 * A box that takes releases of the centre, with its mirror port in namespaces of its own: what that costs, how much memory it takes, and which frames of
 * those that come meanwhile it does not see. Leaves nothing behind.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { node, projectFile } from '../bench/command.ts';
import { MirrorPort } from '../firmware/sensor/capture/namespaces.ts';

const outputBytesMax = 1 << 20;

export interface SwapOptions {
  indicators: number;
  /** Of office traffic. */
  capture: string;
  packetsPerSecond: number;
  /** From the first frame to the order of the release that is taken meanwhile. */
  orderAfterMs: number;
  /** How long the box is left alone before and after it is measured: what V8 collects later belongs to what was before. */
  restMs: number;
  /** One release more, that is taken as a difference while no frames come. */
  isThorough: boolean;
  /** That of the product where it is absent. */
  kernelBufferBytes?: number;
}

/** Over the border of the namespace. */
export interface SwapOrder extends SwapOptions {
  /** Name of the namespace that frames are sent from. */
  switch: string;
  folder: string;
}

/** One release, from order to use. */
export interface Taking {
  bytesFetched: number;
  setBytes: number;
  seconds: number;
  /** On the clock of the process that measured. */
  armedAtMs: number;
  cpuSeconds: { sensor: number; agent: number; fetcher: number };
  /** Resident, in MB: at rest before and some seconds after, and the most in between; `total` of all processes at the same moment. */
  steady: { sensor: number; agent: number };
  after: { sensor: number; agent: number };
  peak: { sensor: number; agent: number; fetcher: number; total: number };
}

export interface Swap {
  whole: Taking;
  difference?: Taking;
  underLoad: Taking;
  /** The last release was in use before the last frame was sent. */
  isSwappedMeanwhile: boolean;
  sent: number;
  packets: number;
  kernelDropped: number;
  shedding: boolean;
  caughtBugs: number;
  timerLateMs: number;
}

export async function measureSwap(options: SwapOptions): Promise<Swap> {
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-swap-'));
  const port = new MirrorPort();
  const remove = () => {
    port.remove();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', remove);
  try {
    port.setBox('lo', 'up');
    const order: SwapOrder = { ...options, switch: port.switch, folder };
    const words = ['netns', 'exec', port.box, node, projectFile('test/live/swap-program.ts'), JSON.stringify(order)];
    const { stdout } = await promisify(execFile)('ip', words, { maxBuffer: outputBytesMax });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Swap;
  } finally {
    process.off('exit', remove);
    remove();
  }
}
