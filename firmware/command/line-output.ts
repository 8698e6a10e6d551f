/** Lines to standard output, gathered into large writes; ends quietly when the reader has gone away (`| head`). */

const batchLengthChars = 65_536;

export class LineOutput {
  private batch = '';
  /** The reader is gone: writing on is of no use. */
  closed = false;
  /** Told once when the reader goes. */
  onClosed: (() => void) | undefined;

  constructor() {
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      this.closed = true;
      this.onClosed?.();
    });
  }

  line(text: string): void {
    this.batch += `${text}\n`;
    if (this.batch.length >= batchLengthChars) this.flush();
  }

  flush(): void {
    if (this.batch.length > 0 && !this.closed) process.stdout.write(this.batch);
    this.batch = '';
  }
}
