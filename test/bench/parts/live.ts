/**
 * Office traffic at full rate over a veth pair in network namespaces: what the kernel dropped, what a frame cost the sensor, how late its
 * timers were, and whether it raised the alerts that a replay raises. tcpreplay needs one core and the sensor another, so the bound on
 * drops holds where nothing else runs: the load before is printed with them.
 */

import { whyNotLive } from '../../firmware/sensor/capture/namespaces.ts';
import { type LiveMeasure, measureLive } from '../../live/measure-live.ts';
import type { Figure } from '../figure.ts';
import { startProgress } from '../progress.ts';
import { fullSizes, type Sizes } from '../sizes.ts';
import type { Workspace } from '../workspace.ts';

/** A little above what is asked for, which is 300,000 for 10 s. */
const packetsPerSecond = 305_000;
const seconds = { full: 10.3, quick: 2 };
const bounds = { packetsPerSecond: 300_000, full: 10, quick: 1.5 };

export async function live(workspace: Workspace, sizes: Sizes): Promise<Figure[]> {
  const obstacle = whyNotLive();
  if (obstacle !== undefined) {
    process.stderr.write(`  left out: ${obstacle}\n`);
    return [];
  }
  const size = sizes === fullSizes ? 'full' : 'quick';
  const capture = workspace.office(Math.ceil(packetsPerSecond * seconds[size]));
  const progress = startProgress(`${capture.packets} packets over veth`);
  const measured = await measureLive(capture.path, packetsPerSecond);
  progress.done(`${Math.round(measured.sent.packetsPerSecond)} packets/s`);
  workspace.drop(capture.path);
  for (const line of measured.differences.slice(0, 5)) process.stderr.write(`  differs: ${line}\n`);
  return figures(measured, bounds[size]);
}

function figures(measured: LiveMeasure, secondsLeast: number): Figure[] {
  const { sent } = measured;
  return [
    { name: 'live: load of the machine before', value: measured.loadBefore, unit: '', digits: 2 },
    { name: 'live: rate', value: sent.packetsPerSecond, unit: 'packets/s', least: bounds.packetsPerSecond },
    { name: 'live: duration', value: sent.seconds, unit: 's', digits: 1, least: secondsLeast },
    { name: 'live: frames not seen', value: sent.packets - measured.packets, unit: '', limit: 0 },
    { name: 'live: dropped by the kernel', value: measured.kernelDropped, unit: '', limit: 0 },
    { name: 'live: load shed', value: Number(measured.shedding), unit: '', limit: 0 },
    { name: 'live: CPU of the sensor', value: measured.cpuNsPerPacket, unit: 'ns/packet' },
    { name: 'live: latest timer', value: measured.timerLateMs, unit: 'ms', limit: 1000 },
    { name: 'live: memory of the sensor', value: measured.residentMegabytes, unit: 'MB' },
    { name: 'live: alerts of the replay', value: measured.alerts, unit: '', least: 1 },
    { name: 'live: alerts that differ from them', value: measured.differences.length, unit: '', limit: 0 },
    { name: 'live: bugs caught', value: measured.caughtBugs, unit: '', limit: 0 },
  ];
}
