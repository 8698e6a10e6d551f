/**
 * Where the files of a repository come from: a server by HTTPS, or a folder such as a USB stick. A source hands out bytes and knows nothing of what they
 * should be; whoever reads decides how many it takes, how fast, and whether to believe them.
 */

export type SourceFaultCode = 'absent' | 'unreachable' | 'refused' | 'too-slow' | 'too-long' | 'broken';

/** Its message is fit for people. `absent`: there is no such file; all else may be better next time. */
export class SourceFault extends Error {
  override readonly name = 'SourceFault';
  readonly code: SourceFaultCode;

  constructor(code: SourceFaultCode, message: string) {
    super(message);
    this.code = code;
  }
}

export interface Opened {
  /** Where the bytes begin: as asked for, or 0 where the source cannot begin in the middle. */
  start: number;
  bytes: AsyncIterable<Uint8Array>;
}

export interface Source {
  /** For people: where this is. */
  readonly name: string;
  /** `path`: below the repository, such as `metadata/timestamp.json`. Rejects with a `SourceFault`. */
  open(path: string, start: number, signal: AbortSignal): Promise<Opened>;
}

/** Letters, digits and what stands between them; no way out of the repository, and nothing that a URL would read otherwise. */
const pathPattern = /^(?:[A-Za-z0-9_-][A-Za-z0-9._-]*\/)*[A-Za-z0-9_-][A-Za-z0-9._-]*$/;

/** Throws a `SourceFault` for a path that is none of ours. */
export function checkPath(path: string): void {
  if (path.length > 200 || !pathPattern.test(path))
    throw new SourceFault('refused', `${JSON.stringify(path.slice(0, 200))} is no path of a repository`);
}
