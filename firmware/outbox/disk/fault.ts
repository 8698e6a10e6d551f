/** What SQLite or the file system threw -> what kind of fault it is, and in words what is wrong. Does not mend it. */

/**
 * `damaged`: the file is no sound outbox. `replaced`: the path leads to another file by now, or to none. `busy`: another process holds it
 * for long. `foreign`: another box works in the folder, or owns what is in it. `full`, `read-only`, `failing`: the disk; nothing but waiting helps.
 */
export type FaultKind = 'damaged' | 'replaced' | 'busy' | 'foreign' | 'full' | 'read-only' | 'failing';

export class OutboxFault extends Error {
  readonly kind: FaultKind;
  /** A block of the disk could not be read or written. */
  readonly isInputOutput: boolean;

  constructor(kind: FaultKind, words: string, isInputOutput = false) {
    super(words);
    this.kind = kind;
    this.isInputOutput = isInputOutput;
  }
}

/** Primary result codes: https://www.sqlite.org/rescode.html */
const sqliteError = 1;
const sqliteBusy = 5;
const sqliteLocked = 6;
const sqliteReadOnly = 8;
const sqliteInputOutput = 10;
const sqliteCorrupt = 11;
const sqliteFull = 13;
const sqliteTooBig = 18;
const sqliteConstraint = 19;
const sqliteMismatch = 20;
const sqliteNotDatabase = 26;

export function faultOf(error: unknown): OutboxFault {
  if (error instanceof OutboxFault) return error;
  if (!(error instanceof Error)) return new OutboxFault('failing', String(error));
  if ('errcode' in error && typeof error.errcode === 'number') return sqliteFault(error.errcode, error.message);
  if (error instanceof SyntaxError || error instanceof RangeError) {
    return new OutboxFault('damaged', `the outbox holds what was never written: ${error.message}`);
  }
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') return new OutboxFault('full', 'the disk is full');
  if (code === 'EROFS') return new OutboxFault('read-only', 'the disk is read-only');
  return new OutboxFault('failing', `the disk cannot be used: ${error.message}`, code === 'EIO');
}

function sqliteFault(code: number, message: string): OutboxFault {
  // The low byte is the primary code.
  switch (code & 0xff) {
    case sqliteBusy:
    case sqliteLocked:
      return new OutboxFault('busy', 'another process has held the outbox for too long');
    case sqliteReadOnly:
      return new OutboxFault('read-only', 'the disk is read-only');
    case sqliteCorrupt:
    case sqliteNotDatabase:
    // Our statements are always the same: it is the tables that are not ours, or hold what was never written.
    case sqliteError:
    case sqliteTooBig:
    case sqliteConstraint:
    case sqliteMismatch:
      return new OutboxFault('damaged', `the outbox is damaged: ${message}`);
    case sqliteFull:
      return new OutboxFault('full', 'the disk is full');
    case sqliteInputOutput:
      return new OutboxFault('failing', `the disk fails: ${message} (${code})`, true);
    default:
      return new OutboxFault('failing', `the outbox cannot be used: ${message} (${code})`);
  }
}
