/**
 * What both ends of the unix socket between sensor and agent share beside the messages: bytes -> lines, within bounds. Knows nothing of what
 * a line says.
 */

/** `sun_path` of unix(7) holds 108 bytes, the closing zero among them; a longer path would be cut without a word. */
export const socketPathBytesMax = 107;

const newline = 0x0a;
const heldBytesMin = 1024;

/** Joins chunks into lines. Holds at most one unfinished line, in one buffer, however small the pieces that it comes in. */
export class LineReader {
  readonly #lineBytesMax: number;
  #held = Buffer.alloc(0);
  #heldBytes = 0;
  #isOverlong = false;

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  /** A line was longer than allowed. No more lines come: where the next one begins is not known for sure. */
  get isOverlong(): boolean {
    return this.#isOverlong;
  }

  /** The lines that this chunk completes, without their ends. To be walked to the end, or the reader thrown away. */
  *lines(chunk: Buffer): Generator<string, void> {
    let start = 0;
    while (!this.#isOverlong && start < chunk.length) {
      const end = chunk.indexOf(newline, start);
      const piece = chunk.subarray(start, end === -1 ? chunk.length : end);
      start += piece.length + 1;
      if (this.#heldBytes + piece.length > this.#lineBytesMax) {
        this.#isOverlong = true;
        this.#held = Buffer.alloc(0);
      } else if (end === -1) this.#hold(piece);
      else yield this.#complete(piece);
    }
  }

  #complete(piece: Buffer): string {
    if (this.#heldBytes === 0) return piece.toString('utf8');
    this.#hold(piece);
    const line = this.#held.toString('utf8', 0, this.#heldBytes);
    this.#held = Buffer.alloc(0);
    this.#heldBytes = 0;
    return line;
  }

  #hold(piece: Buffer): void {
    const wanted = this.#heldBytes + piece.length;
    if (wanted > this.#held.length) {
      const grown = Buffer.alloc(Math.max(heldBytesMin, wanted, 2 * this.#held.length));
      this.#held.copy(grown, 0, 0, this.#heldBytes);
      this.#held = grown;
    }
    piece.copy(this.#held, this.#heldBytes);
    this.#heldBytes = wanted;
  }
}
