/**
 * The head of one HTTP/1 message (RFC 9112 §2.1: start line and header lines) -> the few header values that matter here, and what says how
 * long the body is. Bare line feeds are accepted (§2.2), folded lines joined (§5.2). Other headers are passed over unread.
 */
import { noBytes, Reader } from '../../bytes/reader.ts';
import { httpText, valueBytesMax } from './http-text.ts';

/** Servers refuse heads above 8 or 16 KiB by default. */
export const headBytesMax = valueBytesMax;
/** Start line, headers and empty line; servers refuse more than about 100 headers. */
const linesMax = 160;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const colon = 0x3a;

/** Distance of each line's end (one past its line feed) from the head's start. Filled by `findHeadEnd`, read by `HttpHead`. */
const lineEnds = new Int32Array(linesMax);
let lineCount = 0;
let linesLeftOut = false;
const reader = new Reader(noBytes);

/** Index of the first byte that is no line end. RFC 9112 §2.2: empty lines before a start line are passed over. */
export function skipEmptyLines(bytes: Uint8Array, start: number, end: number): number {
  reader.reset(bytes, start, end);
  while (reader.peek() === carriageReturn || reader.peek() === lineFeed) reader.skip(1);
  return reader.position;
}

/** Index one past the empty line that ends the head, or -1. Notes where the lines end, of a cut head the whole ones. */
export function findHeadEnd(bytes: Uint8Array, start: number, end: number): number {
  reader.reset(bytes, start, end);
  lineCount = 0;
  linesLeftOut = false;
  let lineStart = start;
  let before = 0;
  while (reader.remaining > 0) {
    const byte = reader.u8();
    if (byte === lineFeed) {
      const position = reader.position;
      const length = position - lineStart;
      if (lineCount < linesMax) lineEnds[lineCount++] = position - start;
      else linesLeftOut = true;
      if (length === 1 || (length === 2 && before === carriageReturn)) return position;
      lineStart = position;
    }
    before = byte;
  }
  return -1;
}

/** Index one past the empty line whose last byte is at `from` or behind it, or -1. For a head that arrives in pieces. */
export function findHeadEndFrom(bytes: Uint8Array, from: number, end: number): number {
  reader.reset(bytes, from, end);
  while (reader.remaining > 0) {
    if (reader.u8() !== lineFeed) continue;
    // The bytes before may lie before `from`, so the reader looks back from a place of its own.
    const at = reader.position;
    back.reset(bytes, Math.max(0, at - 3), at - 1);
    const distance = back.remaining;
    const last = back.peek(distance - 1);
    if (last === lineFeed || (last === carriageReturn && back.peek(distance - 2) === lineFeed)) return at;
  }
  return -1;
}

const back = new Reader(noBytes);

/** Index one past the first line's line feed, of the head that `findHeadEnd` has just measured; `start` when no line is whole. */
export function startLineEnd(start: number): number {
  return lineCount === 0 ? start : start + lineEnds[0]!;
}

type TextField = 'host' | 'userAgent' | 'server' | 'contentType';
/** Below 2^53. */
const plainLength = /^\d{1,15}$/;

/** One head's values; reused, so what is kept is copied out. */
export class HttpHead {
  host: string | undefined;
  userAgent: string | undefined;
  server: string | undefined;
  contentType: string | undefined;
  /** -1 when not said. */
  contentLengthBytes = -1;
  /** RFC 9112 §6.1: chunked as the last coding, another one, or none. */
  transferEncoding: 'none' | 'chunked' | 'other' = 'none';
  /** Two Host lines, a length that is no number or two that differ, more lines than are read. */
  malformed = false;
  tooManyLines = false;
  /** One past the start line's line feed. */
  startLineEnd = 0;
  private last: TextField | undefined;

  /** Reads the lines that the last `findHeadEnd` of the same bytes noted; there must be one. */
  read(bytes: Uint8Array, start: number): void {
    this.host = this.userAgent = this.server = this.contentType = this.last = undefined;
    this.contentLengthBytes = -1;
    this.transferEncoding = 'none';
    this.malformed = false;
    this.tooManyLines = linesLeftOut;
    this.startLineEnd = startLineEnd(start);
    for (let line = 1; line < lineCount; line++) this.readLine(bytes, start + lineEnds[line - 1]!, start + lineEnds[line]!);
  }

  private readLine(bytes: Uint8Array, start: number, end: number): void {
    reader.reset(bytes, start, end);
    const first = reader.peek();
    if (first === 0x20 || first === 0x09) {
      this.fold(bytes, start, end);
      return;
    }
    this.last = undefined;
    switch (first | 0x20) {
      case 0x68:
        if (isNamed('host')) this.readText('host', bytes, start + 5, end);
        break;
      case 0x75:
        if (isNamed('user-agent')) this.readText('userAgent', bytes, start + 11, end);
        break;
      case 0x73:
        if (isNamed('server')) this.readText('server', bytes, start + 7, end);
        break;
      case 0x63:
        if (isNamed('content-length')) this.readLength(httpText(bytes, start + 15, end));
        else if (isNamed('content-type')) this.readText('contentType', bytes, start + 13, end);
        break;
      case 0x74:
        if (isNamed('transfer-encoding')) this.readEncoding(httpText(bytes, start + 18, end));
        break;
    }
  }

  private readText(field: TextField, bytes: Uint8Array, start: number, end: number): void {
    if (field === 'host' && this.host !== undefined) this.malformed = true;
    this.last = field;
    const text = httpText(bytes, start, end);
    if (text !== '') this[field] = text;
  }

  private fold(bytes: Uint8Array, start: number, end: number): void {
    if (this.last === undefined) return;
    const text = httpText(bytes, start, end);
    const before = this[this.last];
    this[this.last] = before === undefined ? text : `${before} ${text}`;
  }

  private readLength(text: string): void {
    if (this.contentLengthBytes < 0 && plainLength.test(text)) {
      this.contentLengthBytes = Number(text);
      return;
    }
    // RFC 9112 §6.3: a list of equal numbers counts as one.
    for (const part of text.split(',', 4)) {
      const digits = part.trim();
      const length = plainLength.test(digits) ? Number(digits) : -1;
      if (length < 0 || (this.contentLengthBytes >= 0 && this.contentLengthBytes !== length)) this.malformed = true;
      else this.contentLengthBytes = length;
    }
  }

  private readEncoding(text: string): void {
    this.transferEncoding = /(^|[,\s])chunked$/i.test(text) ? 'chunked' : 'other';
  }
}

/** Whether the line at the reader begins with this name and a colon. RFC 9112 §5.1: no blank may stand between. */
function isNamed(name: string): boolean {
  if (reader.peek(name.length) !== colon) return false;
  for (let index = 0; index < name.length; index++) {
    const wanted = name.charCodeAt(index);
    const byte = reader.peek(index);
    if (byte !== wanted && (byte | 0x20) !== wanted) return false;
  }
  return true;
}
