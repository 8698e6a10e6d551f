/**
 * The claim file, wherever a person laid it: found, read, and destroyed once it was used. Where the card cannot be written its hash is kept, so that the
 * file counts as used from then on. Knows nothing of the centre.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fstatSync, fsyncSync, openSync, readFileSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ClaimFile, claimFileName, claimFileSchema } from '../../contract/claim.ts';
import { replaceFile } from '../whole-file.ts';

/** The boot partition of Raspberry Pi OS, since its version 12 and before. */
const usualPlaces = ['/boot/firmware', '/boot'] as const;
/** Certificates, the root of the repository, and little else. */
const bytesMax = 512 * 1024;
/** Nobody enrols one box more often. */
const usedMax = 32;

export interface FoundClaim {
  path: string;
  sha256: string;
  claim: ClaimFile;
}

/** Where a claim is looked for: only at the place that was named, else at the usual ones. */
export function claimPlaces(named: string | undefined, environment: NodeJS.ProcessEnv = process.env): string[] {
  const one = named ?? (environment.VONGGAC_CLAIM || undefined);
  return one === undefined ? usualPlaces.map((folder) => join(folder, claimFileName)) : [one];
}

/** The first file there is; undefined where there is none. Throws an `Error` for people where it is no claim. */
export function readClaim(places: readonly string[]): FoundClaim | undefined {
  const path = places.find((place) => existsSync(place));
  if (path === undefined) return undefined;
  if (statSync(path).size > bytesMax) throw new Error(`${path} is no claim file: it is too large`);
  const bytes = readFileSync(path);
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8').replace(/^\ufeff/, ''));
  } catch {
    throw new Error(`${path} is damaged: copy the claim file to the card again`);
  }
  const parsed = claimFileSchema.safeParse(json);
  if (parsed.success) return { path, sha256: createHash('sha256').update(bytes).digest('hex'), claim: parsed.data };
  const issue = parsed.error.issues[0];
  throw new Error(`${path} is no claim file (${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}): copy it to the card again`);
}

/** Where a file is that was overwritten, and the power went before it was taken away: no JSON begins with a zero byte. */
export function halfDestroyedClaim(places: readonly string[]): string | undefined {
  return places.find((place) => {
    try {
      const size = statSync(place).size;
      return size > 0 && size <= bytesMax && readFileSync(place)[0] === 0;
    } catch {
      return false;
    }
  });
}

/** Overwrites it, then takes it away. Throws the error of the system. */
export function destroyClaim(path: string): void {
  const file = openSync(path, 'r+');
  try {
    // No promise on flash memory, which writes elsewhere; on all else the code is gone.
    writeSync(file, Buffer.alloc(Math.min(fstatSync(file).size, bytesMax)), 0, undefined, 0);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  unlinkSync(path);
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Hashes of claim files that were used and could not be destroyed. */
export class UsedClaims {
  readonly #path: string;

  constructor(folder: string) {
    this.#path = join(folder, 'used-claims.txt');
  }

  has({ sha256 }: FoundClaim): boolean {
    return this.#read().includes(sha256);
  }

  /** Throws the error of the system. */
  add({ sha256 }: FoundClaim): void {
    const known = this.#read().filter((one) => one !== sha256);
    replaceFile(this.#path, `${[...known, sha256].slice(-usedMax).join('\n')}\n`);
  }

  #read(): string[] {
    try {
      return readFileSync(this.#path, 'utf8').split('\n').slice(0, usedMax);
    } catch {
      return [];
    }
  }
}
