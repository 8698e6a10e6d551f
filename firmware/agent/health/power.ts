/**
 * What the firmware of a Raspberry Pi says of its supply and its heat -> whether it is slowed or starved, now and since the boot. Undefined on
 * every other machine.
 */
import { type Ask, ask } from './clock.ts';
import type { MachineFiles } from './machine-files.ts';

// Raspberry Pi documentation, "vcgencmd get_throttled": the low bits are of now, the same ones 16 higher have occurred since the boot.
const underVoltageBit = 1 << 0;
const frequencyCappedBit = 1 << 1;
const throttledBit = 1 << 2;
const softTemperatureLimitBit = 1 << 3;
const slowedBits = frequencyCappedBit | throttledBit | softTemperatureLimitBit;
const sinceBootShift = 16;

export interface Power {
  underVoltage: boolean;
  underVoltageSinceBoot?: boolean;
  throttled?: boolean;
  throttledSinceBoot?: boolean;
}

/** The kernel of Raspberry Pi OS has the bits in a file. Elsewhere the tool asks for them, or the mainline kernel tells the voltage alone. */
export async function readPower(files: MachineFiles, asking: Ask = ask): Promise<Power | undefined> {
  const bits = (await bitsOfFirmware(files)) ?? (await bitsOfTool(files, asking));
  if (bits === undefined) return await alarmOfKernel(files);
  const sinceBoot = bits >>> sinceBootShift;
  return {
    underVoltage: (bits & underVoltageBit) !== 0,
    underVoltageSinceBoot: (sinceBoot & underVoltageBit) !== 0,
    throttled: (bits & slowedBits) !== 0,
    throttledSinceBoot: (sinceBoot & slowedBits) !== 0,
  };
}

/** `soc/soc:firmware` up to the Pi 4; on a Pi 5 both names carry the address of the bus. Hexadecimal without a prefix. */
async function bitsOfFirmware(files: MachineFiles): Promise<number | undefined> {
  for (const bus of await files.list('sys/devices/platform', /^soc/)) {
    for (const device of await files.list(bus, /firmware$/)) {
      const bits = bitsOf(await files.text(`${device}/get_throttled`));
      if (bits !== undefined) return bits;
    }
  }
  return undefined;
}

async function bitsOfTool(files: MachineFiles, asking: Ask): Promise<number | undefined> {
  const model = await files.text('proc/device-tree/model');
  if (model?.startsWith('Raspberry Pi') !== true) return undefined;
  return bitsOf(/^throttled=(0x[0-9a-f]+)$/i.exec((await asking('vcgencmd', ['get_throttled'])) ?? '')?.[1]);
}

function bitsOf(text: string | undefined): number | undefined {
  const digits = /^(?:0x)?([0-9a-f]{1,8})$/i.exec(text ?? '')?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

/** drivers/hwmon/raspberrypi-hwmon.c: 1 while the supply is too weak, and up to 2 s longer. */
async function alarmOfKernel(files: MachineFiles): Promise<Power | undefined> {
  for (const device of await files.list('sys/class/hwmon', /^hwmon\d+$/)) {
    if ((await files.text(`${device}/name`)) !== 'rpi_volt') continue;
    const alarm = await files.number(`${device}/in0_lcrit_alarm`, 0, 1);
    if (alarm !== undefined) return { underVoltage: alarm === 1 };
  }
  return undefined;
}
