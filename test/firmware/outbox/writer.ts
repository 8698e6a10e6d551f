/** Starts writer-process.ts and hears what it confirms. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const file = fileURLToPath(new URL('./writer-process.ts', import.meta.url));

export class Writer {
  readonly name: string;
  readonly process: ChildProcess;
  /** The last number that it confirmed. */
  confirmed: number;
  errors = '';
  /** Resolves when it has ended and all that it said was heard. */
  readonly ended: Promise<void>;

  constructor(folder: string, name: string, first = 1, rate = 0, box = 'box-1') {
    this.name = name;
    this.confirmed = first - 1;
    const child = spawn(process.execPath, [file, folder, name, String(first), String(rate), box], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.process = child;
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.confirmed = Number(line);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
    this.ended = new Promise((resolve) => child.once('close', () => resolve()));
    onTestFinished(() => this.kill());
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended;
  }
}
