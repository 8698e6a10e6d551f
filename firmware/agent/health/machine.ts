/**
 * The machine as its kernel describes it -> temperature, power, memory, load, CPU ticks, time since the boot. Undefined where it does not
 * say. Measures once when asked; keeps nothing.
 */
import { availableParallelism } from 'node:os';
import { type Ask, ask } from './clock.ts';
import { MachineFiles } from './machine-files.ts';
import { type Power, readPower } from './power.ts';

/** proc(5): "0.52 0.31 0.20 1/187 4711" and "86461.52 320112.01". */
const loadPattern = /^(\d{1,6}\.\d+) \d+\.\d+ \d+\.\d+ /;
const uptimePattern = /^(\d{1,12})\.\d+ \d+\.\d+$/;

/** What a sensor on a processor can truly measure; some zones say -274 °C for "nothing", or count something else. */
const milliCelsiusMin = -60_000;
const milliCelsiusMax = 150_000;

export interface MachineMeasure {
  /** Of the hottest zone. */
  temperatureCelsius?: number;
  power?: Power;
  memory?: { availableBytes: number; totalBytes: number };
  /** Mean number of tasks that ran or wanted to in the last minute, for each core. */
  load?: number;
  /** Of all cores since the boot, in the kernel's units. */
  ticks?: { busy: number; all: number };
  uptimeSeconds?: number;
}

export async function measureMachine(files: MachineFiles = new MachineFiles(), asking: Ask = ask): Promise<MachineMeasure> {
  const [temperatureCelsius, power, memory, load, ticks, uptimeSeconds] = await Promise.all([
    readTemperature(files),
    readPower(files, asking),
    readMemory(files),
    readLoad(files),
    readTicks(files),
    readUptime(files),
  ]);
  return {
    ...(temperatureCelsius === undefined ? {} : { temperatureCelsius }),
    ...(power === undefined ? {} : { power }),
    ...(memory === undefined ? {} : { memory }),
    ...(load === undefined ? {} : { load }),
    ...(ticks === undefined ? {} : { ticks }),
    ...(uptimeSeconds === undefined ? {} : { uptimeSeconds }),
  };
}

/** Documentation/driver-api/thermal/sysfs-api.rst: thousandths of a degree. */
async function readTemperature(files: MachineFiles): Promise<number | undefined> {
  const zones = await files.list('sys/class/thermal', /^thermal_zone\d+$/);
  const read = await Promise.all(zones.map((zone) => files.number(`${zone}/temp`, milliCelsiusMin, milliCelsiusMax)));
  const known = read.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known) / 1_000;
}

/** proc(5), meminfo: "MemAvailable" is what a new program could have without swapping. */
async function readMemory(files: MachineFiles): Promise<MachineMeasure['memory']> {
  const text = (await files.text('proc/meminfo')) ?? '';
  const bytesOf = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d{1,12}) kB$`, 'm').exec(text)?.[1]) * 1_024;
  const memory = { availableBytes: bytesOf('MemAvailable'), totalBytes: bytesOf('MemTotal') };
  return memory.availableBytes >= 0 && memory.totalBytes > 0 ? memory : undefined;
}

async function readLoad(files: MachineFiles): Promise<number | undefined> {
  const load = loadPattern.exec((await files.text('proc/loadavg')) ?? '')?.[1];
  return load === undefined ? undefined : Number(load) / availableParallelism();
}

/** proc(5), stat: user, nice, system, idle, iowait, irq, softirq, steal; the two of guests behind them are in user and nice already. */
async function readTicks(files: MachineFiles): Promise<MachineMeasure['ticks']> {
  const line = /^cpu +((?:\d{1,15} ){7}\d{1,15})/.exec((await files.text('proc/stat')) ?? '')?.[1];
  if (line === undefined) return undefined;
  const ticks = line.split(' ').map(Number);
  const all = ticks.reduce((sum, value) => sum + value, 0);
  return { all, busy: all - (ticks[3] ?? 0) - (ticks[4] ?? 0) };
}

async function readUptime(files: MachineFiles): Promise<number | undefined> {
  const seconds = uptimePattern.exec((await files.text('proc/uptime')) ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}
