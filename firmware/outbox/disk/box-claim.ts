/**
 * Which box works in the folder: every process holds a lock, named after its box, that the processes of one box share. So that two boxes given
 * one folder do not set the outbox of each other aside for ever: the second is told. All of it is done by who holds `open.lock`.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { faultOf, OutboxFault } from './fault.ts';
import { acquireLock, type HeldLock, shareLock } from './folder-lock.ts';

const claimPattern = /^box-(.+)\.lock$/;

export class BoxClaim {
  readonly #folder: string;
  readonly #box: string;
  #held: HeldLock | undefined;

  constructor(folder: string, box: string) {
    this.#folder = folder;
    this.#box = box;
  }

  /** Throws a fault where another box works here. To be called at each opening: the folder may be another one by now. */
  take(): void {
    const own = claimName(this.#box);
    for (const name of readdirSync(this.#folder)) {
      const box = claimPattern.exec(name)?.[1];
      if (box !== undefined && name !== own) this.#removeUnused(join(this.#folder, name), box);
    }
    const before = this.#held;
    this.#held = shareLock(join(this.#folder, own));
    before?.release();
  }

  release(): void {
    this.#held?.release();
    this.#held = undefined;
  }

  #removeUnused(path: string, box: string): void {
    let lock: HeldLock;
    try {
      lock = acquireLock(path, 0);
    } catch (error) {
      if (faultOf(error).kind !== 'busy') throw error;
      throw new OutboxFault('foreign', `the folder ${this.#folder} is in use by box ${box}: set outbox.folder`);
    }
    try {
      rmSync(path, { force: true });
    } finally {
      lock.release();
    }
  }
}

/** Ids of boxes are `boxIdPattern`; whatever else somebody gives leads nowhere else. */
function claimName(box: string): string {
  return `box-${encodeURIComponent(box)}.lock`;
}
