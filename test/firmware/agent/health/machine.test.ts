import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { measureMachine } from '../../../../firmware/agent/health/machine.ts';
import { MachineFiles } from '../../../../firmware/agent/health/machine-files.ts';
import { machineFolder, piFiles } from './machine-folder.ts';

const noPrograms = async () => undefined;
const measure = (root: string) => measureMachine(new MachineFiles(root), noPrograms);

describe('a machine', () => {
  it('that is a Pi tells all that is asked', async () => {
    expect(await measure(machineFolder(piFiles))).toEqual({
      temperatureCelsius: 48.312,
      power: { underVoltage: true, underVoltageSinceBoot: true, throttled: true, throttledSinceBoot: true },
      memory: { availableBytes: 1_412_360 * 1_024, totalBytes: 1_893_088 * 1_024 },
      load: 0.52 / availableParallelism(),
      ticks: { busy: 1_400, all: 9_900 },
      uptimeSeconds: 86_461,
    });
  });

  it('that tells nothing is no fault', async () => {
    expect(await measure(machineFolder())).toEqual({});
    expect(await measure('/nowhere/at/all')).toEqual({});
  });

  it('is as hot as its hottest zone, and a zone that cannot be true is no zone', async () => {
    const zones = (...texts: string[]) =>
      machineFolder(Object.fromEntries(texts.map((text, index) => [`sys/class/thermal/thermal_zone${index}/temp`, text])));
    expect(await measure(zones('41000\n', '65500\n', '-5000\n'))).toEqual({ temperatureCelsius: 65.5 });
    expect(await measure(zones('-274000\n', '20000\n'))).toEqual({ temperatureCelsius: 20 });
    expect(await measure(zones('-12500\n'))).toEqual({ temperatureCelsius: -12.5 });
    expect(await measure(zones('1e4', '0x30', '', '150001', '--5', '+5'))).toEqual({});
  });

  it.each([
    '',
    'garbage\n',
    '-274000',
    '999999999999999999999999',
    'NaN',
    '48.3',
    '48 312',
    '\0\0\0\0',
    '４８３１２',
    'x'.repeat(100_000),
    '9'.repeat(100_000),
  ])('whose every file says %j tells nothing, and nothing wrong', async (text) => {
    const root = machineFolder(Object.fromEntries(Object.keys(piFiles).map((path) => [path, text])));
    expect(await measure(root)).toEqual({});
  });

  it('is not believed a number that is negative, or beyond what can be written', async () => {
    const root = machineFolder({
      'proc/meminfo': 'MemTotal: -5 kB\nMemAvailable: 12 kB\n',
      'proc/stat': 'cpu  -1 20 300 8000 500 0 80 0 0 0\n',
      'proc/loadavg': '-0.52 0.31 0.20 1/187 4711\n',
      'proc/uptime': '-86461.52 320112.01\n',
    });
    expect(await measure(root)).toEqual({});
    const large = machineFolder({
      'proc/meminfo': 'MemTotal: 99999999999999 kB\nMemAvailable: 12 kB\n',
      'proc/uptime': `${'9'.repeat(30)} 1\n`,
    });
    expect(await measure(large)).toEqual({});
  });

  it('may have folders, dangling links and pipes where files should be', async () => {
    const root = machineFolder(piFiles);
    for (const [index, path] of Object.keys(piFiles).entries()) {
      const full = join(root, path);
      rmSync(full, { force: true });
      mkdirSync(dirname(full), { recursive: true });
      if (index % 3 === 0) mkdirSync(full);
      else if (index % 3 === 1) symlinkSync('/nowhere', full);
      else execFileSync('mkfifo', [full]);
    }
    expect(await measure(root)).toEqual({});
  });

  it('may have more zones than anybody wants to read', async () => {
    const root = machineFolder(
      Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`sys/class/thermal/thermal_zone${index}/temp`, '30000'])),
    );
    expect(await new MachineFiles(root).list('sys/class/thermal', /^thermal_zone\d+$/)).toHaveLength(64);
    expect(await measure(root)).toEqual({ temperatureCelsius: 30 });
  });
});

it('the machine of this test is measured as its kernel tells it', async () => {
  const { memory, ticks, uptimeSeconds, load, temperatureCelsius } = await measureMachine();
  const text = readFileSync('/proc/meminfo', 'latin1');
  expect(memory?.totalBytes).toBe(Number(/MemTotal: +(\d+)/.exec(text)?.[1]) * 1_024);
  expect(memory?.availableBytes).toBeGreaterThan(0);
  expect(memory?.availableBytes).toBeLessThanOrEqual(memory?.totalBytes ?? 0);
  expect(Math.abs((uptimeSeconds ?? 0) - Number.parseFloat(readFileSync('/proc/uptime', 'latin1')))).toBeLessThan(5);
  expect(ticks?.busy).toBeGreaterThan(0);
  expect(ticks?.all).toBeGreaterThan(ticks?.busy ?? 0);
  expect(load).toBeGreaterThanOrEqual(0);
  if (temperatureCelsius !== undefined) expect(temperatureCelsius).toBeGreaterThan(-60);
});
