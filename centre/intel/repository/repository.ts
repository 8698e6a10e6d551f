/**
 * The repository as its keepers use it: made once, added to with each release, kept fresh by the server, its keys changed. One change at a time, each
 * there whole or not at all. What a release is, `publish-release.ts` knows.
 */
import { existsSync, renameSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TargetFile, Targets } from '@tufjs/models';
import type { CentreFolder } from '../../centre-folder.ts';
import { UserError } from '../../command/user-error.ts';
import { lockFolder } from '../library/lock.ts';
import {
  type Chain,
  changedRoot,
  makeRoot,
  makeSnapshot,
  makeTargets,
  makeTimestamp,
  readChain,
  remainingMs,
  renewedBelowMs,
  rootKeyCount,
  signed,
  textOf,
  validForMs,
} from './metadata.ts';
import { RepositoryFolder, type RepositoryPlaces, type RoleName } from './repository-folder.ts';
import { drawKey, keyPath, type RoleKey, readRoleKey, rootKeysHere } from './role-keys.ts';

const rootNumbers = Array.from({ length: rootKeyCount }, (_, index) => index + 1);
/** Of a key that was drawn and is not in force yet. */
const nextSuffix = '.next';

export interface RoleState {
  role: RoleName;
  version: number;
  expires: string;
  keys: string[];
  threshold: number;
  /** Past the point where it should have been made anew. */
  isDue: boolean;
}

/** Of a centre: below its folder of indicators. The keys that people bring are where the other private keys of the centre are. */
export function repositoryOf({ path, centre: { keysFolder }, file }: CentreFolder): Repository {
  const intelligence = file('intelligence');
  const onlineKeys = join(intelligence, 'keys');
  const offlineKeys = keysFolder === undefined ? onlineKeys : resolve(path, keysFolder, 'intel');
  return new Repository({ folder: join(intelligence, 'repository'), onlineKeys, offlineKeys });
}

export class Repository {
  readonly folder: RepositoryFolder;
  private readonly places: RepositoryPlaces;

  constructor(places: RepositoryPlaces) {
    this.places = places;
    this.folder = new RepositoryFolder(places);
  }

  get exists(): boolean {
    return this.folder.exists;
  }

  chain(): Chain {
    return readChain(this.folder);
  }

  /** What boxes are given to trust: the newest root.json. Throws a `UserError` where there is none. */
  trustedRoot(): string {
    const newest = this.folder.versions('root').at(-1);
    if (newest === undefined) throw new UserError('there is no repository yet: vonggac-centre intel keys create makes one');
    return this.folder.read('root', newest);
  }

  state(nowMs: number): RoleState[] {
    const chain = this.chain();
    return (['root', 'targets', 'snapshot', 'timestamp'] as const).map((role) => {
      const { version, expires } = chain[role].signed;
      const { keyIDs, threshold } = chain.root.signed.roles[role]!;
      return { role, version, expires, keys: [...keyIDs], threshold, isDue: remainingMs(chain[role], nowMs) < renewedBelowMs[role] };
    });
  }

  /** Makes keys and a repository without a release. Gives the paths of the root keys, which belong elsewhere. */
  create(passphrase: string | undefined, nowMs: number): string[] {
    if (this.exists) throw new UserError(`${this.places.folder} has keys already: intel keys rotate changes them`);
    this.folder.create();
    const draw = (role: RoleName, number?: number) => drawKey(role, keyPath(this.places, role, number), passphrase);
    const roles = {
      root: rootNumbers.map((number) => draw('root', number)),
      targets: [draw('targets')],
      snapshot: [draw('snapshot')],
      timestamp: [draw('timestamp')],
    };
    const root = signed(makeRoot(1, roles, nowMs), roles.root);
    this.writeFrom({ targets: 1, snapshot: 1, timestamp: 1 }, {}, roles, nowMs);
    // Last: without it there is no repository, and the next try begins anew.
    this.folder.write('root', 1, textOf(root));
    return rootNumbers.map((number) => keyPath(this.places, 'root', number));
  }

  /** Another targets.json, and what leads to it. The files of the targets are in their places. */
  publish(targets: Targets['targets'], passphrase: string | undefined, nowMs: number): void {
    const chain = this.chain();
    const keys = {
      targets: [this.currentKey(chain, 'targets', passphrase)],
      snapshot: [this.currentKey(chain, 'snapshot', undefined)],
      timestamp: [this.currentKey(chain, 'timestamp', undefined)],
    };
    const next = (role: 'targets' | 'snapshot' | 'timestamp') => chain[role].signed.version + 1;
    const versions = { targets: next('targets'), snapshot: next('snapshot'), timestamp: next('timestamp') };
    this.writeFrom(versions, targets, keys, nowMs);
  }

  /** Removes files that nobody follows any more; those of `targets` stay. */
  prune(targets: readonly TargetFile[]): void {
    const { targets: current, snapshot } = this.chain();
    const kept = new Set(targets.map(({ path, hashes }) => `${hashes.sha256}.${path}`));
    this.folder.prune(snapshot.signed.version, current.signed.version, kept);
  }

  /** What the server does by itself: makes timestamp and snapshot anew where they would soon end. Names what it made. */
  renew(nowMs: number): RoleName[] {
    const unlock = this.lock();
    try {
      const chain = this.chain();
      const isDue = (role: 'snapshot' | 'timestamp') => remainingMs(chain[role], nowMs) < renewedBelowMs[role];
      if (!isDue('timestamp') && !isDue('snapshot')) return [];
      let { version } = chain.snapshot.signed;
      if (isDue('snapshot')) {
        const targetsVersion = chain.targets.signed.version;
        const snapshot = makeSnapshot(++version, this.folder.read('targets', targetsVersion), targetsVersion, nowMs);
        this.folder.write('snapshot', version, textOf(signed(snapshot, [this.currentKey(chain, 'snapshot', undefined)])));
      }
      const timestamp = makeTimestamp(chain.timestamp.signed.version + 1, this.folder.read('snapshot', version), version, nowMs);
      this.folder.write('timestamp', 0, textOf(signed(timestamp, [this.currentKey(chain, 'timestamp', undefined)])));
      return isDue('snapshot') ? ['snapshot', 'timestamp'] : ['timestamp'];
    } finally {
      unlock();
    }
  }

  /**
   * Another key for a role, or for `root` three others: a new root.json says so, signed by two of its keys, and good for another year. What the role
   * signs is signed by the former key too, where that is here, so that it holds whichever root a box knows. Gives the paths of the new keys.
   */
  rotate(role: RoleName, rootKeyFiles: readonly string[], passphrase: string | undefined, nowMs: number): string[] {
    const unlock = this.lock();
    try {
      const chain = this.chain();
      const rootKeys = this.rootKeys(chain, rootKeyFiles, passphrase);
      const paths = role === 'root' ? rootNumbers.map((number) => keyPath(this.places, role, number)) : [keyPath(this.places, role)];
      const drawn = paths.map((path) => drawKey(role, `${path}${nextSuffix}`, passphrase));
      if (role !== 'root') this.signAnew(chain, role, [...this.formerKey(chain, role, passphrase), ...drawn]);
      const root = changedRoot(chain.root.signed, role, drawn, nowMs);
      this.folder.write('root', root.signed.version, textOf(signed(root, role === 'root' ? [...rootKeys, ...drawn] : rootKeys)));
      for (const path of paths) renameSync(`${path}${nextSuffix}`, path);
      return paths;
    } finally {
      unlock();
    }
  }

  /** Another root.json with the same keys: it is good for a year more. */
  renewRoot(rootKeyFiles: readonly string[], passphrase: string | undefined, nowMs: number): void {
    const unlock = this.lock();
    try {
      const chain = this.chain();
      const keys = this.rootKeys(chain, rootKeyFiles, passphrase);
      const root = changedRoot(chain.root.signed, undefined, [], nowMs);
      this.folder.write('root', root.signed.version, textOf(signed(root, keys)));
    } finally {
      unlock();
    }
  }

  /** One writer at a time. */
  lock(): () => void {
    return lockFolder(this.places.onlineKeys);
  }

  /** The key with which a role signs now. Throws a `UserError` where it is not here. */
  private currentKey(chain: Chain, role: RoleName, passphrase: string | undefined): RoleKey {
    const path = keyPath(this.places, role);
    const isCurrent = ({ id }: RoleKey) => chain.root.signed.roles[role]?.keyIDs.includes(id) === true;
    const key = readRoleKey(path, passphrase);
    if (isCurrent(key)) return key;
    // A rotation that was cut off after the new root was written.
    const next = `${path}${nextSuffix}`;
    if (existsSync(next)) {
      const drawn = readRoleKey(next, passphrase);
      if (isCurrent(drawn)) {
        renameSync(next, path);
        return drawn;
      }
    }
    throw new UserError(
      `${path} is not the key with which ${role} signs now: bring the right one, or change it with intel keys rotate ${role}`,
    );
  }

  /** The key that is about to be replaced; none where it is lost. */
  private formerKey(chain: Chain, role: RoleName, passphrase: string | undefined): RoleKey[] {
    try {
      return [this.currentKey(chain, role, passphrase)];
    } catch (error) {
      if (error instanceof UserError) return [];
      throw error;
    }
  }

  private rootKeys(chain: Chain, files: readonly string[], passphrase: string | undefined): RoleKey[] {
    const { keyIDs, threshold } = chain.root.signed.roles.root!;
    const here = rootKeysHere(this.places);
    const paths = files.length > 0 ? files : [...here, ...here.map((path) => `${path}${nextSuffix}`).filter((path) => existsSync(path))];
    const keys = paths.flatMap((path) => {
      const key = readRoleKey(path, passphrase);
      if (!keyIDs.includes(key.id)) return [];
      // A rotation that was cut off after the new root was written.
      if (path.endsWith(nextSuffix)) renameSync(path, path.slice(0, -nextSuffix.length));
      return [key];
    });
    const different = [...new Map(keys.map((key) => [key.id, key])).values()];
    if (different.length >= threshold) return different;
    throw new UserError(
      `${different.length} of the ${threshold} root keys that are needed are here: bring the media and name them with --root-key FILE`,
    );
  }

  /** What a role signs, once more by `keys`, and what follows from it. */
  private signAnew(chain: Chain, role: Exclude<RoleName, 'root'>, keys: readonly RoleKey[]): void {
    const keysOf = (name: 'snapshot' | 'timestamp') => (name === role ? keys : [this.currentKey(chain, name, undefined)]);
    let { version: targetsVersion } = chain.targets.signed;
    let { version: snapshotVersion } = chain.snapshot.signed;
    // As long as before: a rotation is no reason to vouch longer for what nobody looked at.
    const until = (name: RoleName) => Date.parse(chain[name].signed.expires) - validForMs[name];
    if (role === 'targets') {
      const targets = makeTargets(++targetsVersion, chain.targets.signed.targets, until('targets'));
      this.folder.write('targets', targetsVersion, textOf(signed(targets, keys)));
    }
    if (role !== 'timestamp') {
      const snapshot = makeSnapshot(++snapshotVersion, this.folder.read('targets', targetsVersion), targetsVersion, until('snapshot'));
      this.folder.write('snapshot', snapshotVersion, textOf(signed(snapshot, keysOf('snapshot'))));
    }
    const snapshotText = this.folder.read('snapshot', snapshotVersion);
    const timestamp = makeTimestamp(chain.timestamp.signed.version + 1, snapshotText, snapshotVersion, until('timestamp'));
    this.folder.write('timestamp', 0, textOf(signed(timestamp, keysOf('timestamp'))));
  }

  private writeFrom(
    versions: Readonly<Record<'targets' | 'snapshot' | 'timestamp', number>>,
    targets: Targets['targets'],
    keys: Readonly<Record<'targets' | 'snapshot' | 'timestamp', readonly RoleKey[]>>,
    nowMs: number,
  ): void {
    const targetsText = textOf(signed(makeTargets(versions.targets, targets, nowMs), keys.targets));
    this.folder.write('targets', versions.targets, targetsText);
    const snapshotText = textOf(signed(makeSnapshot(versions.snapshot, targetsText, versions.targets, nowMs), keys.snapshot));
    this.folder.write('snapshot', versions.snapshot, snapshotText);
    const timestamp = makeTimestamp(versions.timestamp, snapshotText, versions.snapshot, nowMs);
    this.folder.write('timestamp', 0, textOf(signed(timestamp, keys.timestamp)));
  }
}
