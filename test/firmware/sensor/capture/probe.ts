/** Starts live-probe.ts inside a namespace and waits for what it says. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { LiveStatus } from '../../../../firmware/sensor/capture/live-status.ts';

const PROBE = fileURLToPath(new URL('live-probe.ts', import.meta.url));
const WAIT_MS = 15_000;

export interface ProbeCounters {
  frames: number;
  bytes: number;
  sha256: string;
  latestTimerMs: number;
  descriptors: number;
  cpuMs: number;
  received: number;
  kernelDropped: number;
  interfaceDropped: number;
}

export interface ProbeLine {
  status?: LiveStatus;
  counters?: ProbeCounters;
  ended?: ProbeCounters;
  rejected?: string;
  reset?: boolean;
}

export class Probe {
  readonly said: ProbeLine[] = [];
  errors = '';
  readonly #child: ChildProcessWithoutNullStreams;
  /** How many lines earlier waits have used up. */
  #used = 0;

  /** `prefix`: a command that starts the program with fewer rights. */
  constructor(namespace: string, input: object, prefix: readonly string[] = []) {
    this.#child = spawn('ip', ['netns', 'exec', namespace, ...prefix, process.execPath, PROBE, JSON.stringify(input)]);
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.said.push(JSON.parse(line) as ProbeLine));
    this.#child.stderr.on('data', (text: Buffer) => {
      this.errors += text.toString();
    });
  }

  /** The next line, among those that no wait has returned yet, for which `wanted` holds. */
  async until(wanted: (line: ProbeLine) => boolean, waitMs = WAIT_MS): Promise<ProbeLine> {
    const endMs = performance.now() + waitMs;
    while (performance.now() < endMs) {
      while (this.#used < this.said.length) {
        const line = this.said[this.#used++]!;
        if (wanted(line)) return line;
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`the probe did not say it; it said ${JSON.stringify(this.said)} ${this.errors}`);
  }

  async state(wanted: LiveStatus['state'], waitMs?: number): Promise<LiveStatus> {
    return (await this.until((line) => line.status?.state === wanted, waitMs)).status!;
  }

  async counters(): Promise<ProbeCounters> {
    this.#child.stdin.write('counters\n');
    return (await this.until((line) => line.counters !== undefined)).counters!;
  }

  /** Waits until so many frames have come since the last reset. */
  async frames(count: number, waitMs = 5000): Promise<ProbeCounters> {
    const endMs = performance.now() + waitMs;
    for (;;) {
      const counters = await this.counters();
      if (counters.frames >= count || performance.now() > endMs) return counters;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  async reset(): Promise<void> {
    this.#child.stdin.write('reset\n');
    await this.until((line) => line.reset === true);
  }

  async stop(): Promise<ProbeCounters> {
    this.#child.stdin.write('stop\n');
    const { ended } = await this.until((line) => line.ended !== undefined);
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
    return ended!;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
