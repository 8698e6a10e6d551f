/**
 * A database that was set aside -> the messages in it that are still what was written, some at a time. It may be damaged in any way: what
 * cannot be read is passed over, and there is an end to it. Reads the rows alone, and changes nothing in the file.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { firstPlaceOf, kindAt, kindsInOrder, placesOfKind, seqAt } from '../place.ts';
import { distrust, distrustPragmas, type StoredMessage, storedMessage } from './database.ts';

const rowsMax = 200;
const bytesMax = 1024 * 1024;
/** A damaged page costs some 20 of these; of more than 50 such pages little is left. */
const faultsMax = 1_000;
/** 100,000 messages and more; what waits behind that is older than what was saved. */
const timeMaxMs = 60_000;
/** More numbers than were ever given, so that passing over ends. */
const jumpMax = 2 ** 40;

export class CarryOver {
  readonly #sqlite: DatabaseSync;
  readonly #read: StatementSync;
  readonly #kinds = [...kindsInOrder];
  readonly #endMs = performance.now() + timeMaxMs;
  #seq = 0;
  #faults = 0;

  /** Throws where it is no database any more. */
  constructor(path: string) {
    this.#sqlite = new DatabaseSync(path, { timeout: 1_000, ...distrust });
    try {
      this.#sqlite.exec(distrustPragmas);
      this.#read = this.#sqlite.prepare(
        'SELECT place, since, id, crc, body FROM message WHERE place > ? AND place < ? ORDER BY place LIMIT ?',
      );
    } catch (error) {
      this.#sqlite.close();
      throw error;
    }
  }

  /** The next messages; undefined: that was all. */
  next(): StoredMessage[] | undefined {
    const [kind] = this.#kinds;
    if (kind === undefined || this.#faults > faultsMax || performance.now() > this.#endMs) return undefined;
    const base = firstPlaceOf(kind);
    const messages: StoredMessage[] = [];
    let bytes = 0;
    try {
      let isLast = true;
      for (const row of this.#read.iterate(base + this.#seq, base + placesOfKind, rowsMax)) {
        isLast = false;
        const place = Number(row.place);
        // Pages that noise leads to may hold anything, in any order.
        if (kindAt(place) !== kind || seqAt(place) <= this.#seq) throw new Error('out of order');
        this.#seq = seqAt(place);
        const message = storedMessage(row);
        if (message !== undefined) messages.push(message);
        bytes += message?.body.length ?? 0;
        if (bytes > bytesMax) break;
      }
      if (isLast) this.#nextKind();
    } catch {
      this.#passOver(base);
    }
    return messages;
  }

  close(): void {
    this.#sqlite.close();
  }

  /** To the first number from which on rows can be read again: doubles the step until one can, then halves it to where the damage ends. */
  #passOver(base: number): void {
    let high = 1;
    while (high <= jumpMax && this.#faults <= faultsMax && !this.#canRead(base, this.#seq + high)) high *= 2;
    if (high > jumpMax) {
      this.#nextKind();
      return;
    }
    let low = Math.floor(high / 2);
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#canRead(base, this.#seq + middle)) high = middle;
      else low = middle;
    }
    this.#seq += high;
  }

  #canRead(base: number, seq: number): boolean {
    try {
      const row = this.#read.get(base + seq, base + placesOfKind, 1);
      return row === undefined || Number(row.place) > base + seq;
    } catch {
      this.#faults++;
      return false;
    }
  }

  #nextKind(): void {
    this.#kinds.shift();
    this.#seq = 0;
  }
}
