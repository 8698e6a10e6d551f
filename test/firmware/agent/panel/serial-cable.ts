/** A pseudo-terminal that the real serialport opens, with the emulated chip at its far end; can be pulled out and plugged in again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const bridge = fileURLToPath(new URL('pty-bridge.py', import.meta.url));

export class SerialCable {
  /** The name that stays, as udev makes it; it is there while the cable is plugged in. */
  readonly path: string;
  readonly #received: (bytes: Buffer) => void;
  #bridge: ChildProcess | undefined;

  /** `received` gets what the host sends. */
  constructor(path: string, received: (bytes: Buffer) => void) {
    this.path = path;
    this.#received = received;
  }

  async plug(): Promise<void> {
    const child = spawn('python3', [bridge], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#bridge = child;
    child.stdin.on('error', () => undefined);
    let name = '';
    while (!name.includes('\n')) {
      const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
      name += chunk.toString('latin1');
    }
    child.stdout.on('data', this.#received);
    symlinkSync(name.slice(0, name.indexOf('\n')), this.path);
  }

  send(bytes: Uint8Array): void {
    const pipe = this.#bridge?.stdin;
    if (pipe?.writable === true) pipe.write(bytes);
  }

  async pull(): Promise<void> {
    const child = this.#bridge;
    if (child === undefined) return;
    this.#bridge = undefined;
    rmSync(this.path, { force: true });
    const ended = once(child, 'exit');
    child.stdin?.end();
    await ended;
  }
}
