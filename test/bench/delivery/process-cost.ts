/** What a process that runs has cost so far, from /proc: CPU time and resident memory. For a process that the bench did not start with `measure`. */
import { readFileSync } from 'node:fs';

/** USER_HZ of Linux: the unit of the times in /proc, the same on every architecture that Node runs on. */
const ticksPerSecond = 100;

/** User and system time of the process and of those of its children that have ended. NaN where there is no such process. */
export function cpuSecondsOf(pid: number): number {
  // proc(5): the name in parentheses may hold spaces; utime, stime, cutime and cstime are fields 14 to 17.
  const fields = textOf(`/proc/${pid}/stat`).split(') ')[1]?.split(' ') ?? [];
  return [11, 12, 13, 14].reduce((ticks, field) => ticks + Number(fields[field]), 0) / ticksPerSecond;
}

/** The same, and of its children that run. */
export function cpuSecondsOfFamily(pid: number): number {
  const children = textOf(`/proc/${pid}/task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number);
  return [pid, ...children].map(cpuSecondsOf).reduce((sum, seconds) => sum + (Number.isNaN(seconds) ? 0 : seconds), 0);
}

/** NaN where there is no such process. */
export function residentMegabytesOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? Number.NaN) / 1024;
}

/** CPU time of all cores that went to any program, since the machine started. */
export function busySecondsOfMachine(): number {
  // proc(5): user, nice, system, idle, iowait, irq, softirq.
  const [user = 0, nice = 0, system = 0, , , interrupts = 0, soft = 0] = textOf('/proc/stat')
    .split('\n', 1)[0]!
    .split(/ +/)
    .slice(1)
    .map(Number);
  return (user + nice + system + interrupts + soft) / ticksPerSecond;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
