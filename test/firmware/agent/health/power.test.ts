import { describe, expect, it } from 'vitest';
import type { Ask } from '../../../../firmware/agent/health/clock.ts';
import { MachineFiles } from '../../../../firmware/agent/health/machine-files.ts';
import { readPower } from '../../../../firmware/agent/health/power.ts';
import { machineFolder } from './machine-folder.ts';

const bitsFile = 'sys/devices/platform/soc/soc:firmware/get_throttled';
const noPrograms: Ask = async () => undefined;
const powerOf = (files: Record<string, string>, asking: Ask = noPrograms) => readPower(new MachineFiles(machineFolder(files)), asking);
const well = { underVoltage: false, underVoltageSinceBoot: false, throttled: false, throttledSinceBoot: false };

describe('the power of a Pi', () => {
  // The table in Raspberry Pi's documentation of get_throttled.
  it.each([
    ['0', well],
    ['1', { ...well, underVoltage: true }],
    ['2', { ...well, throttled: true }],
    ['4', { ...well, throttled: true }],
    ['8', { ...well, throttled: true }],
    ['10000', { ...well, underVoltageSinceBoot: true }],
    ['20000', { ...well, throttledSinceBoot: true }],
    ['40000', { ...well, throttledSinceBoot: true }],
    ['80000', { ...well, throttledSinceBoot: true }],
    ['50005', { underVoltage: true, underVoltageSinceBoot: true, throttled: true, throttledSinceBoot: true }],
    ['0xfff0fff0', well],
  ])('%s is read bit by bit', async (text, power) => {
    expect(await powerOf({ [bitsFile]: `${text}\n` })).toEqual(power);
  });

  it('is found where a Pi 5 keeps it', async () => {
    expect(await powerOf({ 'sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled': '1\n' })).toMatchObject({
      underVoltage: true,
    });
  });

  it.each(['', 'garbage', '-1', '0x', '123456789', '5 0'])('is not made up from %j', async (text) => {
    expect(await powerOf({ [bitsFile]: text })).toBeUndefined();
  });

  it('is asked of the tool where the kernel has no file, and of a Pi only', async () => {
    const asked: string[] = [];
    const tool: Ask = async (program, parameters) => {
      asked.push([program, ...parameters].join(' '));
      return 'throttled=0x50000';
    };
    const model = 'proc/device-tree/model';
    expect(await powerOf({ [model]: 'Raspberry Pi 4 Model B Rev 1.4\0' }, tool)).toEqual({
      ...well,
      underVoltageSinceBoot: true,
      throttledSinceBoot: true,
    });
    expect(asked).toEqual(['vcgencmd get_throttled']);
    expect(await powerOf({ [model]: 'QEMU virt' }, tool)).toBeUndefined();
    expect(await powerOf({}, tool)).toBeUndefined();
    expect(asked).toHaveLength(1);
    expect(await powerOf({ [model]: 'Raspberry Pi 4' }, async () => 'VCHI initialization failed')).toBeUndefined();
  });

  it('is what the mainline kernel measures where nothing else tells', async () => {
    const volt = (name: string, alarm: string) => ({
      'sys/class/hwmon/hwmon1/name': `${name}\n`,
      'sys/class/hwmon/hwmon1/in0_lcrit_alarm': `${alarm}\n`,
    });
    expect(await powerOf(volt('rpi_volt', '1'))).toEqual({ underVoltage: true });
    expect(await powerOf(volt('rpi_volt', '0'))).toEqual({ underVoltage: false });
    expect(await powerOf(volt('rpi_volt', 'x'))).toBeUndefined();
    expect(await powerOf(volt('nct6775', '1'))).toBeUndefined();
  });
});
