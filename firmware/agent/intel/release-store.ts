/**
 * Which release is in use, which was the last good one, and which was ordered: one small file, and beside it the word for the sensor. Both are replaced
 * whole. Where they are damaged or gone the box goes on with what is left, the last good release or its own lists, and fetches anew.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { releaseFileName } from '../../contract/fetch-order.ts';
import { type Release, releaseSchema } from '../../contract/intelligence-message.ts';
import { replaceFile } from '../whole-file.ts';

const stateSchema = z.object({
  /** To be brought into use: by the director, or by a person with a stick. */
  ordered: releaseSchema.optional(),
  /** What the director named last. */
  directed: releaseSchema.optional(),
  inUse: releaseSchema.optional(),
  /** The last one that stood its trial. */
  good: releaseSchema.optional(),
  /** The one in use is on trial: how often that was begun. */
  trials: z.int().min(0).default(0),
  /** Ordered, tried and given up: not tried again until another one is ordered. */
  refused: z.object({ release: releaseSchema, code: z.string(), reason: z.string() }).optional(),
});
export type ReleaseState = z.infer<typeof stateSchema>;

const pointerSchema = z.object({ release: releaseSchema });

export interface StateFiles {
  /** Reads the content of a file of the state folder; undefined where there is none or it is damaged. */
  read<T>(path: string, schema: z.ZodType<T>): T | undefined;
}

export class ReleaseStore {
  readonly folder: string;
  readonly #read: StateFiles['read'];
  #state: ReleaseState;

  constructor(folder: string, { read }: StateFiles) {
    this.folder = folder;
    this.#read = read;
    this.#state = read(join(folder, 'keeper.json'), stateSchema) ?? this.#asTheSensorSees();
  }

  get state(): Readonly<ReleaseState> {
    return this.#state;
  }

  /** Path of the compiled set; undefined where it is not there. */
  fileOf(release: Release | undefined): string | undefined {
    if (release === undefined) return undefined;
    const path = join(this.folder, releaseFileName(release));
    return existsSync(path) ? path : undefined;
  }

  /** First what the sensor reads, then what we remember: cut between the two, the next start tells the difference and mends it. Throws where the disk is full. */
  write(change: Partial<ReleaseState>): void {
    const state = { ...this.#state, ...change };
    const { inUse } = state;
    if (!this.#isTold(inUse)) this.#point(inUse);
    replaceFile(join(this.folder, 'keeper.json'), JSON.stringify(state));
    this.#state = state;
  }

  /** For where the disk is full: known until the next start, and written with the next change. */
  remember(change: Omit<Partial<ReleaseState>, 'inUse'>): void {
    this.#state = { ...this.#state, ...change };
  }

  /** The sensor is told what we remember, if it was told otherwise. Throws where the disk is full. */
  settle(change: Partial<ReleaseState>): void {
    if (Object.keys(change).length > 0 || !this.#isTold(this.#state.inUse)) this.write(change);
  }

  /** What a person has loaded from a stick since this was last asked. */
  takeOffered(): Release | undefined {
    const path = offeredFile(this.folder);
    if (!existsSync(path)) return undefined;
    const release = this.#read(path, pointerSchema)?.release;
    rmSync(path, { force: true });
    return release;
  }

  /** Removes every compiled set that is neither in use nor the last good one. */
  tidy(): void {
    const kept = [this.#state.inUse, this.#state.good, this.#state.ordered].flatMap((release) =>
      release ? [releaseFileName(release)] : [],
    );
    const releases = join(this.folder, 'releases');
    if (!existsSync(releases)) return;
    for (const name of readdirSync(releases)) if (!kept.includes(`releases/${name}`)) rmSync(join(releases, name), { force: true });
  }

  /** Our own memory is gone: what the sensor runs with is taken for good, since it was running. */
  #asTheSensorSees(): ReleaseState {
    const release = this.#pointed;
    return release === undefined ? { trials: 0 } : { inUse: release, good: release, trials: 0 };
  }

  #isTold(release: Release | undefined): boolean {
    return release === undefined ? !existsSync(this.#pointer) : sameRelease(release, this.#pointed);
  }

  /** The word for the sensor alone. */
  #point(release: Release | undefined): void {
    if (release === undefined) rmSync(this.#pointer, { force: true });
    else replaceFile(this.#pointer, JSON.stringify({ release, file: releaseFileName(release) }), 0o644);
  }

  get #pointed(): Release | undefined {
    return this.#read(this.#pointer, pointerSchema)?.release;
  }

  get #pointer(): string {
    return join(this.folder, 'in-use.json');
  }
}

/** Where `vonggac intel load` leaves word for the agent. */
export function offeredFile(folder: string): string {
  return join(folder, 'offered.json');
}

export function sameRelease(a: Release | undefined, b: Release | undefined): boolean {
  return a?.sha256 === b?.sha256 && a?.version === b?.version && a?.channel === b?.channel;
}
