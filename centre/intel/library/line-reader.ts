/** Gives the lines of an open text file one by one, in bounded memory. A line that is too long comes as undefined. Knows nothing of what they mean. */
import { readSync } from 'node:fs';

const newline = 0x0a;

export class LineReader {
  private readonly file: number;
  private readonly buffer: Buffer;
  private filled = 0;
  private position: number;
  private text = '';
  private textAt = 0;
  private isOver = false;
  private isOverlong = false;

  /** Reads from byte `start` on, whatever was read of the file before. `lineBytesMax` is also how much is read at once. */
  constructor(file: number, lineBytesMax: number, start = 0) {
    this.file = file;
    this.position = start;
    this.buffer = Buffer.allocUnsafe(lineBytesMax);
  }

  /** The next line, undefined for one that is too long, null at the end. */
  line(): string | undefined | null {
    let line = this.take();
    while (line === null) {
      if (!this.fill()) return null;
      line = this.take();
    }
    return line;
  }

  private take(): string | undefined | null {
    if (this.textAt >= this.text.length) return null;
    const end = this.text.indexOf('\n', this.textAt);
    const line = this.text.slice(this.textAt, end);
    this.textAt = end + 1;
    if (!this.isOverlong) return line.charCodeAt(line.length - 1) === 0x0d ? line.slice(0, -1) : line;
    this.isOverlong = false;
    return undefined;
  }

  /** Makes `text` whole lines, each with its line end; false when there is nothing left. */
  private fill(): boolean {
    for (;;) {
      if (this.isOver) return false;
      const count = readSync(this.file, this.buffer, this.filled, this.buffer.length - this.filled, this.position);
      this.position += count;
      this.filled += count;
      if (count === 0) {
        this.isOver = true;
        if (this.filled === 0 && !this.isOverlong) return false;
        this.text = `${this.buffer.toString('utf8', 0, this.filled)}\n`;
        this.textAt = 0;
        return true;
      }
      const last = this.buffer.subarray(0, this.filled).lastIndexOf(newline);
      if (last >= 0) {
        this.text = this.buffer.toString('utf8', 0, last + 1);
        this.textAt = 0;
        this.buffer.copyWithin(0, last + 1, this.filled);
        this.filled -= last + 1;
        return true;
      }
      if (this.filled === this.buffer.length) {
        this.isOverlong = true;
        this.filled = 0;
      }
    }
  }
}
