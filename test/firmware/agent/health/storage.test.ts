import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { MachineFiles } from '../../../../firmware/agent/health/machine-files.ts';
import { measureStorage } from '../../../../firmware/agent/health/storage.ts';
import { machineFolder, piFiles } from './machine-folder.ts';

const storageOf = (files: Readonly<Record<string, string>>) => measureStorage(tmpdir(), new MachineFiles(machineFolder(files)));
const emmc = (lifeTime: string, preEol: string, device = 'mmcblk0') => ({
  [`sys/block/${device}/device/life_time`]: `${lifeTime}\n`,
  [`sys/block/${device}/device/pre_eol_info`]: `${preEol}\n`,
});

describe('the disk', () => {
  it('has the room that df tells', async () => {
    const { freeBytes, totalBytes } = await storageOf({});
    const [, line = ''] = execFileSync('df', ['--block-size=1', '--output=size,avail', tmpdir()], { encoding: 'utf8' }).split('\n');
    const [size, available] = line.trim().split(/\s+/).map(Number);
    expect(totalBytes).toBe(size);
    expect(Math.abs(freeBytes - (available ?? 0))).toBeLessThan(1e9);
  });

  it('is no answer where the folder is not there', async () => {
    await expect(measureStorage('/nowhere/at/all', new MachineFiles(machineFolder(piFiles)))).rejects.toThrow();
  });

  // JESD84-B51: 0x01 is up to 10 % used, 0x0a up to 100 %, 0x0b more than estimated.
  it.each([
    ['0x01 0x01', '0x01', { wornShare: 0.1, spareBlocks: 'normal' }],
    ['0x02 0x03', '0x01', { wornShare: 0.3, spareBlocks: 'normal' }],
    ['0x0a 0x01', '0x02', { wornShare: 1, spareBlocks: 'warning' }],
    ['0x0b 0x0b', '0x03', { wornShare: 1, spareBlocks: 'urgent' }],
    ['0x00 0x04', '0x00', { wornShare: 0.4 }],
    ['0x05', '0x01', { wornShare: 0.5, spareBlocks: 'normal' }],
  ])('with life time %s and reserve %s is as worn as JEDEC means it', async (lifeTime, preEol, wear) => {
    const { freeBytes: _, totalBytes: __, ...seen } = await storageOf(emmc(lifeTime, preEol));
    expect(seen).toEqual(wear);
  });

  it.each(['', 'garbage', '0x00 0x00', '0xff 0xfe', '-1', '1 2', '0x01 0x02 0x03', '0x1000', 'x'.repeat(10_000)])(
    'is not said to be worn by %j',
    async (text) => {
      const { freeBytes: _, totalBytes: __, ...seen } = await storageOf(emmc(text, text));
      expect(seen).toEqual({});
    },
  );

  it('is as worn as its most worn device; partitions of the boot loader and cards, which say nothing, do not count', async () => {
    expect(await storageOf(piFiles)).toMatchObject({ wornShare: 0.3, spareBlocks: 'normal' });
    const two = { ...emmc('0x01 0x02', '0x01'), ...emmc('0x07 0x01', '0x02', 'mmcblk2'), 'sys/block/mmcblk1/size': '1\n' };
    expect(await storageOf(two)).toMatchObject({ wornShare: 0.7, spareBlocks: 'warning' });
  });
});
