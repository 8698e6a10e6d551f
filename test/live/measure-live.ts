/**
 * Sends one capture through a mirror port in namespaces of its own into `vonggac sensor`, and the same file through `vonggac replay`:
 * the rate reached, what was lost, the cost, how late timers were, and in what the alerts differ. Leaves nothing behind.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Alert } from '../../firmware/contract/alert.ts';
import type { LiveOptionsInput } from '../../firmware/sensor/capture/live-options.ts';
import { replayCommand } from '../bench/command.ts';
import { plantedIndicators } from '../bench/generate-indicators.ts';
import { measureOk } from '../bench/measure.ts';
import { MirrorPort } from '../firmware/sensor/capture/namespaces.ts';
import { differences, latest } from './same-alerts.ts';
import { SensorProcess } from './sensor-process.ts';
import { type Sent, sendAtRate } from './tcpreplay.ts';

export interface LiveMeasure {
  sent: Sent;
  packets: number;
  kernelDropped: number;
  /** It lost so much that it began to leave out what detectors need least: frames left out are not counted as dropped. */
  shedding: boolean;
  caughtBugs: number;
  /** User and system time of the sensor for each frame. */
  cpuNsPerPacket: number;
  timerLateMs: number;
  residentMegabytes: number;
  alerts: number;
  differences: readonly string[];
  /** Of the machine just before, per core: above 0 others worked on it too. */
  loadBefore: number;
}

/** `options` of the capture: those of the product where none are given. */
export async function measureLive(
  capture: string,
  packetsPerSecond: number,
  options: Partial<LiveOptionsInput> = {},
): Promise<LiveMeasure> {
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-live-'));
  const port = new MirrorPort();
  const remove = () => {
    port.remove();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', remove);
  let sensor: SensorProcess | undefined;
  try {
    const [intel, config] = [join(folder, 'planted.txt'), join(folder, 'box.json')];
    writeFileSync(intel, `${plantedIndicators().join('\n')}\n`);
    writeFileSync(config, JSON.stringify({ intel: [intel], capture: { interface: 'tap0', ...options } }));
    const replay = await measureOk(replayCommand(intel, capture, '--json'), { keepOutput: true });
    const replayed = replay.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Alert);
    const loadBefore = loadavg()[0] ?? 0;
    sensor = new SensorProcess(port.box, config);
    return { ...(await send(port, sensor, capture, packetsPerSecond, replayed)), loadBefore };
  } finally {
    sensor?.kill();
    await sensor?.ended;
    process.off('exit', remove);
    remove();
  }
}

async function send(port: MirrorPort, sensor: SensorProcess, capture: string, packetsPerSecond: number, replayed: readonly Alert[]) {
  await sensor.state('running');
  const cpuBefore = sensor.cpuSeconds();
  const sent = await sendAtRate(port, capture, packetsPerSecond);
  await sensor.frames(sent.packets);
  const cpuSeconds = sensor.cpuSeconds() - cpuBefore;
  const residentMegabytes = sensor.residentMegabytes();
  const { status } = await sensor.stop();
  const { report } = sensor;
  if (status !== 0 || report === undefined) throw new Error(`the sensor ended with ${status}: ${sensor.errors}`);
  const { packets, kernelDropped = Number.NaN } = report.capture;
  return {
    sent,
    packets,
    kernelDropped,
    shedding: report.capture.shedding,
    caughtBugs: report.decode?.caughtBugs ?? Number.NaN,
    cpuNsPerPacket: (cpuSeconds / packets) * 1e9,
    timerLateMs: report.sensorProcess?.timerLateMs ?? Number.NaN,
    residentMegabytes,
    alerts: latest(replayed).size,
    differences: differences(sensor.alerts, replayed),
  };
}
