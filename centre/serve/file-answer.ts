/**
 * A request for a file of the repository and what is known of the file -> status and headers of the answer, and which bytes of it (RFC 9110). Pure. Only
 * names that the repository gives are files here: there is no listing, no way out of the folder, and no draft can be asked for.
 */

/** `metadata/timestamp.json` is replaced; whatever has a version or a hash in its name never changes. */
const metadataPattern = /^\/metadata\/(timestamp|[1-9]\d{0,14}\.(?:root|targets|snapshot))\.json$/;
const targetPattern = /^\/targets\/[0-9a-f]{64}\.[a-z0-9][a-z0-9.-]{0,99}$/;
const immutable = 'public, max-age=31536000, immutable';

export interface RepositoryFile {
  /** Below the folder. */
  path: string;
  isImmutable: boolean;
  contentType: string;
}

/** `target`: of the request, as it came. Undefined: nothing is there, and nothing is looked for. */
export function repositoryFile(target: string): RepositoryFile | undefined {
  const [path = ''] = target.split('?', 1);
  const metadata = metadataPattern.exec(path);
  if (metadata !== null) return { path: path.slice(1), isImmutable: metadata[1] !== 'timestamp', contentType: 'application/json' };
  if (targetPattern.test(path)) return { path: path.slice(1), isImmutable: true, contentType: 'application/octet-stream' };
  return undefined;
}

export interface FileFacts {
  sizeBytes: number;
  modifiedMs: number;
  inode: number;
}

export interface Conditions {
  range?: string | undefined;
  ifRange?: string | undefined;
  ifNoneMatch?: string | undefined;
}

export interface FileAnswer {
  status: 200 | 206 | 304 | 416;
  headers: Record<string, string | number>;
  /** Bytes of the file to send, both included; undefined: none. */
  span?: { first: number; last: number };
}

/** Files are replaced whole and never written in place, so this says which content it is. */
function entityTag({ sizeBytes, modifiedMs, inode }: FileFacts): string {
  return `"${inode.toString(36)}-${sizeBytes.toString(36)}-${Math.floor(modifiedMs).toString(36)}"`;
}

export function answerFor(file: RepositoryFile, facts: FileFacts, conditions: Conditions): FileAnswer {
  const etag = entityTag(facts);
  const { sizeBytes } = facts;
  const headers: FileAnswer['headers'] = {
    'Cache-Control': file.isImmutable ? immutable : 'no-cache',
    ETag: etag,
    'Accept-Ranges': 'bytes',
    'X-Content-Type-Options': 'nosniff',
  };
  if (matches(conditions.ifNoneMatch, etag)) return { status: 304, headers };
  headers['Content-Type'] = file.contentType;
  // RFC 9110 §13.1.5: a range is of the content that the client has begun with, or it is none.
  const isSame = conditions.ifRange === undefined || conditions.ifRange === etag;
  const span = isSame ? spanOf(conditions.range, sizeBytes) : undefined;
  if (span === 'unsatisfiable') {
    headers['Content-Range'] = `bytes */${sizeBytes}`;
    return { status: 416, headers: { ...headers, 'Content-Length': 0 } };
  }
  if (span === undefined) {
    headers['Content-Length'] = sizeBytes;
    return { status: 200, headers, ...(sizeBytes === 0 ? {} : { span: { first: 0, last: sizeBytes - 1 } }) };
  }
  headers['Content-Length'] = span.last - span.first + 1;
  headers['Content-Range'] = `bytes ${span.first}-${span.last}/${sizeBytes}`;
  return { status: 206, headers, span };
}

/** RFC 9110 §13.1.2: compared weakly, since nothing is changed by it. */
function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

/** One range; undefined: the whole file, which is what a server may give for anything else (§14.2). */
function spanOf(range: string | undefined, sizeBytes: number): { first: number; last: number } | 'unsatisfiable' | undefined {
  const found = range === undefined ? null : /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range.trim());
  if (found === null) return undefined;
  const [, from = '', to = ''] = found;
  if (from === '') {
    if (to === '') return undefined;
    const length = Math.min(Number(to), sizeBytes);
    return length === 0 ? 'unsatisfiable' : { first: sizeBytes - length, last: sizeBytes - 1 };
  }
  const first = Number(from);
  if (to !== '' && Number(to) < first) return undefined;
  if (first >= sizeBytes) return 'unsatisfiable';
  return { first, last: to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1) };
}
