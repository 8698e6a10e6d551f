/**
 * `node test/live/soak.ts [--seconds N] [--rate PACKETS_PER_SECOND]`: office traffic over a mirror port in network namespaces for a
 * minute, and the sensor's resident memory once a second. Ends with 1 when memory still grows after the warm-up or a frame was lost.
 * Not part of `npm test`: it takes as long as it says and wants a quiet machine.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { plantedIndicators } from '../bench/generate-indicators.ts';
import { generateOffice } from '../bench/generate-office.ts';
import { median } from '../bench/measure.ts';
import { startProgress } from '../bench/progress.ts';
import { MirrorPort, whyNotLive } from '../firmware/sensor/capture/namespaces.ts';
import { SensorProcess } from './sensor-process.ts';
import { sendAtRate } from './tcpreplay.ts';

/** A longer soak sends the same frames again. */
const capturePacketsMax = 3_000_000;
/** So that tables reach their steady size within the warm-up: with the defaults a flow is remembered for minutes. */
const flows = { unansweredTimeoutS: 3, otherTimeoutS: 5, tcpTimeoutS: 10, closedTimeoutS: 1 };
/** Tables fill, the compiler and the heap settle. */
const warmUpShare = 1 / 3;
/** What the heap of a runtime with garbage collection may differ by between two moments that hold the same. */
const growthMegabytesMax = 15;

interface Soak {
  megabytes: readonly number[];
  lost: number;
  timerLateMs: number;
}

async function soak(folder: string, seconds: number, rate: number): Promise<Soak> {
  const [capture, intel, config] = ['office.pcap', 'planted.txt', 'box.json'].map((name) => join(folder, name)) as [string, string, string];
  const packets = seconds * rate;
  const loops = Math.ceil(packets / capturePacketsMax);
  generateOffice(capture, { packets: Math.ceil(packets / loops), live: 2000, seed: 1 }, startProgress('office traffic'));
  writeFileSync(intel, `${plantedIndicators().join('\n')}\n`);
  writeFileSync(config, JSON.stringify({ intel: [intel], capture: { interface: 'tap0' }, flows }));
  const port = new MirrorPort();
  const sensor = new SensorProcess(port.box, config);
  process.once('exit', () => port.remove());
  const megabytes: number[] = [];
  try {
    await sensor.state('running');
    const sampling = setInterval(() => megabytes.push(sensor.residentMegabytes()), 1_000);
    const sent = await sendAtRate(port, capture, rate, `--loop=${loops}`).finally(() => clearInterval(sampling));
    await sensor.frames(sent.packets);
    await sensor.stop();
    const packets = sensor.report?.capture.packets ?? 0;
    return { megabytes, lost: sent.packets - packets, timerLateMs: sensor.report?.sensorProcess?.timerLateMs ?? Number.NaN };
  } finally {
    sensor.kill();
    await sensor.ended;
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, rate: { type: 'string', default: '50000' } } });
  const obstacle = whyNotLive();
  if (obstacle !== undefined) throw new Error(`cannot run here: ${obstacle}`);
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-soak-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  const { megabytes, lost, timerLateMs } = await soak(folder, Number(values.seconds), Number(values.rate));
  const warm = megabytes.slice(Math.floor(megabytes.length * warmUpShare));
  const half = Math.floor(warm.length / 2);
  const growth = median(warm.slice(half)) - median(warm.slice(0, half));
  process.stdout.write(`resident memory each second, MB: ${megabytes.map((value) => value.toFixed(0)).join(' ')}\n`);
  process.stdout.write(
    `after the warm-up: growth ${growth.toFixed(1)} MB (limit ${growthMegabytesMax}), frames lost ${lost}, latest timer ${timerLateMs} ms\n`,
  );
  return growth > growthMegabytesMax || lost > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`soak: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
