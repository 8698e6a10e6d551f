/**
 * Turns a path, or standard input, into bytes in the order of the file. Regular files are read synchronously, which is
 * what makes a replay fast; pipes and devices through a stream. Does not decompress.
 */
import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { CaptureError } from './frame.ts';

export const STANDARD_INPUT = '-';

export interface ByteInput {
  /** Puts at most `length` bytes at `offset` of `into` and says how many; 0 at the end. A plain number where no waiting was needed. */
  read(into: Uint8Array, offset: number, length: number): number | Promise<number>;
  /** What cut the input short though bytes before it were good, for people. */
  readonly damage: string | undefined;
  close(): void;
}

/** What people are told the input is called; a name can hold anything, a message is one line. */
export function inputName(path: string): string {
  return path === STANDARD_INPUT ? 'standard input' : path.replace(/\p{Cc}/gu, '?');
}

/** Throws a `CaptureError` when the path cannot be opened or is a folder. */
export function openByteInput(path: string): ByteInput {
  if (path === STANDARD_INPUT) return new StreamInput(process.stdin, path);
  try {
    const descriptor = openSync(path, 'r');
    const kind = fstatSync(descriptor);
    if (kind.isDirectory()) {
      closeSync(descriptor);
      throw new CaptureError(`cannot read ${inputName(path)}: it is a folder`);
    }
    return kind.isFile() ? new FileInput(descriptor, path) : new StreamInput(createReadStream(path, { fd: descriptor }), path);
  } catch (error) {
    throw readingError(path, error);
  }
}

/** The one line for people that a failed system call becomes. */
function readingError(path: string, error: unknown): CaptureError {
  if (error instanceof CaptureError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const words: Record<string, string> = {
    ENOENT: 'no such file',
    ENOTDIR: 'no such file',
    EACCES: 'no permission',
    EPERM: 'no permission',
    EISDIR: 'it is a folder',
    EMFILE: 'too many open files',
  };
  return new CaptureError(`cannot read ${inputName(path)}: ${words[code] ?? code}`);
}

class FileInput implements ByteInput {
  readonly damage = undefined;
  readonly #descriptor: number;
  readonly #path: string;
  #open = true;

  constructor(descriptor: number, path: string) {
    this.#descriptor = descriptor;
    this.#path = path;
  }

  read(into: Uint8Array, offset: number, length: number): number {
    try {
      return readSync(this.#descriptor, into, offset, length, null);
    } catch (error) {
      throw readingError(this.#path, error);
    }
  }

  close(): void {
    if (this.#open) closeSync(this.#descriptor);
    this.#open = false;
  }
}

/** Pulls from a Node stream, so that a slow consumer holds the writer back. */
class StreamInput implements ByteInput {
  readonly damage = undefined;
  readonly #stream: NodeJS.ReadableStream;
  readonly #chunks: AsyncIterator<string | Buffer>;
  readonly #path: string;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(stream: NodeJS.ReadableStream, path: string) {
    this.#stream = stream;
    this.#chunks = stream[Symbol.asyncIterator]();
    this.#path = path;
  }

  read(into: Uint8Array, offset: number, length: number): number | Promise<number> {
    return this.#rest.length > 0 ? this.#take(into, offset, length) : this.#pull(into, offset, length);
  }

  async #pull(into: Uint8Array, offset: number, length: number): Promise<number> {
    try {
      const next = await this.#chunks.next();
      if (next.done) return 0;
      this.#rest = typeof next.value === 'string' ? Buffer.from(next.value) : next.value;
      return this.#rest.length > 0 ? this.#take(into, offset, length) : this.#pull(into, offset, length);
    } catch (error) {
      throw readingError(this.#path, error);
    }
  }

  #take(into: Uint8Array, offset: number, length: number): number {
    const given = this.#rest.subarray(0, length);
    into.set(given, offset);
    this.#rest = this.#rest.subarray(given.length);
    return given.length;
  }

  close(): void {
    if ('destroy' in this.#stream && typeof this.#stream.destroy === 'function') this.#stream.destroy();
  }
}
