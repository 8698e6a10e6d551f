/** The messages that this process committed last, but for evidence: what can be committed once more where the disk has lost them. Bounded by bytes. */
import type { NewMessage } from '../outbox.ts';

/** Some 2,000 alerts: far more than are raised before a damaged file is found out. */
const ringBytesMax = 4 * 1024 * 1024;

export interface CommittedMessage {
  message: NewMessage;
  sinceMs: number;
  /** Where it was last committed to. */
  outbox: string;
  place: number;
  sizeBytes: number;
}

export class Ring {
  #entries: CommittedMessage[] = [];
  /** Entries before this one are forgotten. */
  #start = 0;
  #bytes = 0;

  push(message: NewMessage, sinceMs: number, outbox: string, place: number): void {
    const { kind, body } = message;
    // A piece of it would drive out a hundred alerts.
    if (kind === 'evidence') return;
    const sizeBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
    this.#entries.push({ message, sinceMs, outbox, place, sizeBytes });
    this.#bytes += sizeBytes;
    while (this.#bytes > ringBytesMax) {
      this.#bytes -= this.#entries[this.#start]?.sizeBytes ?? 0;
      this.#start++;
    }
    if (this.#start * 2 <= this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#start);
    this.#start = 0;
  }

  /** Oldest first. */
  get entries(): readonly CommittedMessage[] {
    return this.#entries.slice(this.#start);
  }
}
