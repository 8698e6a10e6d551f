/**
 * Files of /proc and /sys -> their text and numbers, below any root folder. What is missing, unreadable, no file, or no number in its bounds is
 * undefined: a machine tells what it can, and nothing here throws.
 */
import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What is read of these files stands in their first lines; /proc/stat of a large machine goes on for much longer. */
const fileBytesMax = 4_096;
/** Of zones, devices and the like; a Pi has fewer than ten. */
const namesMax = 64;

export class MachineFiles {
  readonly #root: string;

  constructor(root = '/') {
    this.#root = root;
  }

  /** The beginning of a file, without white space around it. */
  async text(path: string): Promise<string | undefined> {
    try {
      // Nobody shall wait for whoever writes into a pipe.
      const file = await open(join(this.#root, path), constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(fileBytesMax), position: null });
        return buffer.toString('latin1', 0, bytesRead).trim();
      } finally {
        await file.close();
      }
    } catch {
      return undefined;
    }
  }

  /** A whole number in decimal, from `min` to `max`. */
  async number(path: string, min: number, max: number): Promise<number | undefined> {
    const text = await this.text(path);
    if (text === undefined || !/^-?\d{1,15}$/.test(text)) return undefined;
    const value = Number(text);
    return value >= min && value <= max ? value : undefined;
  }

  /** Paths of what is in a folder and fits, in the order of their names. */
  async list(folder: string, fits: RegExp): Promise<string[]> {
    try {
      const names = await readdir(join(this.#root, folder));
      return names
        .filter((name) => fits.test(name))
        .sort()
        .slice(0, namesMax)
        .map((name) => `${folder}/${name}`);
    } catch {
      return [];
    }
  }
}
