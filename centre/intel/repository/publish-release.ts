/**
 * A built release -> targets of the repository: the whole of it, and what leads there from each of the last releases. Every one is tried as a box would
 * before it is signed: what does not give the very bytes that were built is not published.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { TargetFile } from '@tufjs/models';
import type { Release } from '../../../firmware/contract/intelligence-message.ts';
import { deltaTarget, fullTarget, type TargetFacts, targetFactsSchema } from '../../../firmware/contract/release-repository.ts';
import { setFromDeltaFile, writeDeltaFile } from '../../../firmware/sensor/intel/delta/delta-file.ts';
import { claimedHash, hashedFrom, hasSameSeed, headerBytes } from '../../../firmware/sensor/intel/set-layout.ts';
import { UserError } from '../../command/user-error.ts';
import type { BuiltRelease, ReleaseFolder } from '../release/release-folder.ts';
import type { Repository } from './repository.ts';

/** From which releases a delta leads to the newest; whole ones stay for as long, for a box that was told so before. */
export const deltasMax = 5;
/** A delta that is nearly as long as the whole is not worth a file. */
const deltaShareMax = 0.5;

export interface PublishOrder {
  repository: Repository;
  releases: ReleaseFolder;
  version: number;
  passphrase: string | undefined;
  nowMs: number;
  /** Told what is being made: what leads from a release, or the whole where that is undefined. */
  onProgress?: (from: number | undefined) => void;
}

export interface PublishedTarget {
  name: string;
  bytes: number;
  from?: number;
}

/** Releases of which the whole can be fetched, in order. */
export function publishedReleases(repository: Repository): Release[] {
  if (!repository.exists) return [];
  const facts = Object.values(repository.chain().targets.signed.targets).map(({ custom }) => targetFactsSchema.safeParse(custom));
  return facts
    .flatMap(({ data }) => (data !== undefined && data.from === undefined ? [data] : []))
    .map(({ channel, version, sha256 }) => ({ channel, version, sha256 }))
    .sort((one, other) => one.version - other.version);
}

/** Throws a `UserError` where the release cannot follow what is published. Gives the targets that lead to it. */
export async function publishRelease(order: PublishOrder): Promise<PublishedTarget[]> {
  const { repository, releases, version, passphrase, nowMs } = order;
  const release = releases.read(version);
  const unlock = repository.lock();
  try {
    const before = publishedReleases(repository);
    const newest = before.at(-1);
    if (newest !== undefined && newest.version >= version)
      throw new UserError(`release ${version} cannot be published: boxes have ${newest.version} already, and never go back`);
    const made = await makeTargets(order, release, before);
    const former = repository.chain().targets.signed.targets;
    const kept = before.slice(-deltasMax).map((other) => fullTarget(other));
    const targets = Object.fromEntries(
      [...kept.flatMap((name) => former[name] ?? []), ...made].map((target) => [target.path, target] as const),
    );
    repository.publish(targets, passphrase, nowMs);
    // What the former targets.json names stays too: boxes are in the middle of fetching it.
    repository.prune([...Object.values(former), ...Object.values(targets)]);
    for (const old of before.slice(0, -deltasMax)) releases.remove(old.version);
    return made.map((target) => {
      const { from } = targetFactsSchema.parse(target.custom);
      return { name: target.path, bytes: target.length, ...(from === undefined ? {} : { from }) };
    });
  } finally {
    unlock();
  }
}

async function makeTargets(order: PublishOrder, release: BuiltRelease, before: readonly Release[]): Promise<TargetFile[]> {
  const { releases, version, onProgress } = order;
  const next = wholeSet(releases.files(version).set, release.sha256);
  if (next === undefined) throw new UserError(`${releases.files(version).set} is damaged: build the release again`);
  const facts: TargetFacts = {
    channel: release.channel,
    version,
    sha256: release.sha256,
    setBytes: next.length,
    created: release.created,
  };
  onProgress?.(undefined);
  const full = await makeTarget(order, fullTarget(release), undefined, next, facts);
  const targets = [full];
  for (const from of before.slice(-deltasMax)) {
    if (from.channel !== release.channel) continue;
    const base = wholeSet(releases.files(from.version).set, from.sha256);
    // Without it boxes fetch the whole; a set of another seed has no key in common with this one.
    if (base === undefined || !hasSameSeed(base, next)) continue;
    onProgress?.(from.version);
    const target = await makeTarget(order, deltaTarget(from, release), base, next, { ...facts, from: from.version });
    if (target.length <= full.length * deltaShareMax) targets.push(target);
  }
  return targets;
}

/** Undefined where it is not there, or not what was published. */
function wholeSet(path: string, sha256: string): Buffer | undefined {
  if (!existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  const isWhole = bytes.length > headerBytes && createHash('sha256').update(bytes.subarray(hashedFrom)).digest('hex') === sha256;
  return isWhole && claimedHash(bytes) === sha256 ? bytes : undefined;
}

async function makeTarget(
  { repository: { folder } }: PublishOrder,
  name: string,
  base: Uint8Array | undefined,
  next: Uint8Array,
  facts: TargetFacts,
): Promise<TargetFile> {
  const draft = folder.draft(name);
  try {
    await writeDeltaFile(draft, base, next);
    const made = await setFromDeltaFile(draft, base, facts.sha256, next.length);
    if (!Buffer.from(made.buffer, made.byteOffset, made.length).equals(next)) throw new RangeError(`${basename(draft)} gives another set`);
    const hash = createHash('sha256');
    for await (const piece of createReadStream(draft)) hash.update(piece as Buffer);
    const sha256 = hash.digest('hex');
    const length = statSync(draft).size;
    renameSync(draft, folder.target(sha256, name));
    folder.syncTargets();
    return new TargetFile({ path: name, length, hashes: { sha256 }, unrecognizedFields: { custom: jsonOf(facts) } });
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Without what is absent. */
function jsonOf({ from, ...facts }: TargetFacts): Record<string, string | number> {
  return from === undefined ? facts : { ...facts, from };
}
