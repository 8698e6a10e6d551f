/**
 * The repository of releases on disk, as `serve` or any static server gives it to boxes (TUF 1.0, consistent snapshots; what boxes make of it is in
 * firmware/contract/release-repository.ts):
 *
 *   metadata/<n>.root.json        who may sign what: two of three root keys, which lie offline; every version stays
 *   metadata/<n>.targets.json     the newest release, whole, and what leads there from the releases before it; signed with each release
 *   metadata/<n>.snapshot.json    which targets.json is current; signed by the server
 *   metadata/timestamp.json       which snapshot is current, for the next few days; signed by the server, the only file that is ever replaced
 *   targets/<sha256>.<name>       the files themselves
 *
 * Whoever reads follows timestamp -> snapshot -> targets, so a publication is there when its timestamp is, and not before: cut off anywhere, the
 * one before stands. Private keys lie elsewhere: those of snapshot and timestamp beside this folder, open, since the server signs alone; those of root
 * and targets sealed, and on separate media where the centre has such.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { MetadataKind } from '@tufjs/models';
import { publicMode, writeWhole } from '../../authority/whole-file.ts';
import { UserError } from '../../command/user-error.ts';

export type RoleName = `${MetadataKind}`;

export interface RepositoryPlaces {
  /** `metadata` and `targets` lie below. */
  folder: string;
  /** Of the keys with which the server signs alone. */
  onlineKeys: string;
  /** Of the keys that a person brings. */
  offlineKeys: string;
}

/** Metadata before the current ones stay for boxes that are in the middle of a refresh. */
const formerKept = 10;

export class RepositoryFolder {
  readonly places: RepositoryPlaces;

  constructor(places: RepositoryPlaces) {
    this.places = places;
  }

  get exists(): boolean {
    return this.versions('root').length > 0;
  }

  create(): void {
    for (const path of [this.metadata, this.targets]) mkdirSync(path, { recursive: true, mode: 0o755 });
    mkdirSync(this.places.onlineKeys, { recursive: true, mode: 0o700 });
  }

  /** Versions of a role's metadata that are there, in order. */
  versions(role: Exclude<RoleName, 'timestamp'>): number[] {
    if (!existsSync(this.metadata)) return [];
    const pattern = new RegExp(`^([1-9]\\d{0,14})\\.${role}\\.json$`);
    const found = readdirSync(this.metadata).flatMap((name) => pattern.exec(name)?.[1] ?? []);
    return found.map(Number).sort((one, other) => one - other);
  }

  /** Throws a `UserError` where it is not there. `version` is not looked at for the timestamp. */
  read(role: RoleName, version: number): string {
    const path = this.pathOf(role, version);
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      throw new UserError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  write(role: RoleName, version: number, text: string): void {
    writeWhole(this.pathOf(role, version), text, publicMode);
  }

  /** Of a target's file. */
  target(sha256: string, name: string): string {
    return join(this.targets, `${sha256}.${name}`);
  }

  /** Where a target is made before its hash is known. */
  draft(name: string): string {
    const path = join(this.targets, `${name}.draft`);
    rmSync(path, { force: true });
    return path;
  }

  /** After files were put in their places: their names are on the disk too. */
  syncTargets(): void {
    const handle = openSync(this.targets, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  }

  /** Removes metadata that nobody follows any more, and targets that are not in `kept` (names with their hash). */
  prune(snapshot: number, targets: number, kept: ReadonlySet<string>): void {
    for (const [role, current] of [
      ['snapshot', snapshot],
      ['targets', targets],
    ] as const) {
      for (const version of this.versions(role)) if (version < current - formerKept) rmSync(this.pathOf(role, version), { force: true });
    }
    for (const name of readdirSync(this.targets)) if (!kept.has(name)) rmSync(join(this.targets, name), { force: true });
  }

  private get metadata(): string {
    return join(this.places.folder, 'metadata');
  }

  private get targets(): string {
    return join(this.places.folder, 'targets');
  }

  private pathOf(role: RoleName, version: number): string {
    return join(this.metadata, role === 'timestamp' ? 'timestamp.json' : `${version}.${role}.json`);
  }
}
