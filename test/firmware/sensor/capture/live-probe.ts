/**
 * A program that the live tests start inside a network namespace: captures, and talks in JSON lines. Commands, one a line on
 * standard input: `counters`, `reset`, `stop`. Usage: live-probe.ts OPTIONS-AS-JSON.
 */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { openLive } from '../../../../firmware/sensor/capture/live.ts';
import type { LiveOptionsInput } from '../../../../firmware/sensor/capture/live-options.ts';

interface ProbeInput {
  live: LiveOptionsInput;
  /** Busy microseconds for each frame: plays a slow pipeline. */
  workMicros?: number;
}

const input = JSON.parse(process.argv[2] ?? '{}') as ProbeInput;
const live = openLive(input.live);
let digest = createHash('sha256');
let frames = 0;
let bytes = 0;
let latestTimerMs = 0;
let timerAtMs = performance.now();

function say(message: unknown): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function work(micros: number): void {
  const endMs = performance.now() + micros / 1000;
  while (performance.now() < endMs);
}

/** The order and the bytes of all frames since the last `reset`, in one short value. */
function summary(): object {
  const descriptors = readdirSync('/proc/self/fd').length;
  const cpu = process.cpuUsage();
  return {
    frames,
    bytes,
    sha256: digest.copy().digest('hex'),
    latestTimerMs,
    descriptors,
    cpuMs: (cpu.user + cpu.system) / 1000,
    ...live.counters(),
  };
}

live.onStatus((status) => say({ status }));
const timer = setInterval(() => {
  latestTimerMs = Math.max(latestTimerMs, performance.now() - timerAtMs - 50);
  timerAtMs = performance.now();
}, 50);

createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'counters') say({ counters: summary() });
  if (line === 'reset') {
    digest = createHash('sha256');
    frames = 0;
    bytes = 0;
    latestTimerMs = 0;
    say({ reset: true });
  }
  if (line === 'stop') live.stop();
});

const hashes = input.workMicros === undefined;
try {
  await live.run((frame) => {
    frames++;
    bytes += frame.end - frame.start;
    if (hashes) digest.update(frame.bytes.subarray(frame.start, frame.end));
    else work(input.workMicros ?? 0);
  });
  say({ ended: summary() });
} catch (error) {
  say({ rejected: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
}
clearInterval(timer);
// A session on a silent interface would hold the process until its next frame.
process.exit(0);
