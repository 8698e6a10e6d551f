/** Gives the lines of a text file one by one, in bounded memory however long a line or the file is. Knows nothing of what they mean. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { checkIsFile, describeFileError, IntelError } from './intel-error.ts';
import { hasSetMagic } from './set-layout.ts';

/** No value is half as long. */
export const lineLengthMax = 8192;
const bufferBytes = 1 << 18;
const newline = 0x0a;

/** Refuses what is plainly no text list, by its first bytes. */
function checkIsText(start: Buffer, path: string): void {
  if (hasSetMagic(start)) throw new IntelError(`${path}: is a compiled set, not a list`);
  if (start[0] === 0x1f && start[1] === 0x8b) throw new IntelError(`${path}: is compressed (gzip); unpack it first`);
  if ((start[0] === 0xff && start[1] === 0xfe) || (start[0] === 0xfe && start[1] === 0xff)) {
    throw new IntelError(`${path}: is UTF-16 text; save it as UTF-8`);
  }
  if (start.includes(0)) throw new IntelError(`${path}: is not a text list (it holds zero bytes)`);
}

/**
 * Calls `onLine` for each line of a UTF-8 file (`\n` or `\r\n`, byte order mark dropped) with its number from 1. A line longer than
 * `lineLengthMax` is passed as undefined. Throws an `IntelError` when the file cannot be read or is no text.
 */
export function readLines(path: string, onLine: (line: string | undefined, number: number) => void): void {
  try {
    const file = openSync(path, 'r');
    try {
      checkIsFile(fstatSync(file), path);
      pump(file, path, onLine);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw describeFileError(path, error);
  }
}

function pump(file: number, path: string, onLine: (line: string | undefined, number: number) => void): void {
  const buffer = Buffer.allocUnsafe(bufferBytes);
  let number = 0;
  let kept = 0;
  let isFirst = true;
  /** Inside a line whose beginning was already dropped as too long. */
  let isOverlong = false;
  const emit = (line: string) => {
    number++;
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    onLine(isOverlong || text.length > lineLengthMax ? undefined : text, number);
    isOverlong = false;
  };
  for (;;) {
    const count = readSync(file, buffer, kept, buffer.length - kept, null);
    const filled = kept + count;
    let start = 0;
    if (isFirst) {
      checkIsText(buffer.subarray(0, filled), path);
      if (buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf && filled >= 3) start = 3;
      isFirst = false;
    }
    if (count === 0) {
      if (filled > start || isOverlong) emit(buffer.toString('utf8', start, filled));
      return;
    }
    const last = buffer.subarray(start, filled).lastIndexOf(newline) + start;
    if (last >= start) {
      emitEach(buffer.toString('utf8', start, last), emit);
      start = last + 1;
    } else if (filled === buffer.length) {
      isOverlong = true;
      start = filled;
    }
    buffer.copyWithin(0, start, filled);
    kept = filled - start;
  }
}

function emitEach(text: string, emit: (line: string) => void): void {
  let start = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
    emit(text.slice(start, end));
    start = end + 1;
  }
  emit(text.slice(start));
}
