/** A folder laid out like the /proc and /sys of a machine, of files with the texts that a test gives. Removed when the test is over. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

export function machineFolder(files: Readonly<Record<string, string>> = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'vonggac-machine-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** As a Raspberry Pi 4 with an eMMC below it (a Compute Module) shows itself under Raspberry Pi OS. */
export const piFiles: Readonly<Record<string, string>> = {
  'proc/device-tree/model': 'Raspberry Pi Compute Module 4 Rev 1.1\0',
  'proc/loadavg': '0.52 0.31 0.20 1/187 4711\n',
  'proc/meminfo': 'MemTotal:        1893088 kB\nMemFree:          801344 kB\nMemAvailable:    1412360 kB\nBuffers:           41232 kB\n',
  'proc/stat': 'cpu  1000 20 300 8000 500 0 80 0 0 0\ncpu0 250 5 75 2000 125 0 20 0 0 0\nintr 123456 0 0\n',
  'proc/uptime': '86461.52 320112.01\n',
  'sys/class/thermal/thermal_zone0/temp': '48312\n',
  'sys/class/thermal/thermal_zone0/type': 'cpu-thermal\n',
  'sys/devices/platform/soc/soc:firmware/get_throttled': '50005\n',
  'sys/devices/platform/soc/soc:firmware/uevent': 'DRIVER=raspberrypi-firmware\n',
  'sys/block/mmcblk0/device/life_time': '0x02 0x03\n',
  'sys/block/mmcblk0/device/pre_eol_info': '0x01\n',
  'sys/block/mmcblk0/size': '61071360\n',
  'sys/block/mmcblk0boot0/device/life_time': '0x0b 0x0b\n',
};
