/**
 * Turns gzip-compressed bytes into plain ones. What stands before a cut or a damage is still given out: that is why the
 * decompressor is driven by hand and flushed before its end is asked for.
 */
import { constants, createGunzip, type Gunzip } from 'node:zlib';
import type { ByteInput } from './byte-input.ts';

/** RFC 1952 §2.3.1. */
export const GZIP_MAGIC = [0x1f, 0x8b] as const;
/** Deflate makes at most about a thousand bytes of one, so this bounds what one write can bring into memory to 16 MiB. */
const COMPRESSED_READ_BYTES = 16_384;
/** What is lost at most when damage is met: the decompressor drops the piece that it was filling. */
const PLAIN_CHUNK_BYTES = 32_768;

export class GzipInput implements ByteInput {
  damage: string | undefined;
  readonly #source: ByteInput;
  readonly #gunzip: Gunzip = createGunzip({ chunkSize: PLAIN_CHUNK_BYTES });
  readonly #compressed = new Uint8Array(COMPRESSED_READ_BYTES);
  #ready: Uint8Array[] = [];
  #ended = false;

  /** `head`: bytes that were already taken from `source`. */
  constructor(source: ByteInput, head: Uint8Array) {
    this.#source = source;
    this.#gunzip.on('data', (chunk: Uint8Array) => this.#ready.push(chunk));
    this.#gunzip.on('error', (error) => {
      this.damage = error.message === 'unexpected end of file' ? 'the gzip data are cut short' : 'the gzip data are damaged';
      this.#ended = true;
    });
    this.#gunzip.write(head);
  }

  read(into: Uint8Array, offset: number, length: number): number | Promise<number> {
    return this.#ready.length > 0 ? this.#take(into, offset, length) : this.#pull(into, offset, length);
  }

  async #pull(into: Uint8Array, offset: number, length: number): Promise<number> {
    while (this.#ready.length === 0 && !this.#ended) {
      const got = this.#source.read(this.#compressed, 0, COMPRESSED_READ_BYTES);
      const count = typeof got === 'number' ? got : await got;
      if (count > 0) await this.#write(this.#compressed.subarray(0, count));
      else if (!(await this.#flush())) await this.#finish();
    }
    return this.#ready.length > 0 ? this.#take(into, offset, length) : 0;
  }

  #write(chunk: Uint8Array): Promise<void> {
    return this.#step((done) => this.#gunzip.write(chunk, done));
  }

  /** Brings out what the decompressor still holds; true if that was anything. */
  async #flush(): Promise<boolean> {
    await this.#step((done) => this.#gunzip.flush(constants.Z_SYNC_FLUSH, done));
    return this.#ready.length > 0;
  }

  /** Asks for the end: an incomplete stream answers with an error, which becomes `damage`. */
  async #finish(): Promise<void> {
    await this.#step(() => this.#gunzip.end());
    this.#ended = true;
  }

  /** Waits until the decompressor is done with something, or closed: then it calls nobody back any more. */
  #step(begin: (done: () => void) => void): Promise<void> {
    if (this.#gunzip.destroyed) {
      this.#ended = true;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const done = (): void => {
        this.#gunzip.removeListener('close', done);
        resolve();
      };
      this.#gunzip.once('close', done);
      begin(done);
    });
  }

  #take(into: Uint8Array, offset: number, length: number): number {
    const chunk = this.#ready[0];
    if (chunk === undefined) return 0;
    const given = chunk.subarray(0, length);
    into.set(given, offset);
    if (given.length === chunk.length) this.#ready.shift();
    else this.#ready[0] = chunk.subarray(given.length);
    return given.length;
  }

  close(): void {
    this.#gunzip.destroy();
    this.#source.close();
  }
}
