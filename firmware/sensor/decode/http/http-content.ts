/**
 * Says cheaply whether bytes begin an HTTP/1 request or response, whatever the port. Only the first line is looked at: nothing is decoded.
 * Upper-case methods only (RFC 9110 §9.1: they are case-sensitive), so lower-case text protocols do not match.
 */
import { noBytes, Reader } from '../../bytes/reader.ts';

/** RFC 9110 §9.3, RFC 5789, RFC 4918, RFC 3253, RFC 3744, RFC 5323, UPnP 1.0, and what Exchange and Terminal Services use. */
const methods = new Set(
  (
    'GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK POLL BCOPY BMOVE SEARCH BDELETE ' +
    'BPROPFIND BPROPPATCH LABEL MERGE REPORT UPDATE CHECKIN CHECKOUT UNCHECKOUT MKACTIVITY MKWORKSPACE VERSION-CONTROL BASELINE-CONTROL ACL ' +
    'BIND UNBIND REBIND LINK UNLINK PURGE QUERY M-SEARCH NOTIFY SUBSCRIBE UNSUBSCRIBE RPC_CONNECT RPC_IN_DATA RPC_OUT_DATA ' +
    'CCM_POST RDG_IN_DATA RDG_OUT_DATA SSTP_DUPLEX_POST'
  ).split(' '),
);
const methodBytesMax = 20;
/** The shortest own method that is believed. */
const methodBytesMin = 3;
const versionBytes = 8;
const space = 0x20;
const slash = 0x2f;
const lineFeed = 0x0a;

/** `maybe`: too short to say; ask again with more. */
export type Likeness = 'no' | 'maybe' | 'yes';

const reader = new Reader(noBytes);

function isMethodByte(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || byte === 0x2d || byte === 0x5f;
}

/** Whether `text` lies at `ahead` of the reader; a text cut by the end matches as far as it goes. */
function matches(ahead: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const byte = reader.peek(ahead + index);
    if (byte < 0) return true;
    if (byte !== text.charCodeAt(index)) return false;
  }
  return true;
}

/** Distance of the line's end from the reader, without CR and blanks; -1 when the line feed is not here. */
function lineLength(): number {
  for (let ahead = 0; ahead < reader.remaining; ahead++) {
    if (reader.peek(ahead) !== lineFeed) continue;
    let length = ahead;
    while (length > 0 && (reader.peek(length - 1) === 0x0d || reader.peek(length - 1) === space)) length--;
    return length;
  }
  return -1;
}

/** Whether what follows the method can be the target of a request: a path, `*`, or an absolute form. */
function isTargetStart(): boolean {
  const byte = reader.peek();
  return byte === slash || byte === 0x2a || ((byte | 0x20) === 0x68 && (matches(0, 'http') || matches(0, 'HTTP')));
}

function judgeRest(method: string, known: boolean): Likeness {
  while (reader.peek() === space) reader.skip(1);
  if (reader.remaining === 0) return 'maybe';
  if (reader.peek() < 0x21) return 'no';
  const length = lineLength();
  if (length < 0) {
    if (known) return isTargetStart() || method === 'CONNECT' ? 'yes' : 'maybe';
    return isTargetStart() ? 'maybe' : 'no';
  }
  const versionAt = length - versionBytes;
  if (versionAt > 0 && reader.peek(versionAt - 1) === space && matches(versionAt, 'HTTP/')) {
    return known || matches(versionAt, 'HTTP/1.') ? 'yes' : 'no';
  }
  // HTTP/0.9 had no version and one method; a path with blanks or another protocol's version is something else.
  for (let ahead = 0; ahead < length; ahead++) if (reader.peek(ahead) === space) return 'no';
  return method === 'GET' && reader.peek() === slash ? 'yes' : 'no';
}

export function judgeRequest(bytes: Uint8Array, start: number, end: number): Likeness {
  reader.reset(bytes, start, end);
  let length = 0;
  while (isMethodByte(reader.peek(length))) if (++length > methodBytesMax) return 'no';
  const after = reader.peek(length);
  if (after < 0) return 'maybe';
  if (after !== space || length < methodBytesMin) return 'no';
  let method = '';
  for (let left = length; left > 0; left--) method += String.fromCharCode(reader.u8());
  return judgeRest(method, methods.has(method));
}

/** `HTTP/1.1 200` or `HTTP/1.0 200` (RFC 9112 §4); the reason may be missing. */
export function judgeResponse(bytes: Uint8Array, start: number, end: number): Likeness {
  reader.reset(bytes, start, end);
  if (!matches(0, 'HTTP/1.')) return 'no';
  for (let ahead = 7; ahead < 12; ahead++) {
    const byte = reader.peek(ahead);
    if (byte < 0) return 'maybe';
    if (ahead === 8 ? byte !== space : byte < 0x30 || byte > 0x39) return 'no';
  }
  const after = reader.peek(12);
  return after < 0 || after === space || after === 0x0d || after === lineFeed ? 'yes' : 'no';
}

export function looksLikeHttpRequest(bytes: Uint8Array, start: number, end: number): boolean {
  return judgeRequest(bytes, start, end) === 'yes';
}

/** The bytes are too few to say, but may grow into a request: worth holding until more come. */
export function mayBecomeHttpRequest(bytes: Uint8Array, start: number, end: number): boolean {
  return judgeRequest(bytes, start, end) === 'maybe';
}

export function looksLikeHttpResponse(bytes: Uint8Array, start: number, end: number): boolean {
  return judgeResponse(bytes, start, end) === 'yes';
}
