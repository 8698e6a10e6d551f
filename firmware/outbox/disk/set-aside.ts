/**
 * Outboxes that are not used again: moved beside the outbox under a name that says why, the newest few kept.
 *
 *     outbox.damaged-N/     was damaged; `carried` in it: what could be read has been carried over
 *     outbox.of-BOX.N/      belongs to another box, and is never carried over: its messages name that one
 */
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** For whoever wants to know what happened. Of either. */
const setAsideMax = 2;
const damagedPattern = /^outbox\.damaged-(\d+)$/;
const foreignPattern = /^outbox\.of-.*\.(\d+)$/;

export class SetAside {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  addDamaged(home: string): void {
    this.#add(home, damagedPattern, (number) => `outbox.damaged-${number}`);
  }

  addForeign(home: string, box: string): void {
    // The name comes from a file.
    const name = box.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64);
    this.#add(home, foreignPattern, (number) => `outbox.of-${name}.${number}`);
  }

  /** Damaged ones, newest first. */
  uncarried(): string[] {
    return this.#paths(damagedPattern)
      .filter((path) => !existsSync(join(path, 'carried')))
      .reverse();
  }

  markCarried(path: string): void {
    writeFileSync(join(path, 'carried'), '');
  }

  /** Gives back the space of those that nothing will be read from any more. True where there were such. */
  remove(): boolean {
    const carried = this.#paths(damagedPattern).filter((path) => existsSync(join(path, 'carried')));
    const paths = [...carried, ...this.#paths(foreignPattern)];
    for (const path of paths) rmSync(path, { recursive: true, force: true });
    return paths.length > 0;
  }

  #add(home: string, pattern: RegExp, nameOf: (number: number) => string): void {
    const names = this.#names(pattern);
    renameSync(home, join(this.#folder, nameOf(numberOf(names.at(-1) ?? '', pattern) + 1)));
    for (const name of names.slice(0, Math.max(0, names.length + 1 - setAsideMax))) {
      rmSync(join(this.#folder, name), { recursive: true, force: true });
    }
  }

  #paths(pattern: RegExp): string[] {
    return this.#names(pattern).map((name) => join(this.#folder, name));
  }

  /** Oldest first. */
  #names(pattern: RegExp): string[] {
    const names = readdirSync(this.#folder).filter((name) => pattern.test(name));
    return names.sort((a, b) => numberOf(a, pattern) - numberOf(b, pattern));
  }
}

function numberOf(name: string, pattern: RegExp): number {
  return Number(pattern.exec(name)?.[1] ?? 0);
}
