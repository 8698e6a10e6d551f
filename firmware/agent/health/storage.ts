/**
 * The file system that holds the outbox -> how much room is left, and how worn the eMMC below it is where the device says so. An SD card says
 * nothing of the kind: then it is absent. Writes nothing.
 */
import { statfs } from 'node:fs/promises';
import type { MachineFiles } from './machine-files.ts';

// JEDEC JESD84-B51 §7.4: DEVICE_LIFE_TIME_EST_TYP_A and _B [268, 269]. 0x01: up to a tenth of the life is used, … 0x0A: up to all of it, 0x0B: more.
const lifeTimeMax = 0x0b;
const lifeTimeSteps = 10;
/** JEDEC JESD84-B51 §7.4: PRE_EOL_INFO [267], of the reserved blocks: below 80 % used, 80 %, 90 %. 0 is "not defined". */
const spareBlocks = new Map([
  [1, 'normal'],
  [2, 'warning'],
  [3, 'urgent'],
] as const);

export type SpareBlocks = 'normal' | 'warning' | 'urgent';

export interface StorageMeasure {
  freeBytes: number;
  totalBytes: number;
  /** Of the more worn kind of memory, rounded up to tenths, at most 1. */
  wornShare?: number;
  spareBlocks?: SpareBlocks;
}

/** `folder`: the outbox's. Rejects where it is not there, or its file system does not answer. */
export async function measureStorage(folder: string, files: MachineFiles): Promise<StorageMeasure> {
  const { bavail, blocks, bsize } = await statfs(folder);
  const [wornShare, spare] = await wearOf(files);
  return {
    freeBytes: exact(bavail * bsize),
    totalBytes: exact(blocks * bsize),
    ...(wornShare === undefined ? {} : { wornShare }),
    ...(spare === undefined ? {} : { spareBlocks: spare }),
  };
}

/** Of the most worn one: a box has one, and which it is would take more trouble to find out than it is worth. */
async function wearOf(files: MachineFiles): Promise<[wornShare: number | undefined, spare: SpareBlocks | undefined]> {
  const devices = await files.list('sys/block', /^mmcblk\d+$/);
  const lifeTimes = await Promise.all(devices.map((device) => files.text(`${device}/device/life_time`)));
  const preEol = await Promise.all(devices.map((device) => files.text(`${device}/device/pre_eol_info`)));
  const worn = Math.max(0, ...lifeTimes.flatMap(lifeTimesOf));
  const spare = Math.max(0, ...preEol.flatMap((text) => hexNumbers(text)).filter((value) => value <= spareBlocks.size));
  return [worn === 0 ? undefined : Math.min(1, worn / lifeTimeSteps), spareBlocks.get(spare as 1 | 2 | 3)];
}

/** Some file systems of the network claim to have no end. */
function exact(bytes: number): number {
  return Math.min(bytes, Number.MAX_SAFE_INTEGER);
}

function lifeTimesOf(text: string | undefined): number[] {
  return hexNumbers(text).filter((value) => value <= lifeTimeMax);
}

/** drivers/mmc/core/mmc.c: "0x01 0x02" and "0x01". */
function hexNumbers(text: string | undefined): number[] {
  return /^0x[0-9a-f]{1,2}(?: 0x[0-9a-f]{1,2})?$/i.test(text ?? '') ? (text ?? '').split(' ').map(Number) : [];
}
