/**
 * Replaces or removes a file so that a killed process or a cut power leaves the old one or the new one, whole. Asynchronous, since an SD card may
 * stall for seconds and the agent has a panel and a link to tend.
 */
import { constants } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Sensor and agent run as two users of one group. */
export const storedFileMode = 0o640;
const folderMode = 0o770;

/** The steps of which storing is made. What was written lasts only when it was synchronised, the file and the folder that names it. */
export interface Disk {
  write(path: string, text: string, mode: number): Promise<void>;
  /** Of a file or a folder. */
  synchronise(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Harmless where there is none. */
  remove(path: string): Promise<void>;
}

export const systemDisk: Disk = {
  async write(path, text, mode) {
    // A draft that another one left behind may be a link to elsewhere.
    await rm(path, { force: true });
    const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
  },
  async synchronise(path) {
    const file = await open(path, constants.O_RDONLY);
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  },
  rename,
  remove: (path) => rm(path, { force: true }),
};

/** The folder must be there. Rejects with the error of the system; the old file stands then, unless only the last step failed. */
export async function storeFile(disk: Disk, path: string, text: string): Promise<void> {
  const draft = `${path}.new`;
  await disk.write(draft, text, storedFileMode);
  await disk.synchronise(draft);
  await disk.rename(draft, path);
  await disk.synchronise(dirname(path));
}

export async function removeFile(disk: Disk, path: string): Promise<void> {
  await disk.remove(path);
  await disk.synchronise(dirname(path));
}

export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: folderMode });
}
