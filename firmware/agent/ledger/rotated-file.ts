/**
 * Lines -> files of bounded size, numbered upwards, of which the oldest goes: `orders-000007.jsonl`. What is appended reaches the system at once and so
 * outlives the process; it outlives a cut power once synchronised. Does not know what the lines say.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const fileMode = 0o640;
const numberDigits = 6;

export interface RotatedFileOptions {
  folder: string;
  /** What the names begin with. */
  name: string;
  fileBytesMax: number;
  filesMax: number;
}

export class RotatedFile {
  readonly #options: RotatedFileOptions;
  #file: FileHandle | undefined;
  #sizeBytes = 0;
  #number = 0;
  #isUnsynchronised = false;

  constructor(options: RotatedFileOptions) {
    this.#options = options;
  }

  /** `text`: whole lines. Rejects where the disk does; the next call tries anew. Not to be called while another call is at work. */
  async append(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    try {
      await this.#prepare(bytes.length);
      const { bytesWritten } = (await this.#file?.write(bytes)) ?? { bytesWritten: 0 };
      this.#sizeBytes += bytesWritten;
      this.#isUnsynchronised = true;
      if (bytesWritten < bytes.length) throw new Error('the disk took a part of it only');
    } catch (error) {
      // What is half written is ended by a line end when the file is opened again.
      await this.close();
      throw error;
    }
  }

  async synchronise(): Promise<void> {
    if (!this.#isUnsynchronised) return;
    this.#isUnsynchronised = false;
    await this.#file?.datasync();
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }

  async #prepare(bytes: number): Promise<void> {
    const { fileBytesMax } = this.#options;
    if (this.#file === undefined) await this.#openLast();
    if (this.#sizeBytes === 0 || this.#sizeBytes + bytes <= fileBytesMax) return;
    await this.synchronise();
    await this.close();
    await this.#open(this.#number + 1);
    await this.#removeOldest();
  }

  async #openLast(): Promise<void> {
    const last = (await filesOf(this.#options.folder, this.#options.name)).at(-1);
    await this.#open(last?.number ?? 1);
    await this.#removeOldest();
  }

  async #open(number: number): Promise<void> {
    const { folder, name } = this.#options;
    const path = join(folder, `${name}-${String(number).padStart(numberDigits, '0')}.jsonl`);
    const file = await open(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, fileMode);
    this.#file = file;
    this.#number = number;
    this.#sizeBytes = (await file.stat()).size;
    if (this.#sizeBytes === 0) return;
    // A killed process may have left half a line behind: the next one begins on its own.
    const last = await file.read(Buffer.alloc(1), 0, 1, this.#sizeBytes - 1);
    if (last.buffer[0] !== 0x0a) this.#sizeBytes += (await file.write('\n')).bytesWritten;
  }

  async #removeOldest(): Promise<void> {
    const { folder, name, filesMax } = this.#options;
    const files = await filesOf(folder, name);
    for (const { path } of files.slice(0, Math.max(0, files.length - filesMax))) await rm(path, { force: true });
  }
}

/** Files of that name, the oldest first; empty where there is no folder. */
export async function filesOf(folder: string, name: string): Promise<{ path: string; number: number }[]> {
  const names = await readdir(folder).catch(() => []);
  const pattern = new RegExp(`^${name}-(\\d{${numberDigits},9})\\.jsonl$`);
  const found = names.flatMap((file) => {
    const number = pattern.exec(file)?.[1];
    return number === undefined ? [] : [{ path: join(folder, file), number: Number(number) }];
  });
  return found.sort((a, b) => a.number - b.number);
}
