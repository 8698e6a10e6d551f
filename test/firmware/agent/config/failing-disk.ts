/** A disk that stops at a chosen step, as when the process is killed or the power is cut there; what was not synchronised is lost then, or was lucky. */
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Disk, systemDisk } from '../../../../firmware/agent/orders/stored-file.ts';

export class FailingDisk implements Disk {
  steps = 0;
  isStopped = false;
  readonly #stopAt: number;
  readonly #onStop: () => void;
  /** Written and not synchronised. */
  readonly #written = new Set<string>();
  /** Names that were changed in a folder that was not synchronised since: what stood there before. */
  #renamed: { path: string; before: Buffer | undefined }[] = [];

  constructor(stopAt: number, onStop: () => void) {
    this.#stopAt = stopAt;
    this.#onStop = onStop;
  }

  async write(path: string, text: string, mode: number): Promise<void> {
    await this.#step();
    this.#written.add(path);
    await systemDisk.write(path, text, mode);
  }

  async synchronise(path: string): Promise<void> {
    await this.#step();
    await systemDisk.synchronise(path);
    if (statSync(path).isDirectory()) this.#renamed = this.#renamed.filter((entry) => dirname(entry.path) !== path);
    else this.#written.delete(path);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#step();
    this.#keep(to);
    await systemDisk.rename(from, to);
    if (this.#written.delete(from)) this.#written.add(to);
  }

  async remove(path: string): Promise<void> {
    await this.#step();
    this.#keep(path);
    await systemDisk.remove(path);
  }

  /** The power is gone: of what was not synchronised nothing is left, or half of it. */
  cut(): void {
    for (const path of this.#written) if (existsSync(path)) writeFileSync(path, readFileSync(path).subarray(0, statSync(path).size / 2));
    for (const { path, before } of this.#renamed.toReversed()) {
      if (before === undefined) rmSync(path, { force: true });
      else writeFileSync(path, before);
    }
  }

  #keep(path: string): void {
    this.#renamed.push({ path, before: existsSync(path) ? readFileSync(path) : undefined });
  }

  /** From the chosen one on, none is ever done. */
  async #step(): Promise<void> {
    if (++this.steps < this.#stopAt && !this.isStopped) return;
    this.isStopped = true;
    this.#onStop();
    await new Promise(() => undefined);
  }
}
