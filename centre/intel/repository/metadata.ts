/**
 * The metadata of the repository in memory: read and checked as a box would, made anew, signed. Every time is given; nothing is written here.
 *
 * How long each is good for, and why. timestamp: three days, so that a box notices within a long weekend that somebody keeps it from what is new; the
 * server signs another one every day. snapshot: a month; the server signs it too. targets: 90 days; who publishes nothing for so long has no indicators
 * worth the name. root: a year, in which two people meet anyway.
 */
import { createHash } from 'node:crypto';
import { Metadata, MetadataKind, Root, Snapshot, Targets, Timestamp } from '@tufjs/models';
import { UserError } from '../../command/user-error.ts';
import type { RepositoryFolder, RoleName } from './repository-folder.ts';
import type { RoleKey } from './role-keys.ts';

const dayMs = 86_400_000;
export const validForMs: Readonly<Record<RoleName, number>> = {
  timestamp: 3 * dayMs,
  snapshot: 30 * dayMs,
  targets: 90 * dayMs,
  root: 365 * dayMs,
};
/** What remains when another one is made, or asked for of the person who has the keys. */
export const renewedBelowMs: Readonly<Record<RoleName, number>> = {
  timestamp: 2 * dayMs,
  snapshot: 15 * dayMs,
  targets: 21 * dayMs,
  root: 60 * dayMs,
};

const specification = '1.0.31';
export const rootKeyCount = 3;
export const rootThreshold = 2;

/** TUF §4.3: to the second. */
export function expiryOf(role: RoleName, nowMs: number): string {
  return new Date(nowMs + validForMs[role]).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

export interface Chain {
  root: Metadata<Root>;
  targets: Metadata<Targets>;
  snapshot: Metadata<Snapshot>;
  timestamp: Metadata<Timestamp>;
}

type AnyMetadata = Chain[keyof Chain];

export function textOf(metadata: AnyMetadata): string {
  return JSON.stringify(metadata.toJSON());
}

/** Signs with each of `keys`, and with them only. */
export function signed<T extends AnyMetadata>(metadata: T, keys: readonly RoleKey[]): T {
  for (const [index, key] of keys.entries()) metadata.sign(key.sign, index > 0);
  return metadata;
}

/** `roles`: the keys of each. */
export function makeRoot(version: number, roles: Readonly<Record<RoleName, readonly RoleKey[]>>, nowMs: number): Metadata<Root> {
  const all = Object.values(roles).flat();
  return new Metadata(
    Root.fromJSON({
      spec_version: specification,
      version,
      expires: expiryOf('root', nowMs),
      consistent_snapshot: true,
      keys: Object.fromEntries(all.map(({ id, publicKey }) => [id, { ...publicKey }])),
      roles: Object.fromEntries(
        Object.entries(roles).map(([role, keys]) => [
          role,
          { keyids: keys.map(({ id }) => id), threshold: role === 'root' ? rootThreshold : 1 },
        ]),
      ),
    }),
  );
}

/** The next root: other keys for `role` where there is one, all else as it was. */
export function changedRoot(root: Root, role: RoleName | undefined, keys: readonly RoleKey[], nowMs: number): Metadata<Root> {
  const roles = Object.fromEntries(
    Object.entries(root.roles).map(([name, { keyIDs, threshold }]) => [name, { keyids: keyIDs, threshold }]),
  );
  if (role !== undefined) roles[role] = { keyids: keys.map(({ id }) => id), threshold: roles[role]?.threshold ?? 1 };
  const known = new Map(Object.entries(root.keys).map(([id, key]) => [id, key.toJSON()]));
  for (const { id, publicKey } of keys) known.set(id, { ...publicKey });
  const used = new Set(Object.values(roles).flatMap(({ keyids }) => keyids));
  return new Metadata(
    Root.fromJSON({
      spec_version: specification,
      version: root.version + 1,
      expires: expiryOf('root', nowMs),
      consistent_snapshot: true,
      keys: Object.fromEntries([...known].filter(([id]) => used.has(id))),
      roles,
    }),
  );
}

export function makeTargets(version: number, targets: Targets['targets'], nowMs: number): Metadata<Targets> {
  return new Metadata(new Targets({ version, specVersion: specification, expires: expiryOf('targets', nowMs), targets }));
}

/** The hashes keep a mirror from mixing versions (§4.4). */
const metaOf = (text: string, version: number) => ({
  version,
  length: Buffer.byteLength(text),
  hashes: { sha256: createHash('sha256').update(text).digest('hex') },
});

export function makeSnapshot(version: number, targetsText: string, targetsVersion: number, nowMs: number): Metadata<Snapshot> {
  const meta = { 'targets.json': metaOf(targetsText, targetsVersion) };
  return new Metadata(Snapshot.fromJSON({ spec_version: specification, version, expires: expiryOf('snapshot', nowMs), meta }));
}

export function makeTimestamp(version: number, snapshotText: string, snapshotVersion: number, nowMs: number): Metadata<Timestamp> {
  const meta = { 'snapshot.json': metaOf(snapshotText, snapshotVersion) };
  return new Metadata(Timestamp.fromJSON({ spec_version: specification, version, expires: expiryOf('timestamp', nowMs), meta }));
}

/** Throws a `UserError` where there is no repository, or one that is damaged or not signed by its own keys. Age is not looked at. */
export function readChain(folder: RepositoryFolder): Chain {
  const newest = folder.versions('root').at(-1);
  if (newest === undefined) throw new UserError('there is no repository yet: vonggac-centre intel keys create makes one');
  try {
    const root = Metadata.fromJSON(MetadataKind.Root, JSON.parse(folder.read('root', newest)));
    root.verifyDelegate('root', root);
    const timestamp = Metadata.fromJSON(MetadataKind.Timestamp, JSON.parse(folder.read('timestamp', 0)));
    const snapshotText = folder.read('snapshot', timestamp.signed.snapshotMeta.version);
    timestamp.signed.snapshotMeta.verify(Buffer.from(snapshotText));
    const snapshot = Metadata.fromJSON(MetadataKind.Snapshot, JSON.parse(snapshotText));
    const meta = snapshot.signed.meta['targets.json'];
    if (meta === undefined) throw new Error('the snapshot names no targets');
    const targetsText = folder.read('targets', meta.version);
    meta.verify(Buffer.from(targetsText));
    const targets = Metadata.fromJSON(MetadataKind.Targets, JSON.parse(targetsText));
    for (const [role, metadata] of Object.entries({ targets, snapshot, timestamp })) root.verifyDelegate(role, metadata);
    return { root, targets, snapshot, timestamp };
  } catch (error) {
    if (error instanceof UserError) throw error;
    const what = error instanceof Error ? error.message : String(error);
    throw new UserError(`the repository ${folder.places.folder} is damaged (${what}): take it from the last copy`);
  }
}

/** Milliseconds until it is good no more; below 0: since then. */
export function remainingMs(metadata: AnyMetadata, nowMs: number): number {
  return Date.parse(metadata.signed.expires) - nowMs;
}
