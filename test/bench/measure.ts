/**
 * Runs a command and says what it cost: user and system CPU, peak resident memory, wall time.
 *
 * CPU comes from bash's `time`, which reads the kernel's account of its children (getrusage) with all threads, to the millisecond.
 * Node has no wait4 and GNU time is not always installed. Peak memory is the kernel's high-water mark (VmHWM), polled while the
 * process lives; being a maximum it misses only growth in the last poll interval.
 */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Cost {
  userSeconds: number;
  systemSeconds: number;
  cpuSeconds: number;
  wallSeconds: number;
  peakRssMegabytes: number;
  status: number;
  stdout: string;
  stderr: string;
}

const pollMs = 10;
/** The process writes its own id on file 3 and then becomes the command; bash writes the times on file 4. */
const script = 'TIMEFORMAT="%3U %3S %3R"; { time bash -c \'echo $$ >&3; exec "$@" 3>&- 4>&- 2>&5\' bash "$@" 2>&5; } 5>&2 2>&4';

export interface MeasureOptions {
  environment?: Record<string, string>;
  /** Keeps standard output; otherwise it goes nowhere. */
  keepOutput?: boolean;
}

export function measure(command: readonly string[], options: MeasureOptions = {}): Promise<Cost> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-c', script, 'bash', ...command], {
      stdio: ['ignore', options.keepOutput ? 'pipe' : 'ignore', 'pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...options.environment },
    });
    const texts = { 1: '', 2: '', 3: '', 4: '' };
    for (const file of [1, 2, 3, 4] as const) {
      const stream = child.stdio[file];
      if (stream && 'setEncoding' in stream) {
        stream.setEncoding('utf8');
        stream.on('data', (text: string) => {
          texts[file] += text;
        });
      }
    }
    let peakKilobytes = 0;
    const poll = setInterval(() => {
      if (texts[3].endsWith('\n')) peakKilobytes = Math.max(peakKilobytes, highWaterKilobytes(texts[3].trim()));
    }, pollMs);
    child.on('error', (error) => {
      clearInterval(poll);
      reject(error);
    });
    child.on('close', (code) => {
      clearInterval(poll);
      const [userSeconds = Number.NaN, systemSeconds = Number.NaN, wallSeconds = Number.NaN] = texts[4].trim().split(' ').map(Number);
      const cpuSeconds = userSeconds + systemSeconds;
      const peakRssMegabytes = peakKilobytes / 1024;
      resolve({
        userSeconds,
        systemSeconds,
        cpuSeconds,
        wallSeconds,
        peakRssMegabytes,
        status: code ?? -1,
        stdout: texts[1],
        stderr: texts[2],
      });
    });
  });
}

/** 0 once the process has ended: a process that is only waited for has no memory. */
function highWaterKilobytes(processId: string): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${processId}/status`, 'latin1'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** The same, but a command that fails ends the bench with what it said. */
export async function measureOk(command: readonly string[], options: MeasureOptions = {}): Promise<Cost> {
  const cost = await measure(command, options);
  if (cost.status !== 0) throw new Error(`${command.join(' ')} ended with ${cost.status}: ${cost.stderr.trim().slice(-2000)}`);
  return cost;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
