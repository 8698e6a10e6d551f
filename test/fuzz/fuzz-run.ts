/** Sends damaged frames into a sink and watches it: the slowest frame, and memory after warm-up. Knows nothing of what the sink does. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { FrameSink } from '../../firmware/sensor/capture/frame.ts';
import type { LinkFrame } from '../bench/traffic/encapsulation.ts';
import { Corpus } from './corpus.ts';
import { Mutator } from './mutate.ts';

export interface FuzzReport {
  frames: number;
  seed: number;
  seconds: number;
  /** CPU time of the frame that took longest: waiting for a busy machine does not count. */
  slowestMs: number;
  slowestFrame: number;
  /** Highest resident memory of the last part of the run less that of the part after warm-up. */
  growthMegabytes: number;
  residentMegabytes: number;
  /** Caught bugs, as the sink counts them. */
  bugs: number;
}

export interface FuzzOptions {
  frames: number;
  seed: number;
  /** Well-formed frames beside the made ones, as from recorded captures. */
  recorded?: readonly LinkFrame[];
  /** Asked at the end. */
  bugs: () => number;
  /** Told now and then. */
  progress?: (done: number) => void;
}

/** Tables fill up to their caps and code is compiled; then memory has to stay. */
const warmUpShare = 0.4;
const memorySamples = 20;
/** How often the thread's CPU clock is read, which costs more than the wall clock. */
const framesPerClockReading = 256;
/** A wall time that is not worth asking about the CPU. */
const suspectMs = 2;

export function fuzz(sink: FrameSink, options: FuzzOptions): FuzzReport {
  const { frames, seed, recorded = [] } = options;
  const corpus = new Corpus(seed);
  const mutator = new Mutator(seed, () => [...corpus.next(), ...recorded]);
  const clock = new FrameClock();
  const memory: number[] = [];
  const collect = garbageCollector();
  const sampleEvery = Math.max(1, Math.floor(frames / memorySamples));
  const startedMs = performance.now();
  for (let number = 0; number < frames; number++) {
    const frame = mutator.next();
    clock.before(number);
    sink(frame);
    clock.after(number);
    if ((number + 1) % sampleEvery !== 0) continue;
    collect();
    memory.push(process.memoryUsage.rss() / 1024 / 1024);
    options.progress?.(number + 1);
    clock.forget();
  }
  return {
    frames,
    seed,
    seconds: (performance.now() - startedMs) / 1000,
    slowestMs: clock.slowestMs,
    slowestFrame: clock.slowestFrame,
    growthMegabytes: growth(memory),
    residentMegabytes: memory.at(-1) ?? 0,
    bugs: options.bugs(),
  };
}

/** The last third against the first samples after warm-up, the highest of each: a leak grows, noise does not. */
export function growth(samples: readonly number[]): number {
  const after = samples.slice(Math.floor(samples.length * warmUpShare));
  const part = Math.max(1, Math.floor(after.length / 3));
  return Math.max(...after.slice(-part)) - Math.max(...after.slice(0, part));
}

/** The longest CPU time that any one frame can have taken. */
class FrameClock {
  slowestMs = 0;
  slowestFrame = -1;
  private wallMs = 0;
  private cpuMicros = 0;
  private readings = 0;

  before(number: number): void {
    if (number % framesPerClockReading === 0 || this.readings === 0) this.readCpu();
    this.wallMs = performance.now();
  }

  after(number: number): void {
    const wallMs = performance.now() - this.wallMs;
    if (wallMs <= this.slowestMs) return;
    // The thread's CPU time since the last reading is a bound for this frame too, whatever else the machine did.
    const since = wallMs > suspectMs ? (threadMicros() - this.cpuMicros) / 1000 : wallMs;
    const spentMs = Math.min(wallMs, since);
    if (spentMs <= this.slowestMs) return;
    this.slowestMs = spentMs;
    this.slowestFrame = number;
  }

  /** Work between frames that is not the sink's was done. */
  forget(): void {
    this.readings = 0;
  }

  private readCpu(): void {
    this.cpuMicros = threadMicros();
    this.readings++;
  }
}

function threadMicros(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
