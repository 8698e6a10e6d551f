/**
 * The centre's store, looked at all the time -> when each alert could first be read there. A look every other millisecond tells by the
 * number of the file's version whether there is anything to read. What it gives is a little later than the commit, never earlier.
 */
import type { StoreFile } from './store-file.ts';

const lookMs = 2;

export interface SeenAlert {
  /** When its first frame was captured, by the kernel; ms since 1970. */
  capturedMs: number;
  /** When the store began to write it, by its own account. */
  storedMs: number;
  /** When it could be read. */
  readMs: number;
}

export class CommitWatch {
  /** First revisions only, in the order of the store. */
  readonly alerts: SeenAlert[] = [];
  readonly #file: StoreFile;
  readonly #timer: NodeJS.Timeout;
  #version = -1;
  #lastRow = 0;

  constructor(file: StoreFile) {
    this.#file = file;
    this.#timer = setInterval(() => this.#look(), lookMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { version } = this.#file;
    if (version === this.#version) return;
    this.#version = version;
    const rows = this.#file.rows(
      `select rowid, stored_ms, body ->> '$.tsFirst' as first from message where rowid > ? and kind = 'alert' and body ->> '$.rev' = 1
        order by rowid`,
      this.#lastRow,
    );
    const readMs = Date.now();
    for (const { rowid, stored_ms, first } of rows) {
      this.#lastRow = Number(rowid);
      this.alerts.push({ capturedMs: millisecondsOf(String(first)), storedMs: Number(stored_ms), readMs });
    }
  }
}

/** With its microseconds, which `Date.parse` leaves out. */
function millisecondsOf(timestamp: string): number {
  return Date.parse(timestamp) + Number(timestamp.slice(-4, -1)) / 1_000;
}
