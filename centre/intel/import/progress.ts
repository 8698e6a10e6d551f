/** Signs of life on standard error for work that takes over a second: a line that is written over on a terminal, else one every few seconds. */

const terminalIntervalMs = 500;
const logIntervalMs = 5_000;
const firstAfterMs = 1_000;

export class Progress {
  private readonly isSilent: boolean;
  private nextMs = performance.now() + firstAfterMs;
  private isShown = false;

  constructor(isSilent: boolean) {
    this.isSilent = isSilent;
  }

  /** `line` is called only when it is time. */
  show(line: () => string): void {
    const nowMs = performance.now();
    if (this.isSilent || nowMs < this.nextMs) return;
    const { isTTY } = process.stderr;
    this.nextMs = nowMs + (isTTY ? terminalIntervalMs : logIntervalMs);
    process.stderr.write(isTTY ? `\r${line()}\u001b[K` : `${line()}\n`);
    this.isShown ||= isTTY;
  }

  end(): void {
    if (this.isShown) process.stderr.write('\r\u001b[K');
    this.isShown = false;
  }
}
