/** What the operator named (a file, a folder with a MISP feed, a URL, `-`) -> an open file to read the list from. Unpacks gzip. */
import { closeSync, createReadStream, fstatSync, openSync, readSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pid } from 'node:process';
import { createGunzip } from 'node:zlib';
import { UserError } from '../../command/user-error.ts';
import { type Fetcher, parseUrl, StatusError } from './fetch/fetcher.ts';
import type { Input } from './input.ts';

export interface OpenedInput extends Input {
  /** Text of a file beside it, as a feed has them; undefined where there is none. */
  beside: (name: string) => Promise<string | undefined>;
}

/** No event of a feed is as large. */
const besideBytesMax = 128 * 1024 * 1024;
/** What a list may become when unpacked. */
const unpackedBytesMax = 4 * 1024 * 1024 * 1024;
const lookedAtBytes = 4096;

export function isUrl(named: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(named);
}

/** Throws a `UserError` that names what cannot be read. */
export async function openInput(named: string, fetcher: Fetcher, sizeBytesMax: number): Promise<OpenedInput> {
  let opened = named === '-' ? await openStandardInput(sizeBytesMax) : isUrl(named) ? await openUrl(named, fetcher) : openPath(named);
  try {
    if (isGzip(opened)) {
      const unpacked = await gunzipped(opened);
      closeSync(opened.file);
      opened = unpacked;
      if (isGzip(opened)) throw new UserError(`${named} is compressed twice: unpack it first`);
    }
    checkIsText(opened);
    return opened;
  } catch (error) {
    closeSync(opened.file);
    throw error;
  }
}

function openPath(path: string): OpenedInput {
  try {
    const isFolder = statSync(path).isDirectory();
    const listPath = isFolder ? join(path, 'manifest.json') : path;
    const file = openSync(listPath, 'r');
    const status = fstatSync(file);
    const beside = (name: string) => besidePath(join(dirname(listPath), name));
    if (status.isFile()) return { from: path, file, sizeBytes: status.size, beside };
    closeSync(file);
    throw new UserError(`${path} is no file; - reads standard input`);
  } catch (error) {
    throw described(path, error);
  }
}

function described(path: string, error: unknown): UserError {
  if (error instanceof UserError) return error;
  const { code, message, path: missing } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' && missing?.endsWith('manifest.json') === true)
    return new UserError(`${path} is a folder without manifest.json: name a list`);
  return new UserError(code === 'ENOENT' ? `${path} does not exist` : `${path} cannot be read: ${message}`);
}

async function besidePath(path: string): Promise<string | undefined> {
  try {
    const status = await stat(path);
    return status.isFile() && status.size <= besideBytesMax ? await readFile(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

/** A file without a name: it goes with the process, however that ends. */
function nameless(): number {
  const path = join(tmpdir(), `vonggac-centre-${pid}-${process.hrtime.bigint()}`);
  const file = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return file;
}

function append(file: number, piece: Buffer): void {
  for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at);
}

async function openStandardInput(sizeBytesMax: number): Promise<OpenedInput> {
  const file = nameless();
  let sizeBytes = 0;
  for await (const piece of process.stdin as AsyncIterable<Buffer>) {
    sizeBytes += piece.length;
    if (sizeBytes > sizeBytesMax) throw new UserError('standard input is larger than --size-limit allows');
    append(file, piece);
  }
  return { from: '-', file, sizeBytes, beside: async () => undefined };
}

async function openUrl(named: string, fetcher: Fetcher): Promise<OpenedInput> {
  const url = parseUrl(named);
  const file = nameless();
  let sizeBytes = 0;
  try {
    await fetcher.read(url.href, '*/*', (piece) => {
      sizeBytes += piece.length;
      append(file, piece);
    });
  } catch (error) {
    closeSync(file);
    throw error;
  }
  const beside = async (name: string) => {
    try {
      return (await fetcher.text(new URL(name, url).href, 'application/json')).text;
    } catch (error) {
      if (error instanceof StatusError && error.status === 404) return undefined;
      throw error;
    }
  };
  return { from: named, file, sizeBytes, beside };
}

function startOf(opened: OpenedInput): Buffer {
  const start = Buffer.alloc(lookedAtBytes);
  return start.subarray(0, readSync(opened.file, start, 0, start.length, 0));
}

function isGzip(opened: OpenedInput): boolean {
  const start = startOf(opened);
  return start[0] === 0x1f && start[1] === 0x8b;
}

function checkIsText(opened: OpenedInput): void {
  const start = startOf(opened);
  const { from } = opened;
  if (start.length === 0) throw new UserError(`${from} is empty`);
  if (start.toString('latin1', 0, 4) === 'PK\x03\x04') throw new UserError(`${from} is a zip archive: unpack it first`);
  if (start[0] === 0xff || start[0] === 0xfe) throw new UserError(`${from} is UTF-16 text: save it as UTF-8`);
  if (start.includes(0)) throw new UserError(`${from} is no text`);
}

async function gunzipped(opened: OpenedInput): Promise<OpenedInput> {
  const file = nameless();
  let sizeBytes = 0;
  try {
    const packed = createReadStream('', { fd: opened.file, start: 0, autoClose: false });
    for await (const piece of packed.pipe(createGunzip()) as AsyncIterable<Buffer>) {
      sizeBytes += piece.length;
      if (sizeBytes > unpackedBytesMax) throw new UserError(`${opened.from} is larger than 4 GiB when unpacked`);
      append(file, piece);
    }
  } catch (error) {
    closeSync(file);
    throw error instanceof UserError
      ? error
      : new UserError(`${opened.from} is damaged gzip: ${error instanceof Error ? error.message : error}`);
  }
  return { ...opened, file, sizeBytes };
}
