/** A folder with a copy of the repository -> its files. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { checkPath, type Opened, type Source, SourceFault } from './source.ts';

const chunkBytes = 64 * 1024;

export class FolderSource implements Source {
  readonly name: string;

  constructor(folder: string) {
    this.name = folder;
  }

  async open(path: string, start: number, signal: AbortSignal): Promise<Opened> {
    checkPath(path);
    try {
      const file = await open(join(this.name, path), 'r');
      return { start, bytes: file.createReadStream({ start, highWaterMark: chunkBytes, signal }) };
    } catch (error) {
      const isAbsent = error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
      throw new SourceFault(
        isAbsent ? 'absent' : 'broken',
        `${join(this.name, path)}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}
