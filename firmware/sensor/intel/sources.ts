/** Turns the paths of `--intel` (compiled sets and lists in any mix) into one `Indicators`; no path gives an empty set. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { type Seed, SetBuilder } from './compile.ts';
import type { Provenance } from './indicator.ts';
import { type HitSource, IndicatorSet } from './indicator-set.ts';
import { checkIsFile, describeFileError } from './intel-error.ts';
import { isCompiledSet, readIndicatorSet } from './load.ts';
import { ListReport, readList } from './read-list.ts';
import { totalOf } from './shrinkage.ts';
import { UnionIndicators } from './union.ts';

/** One set, or several asked as one. */
export type JoinedSets = HitSource | UnionIndicators;

/** Where a list says nothing of how far to trust it. */
export const defaultConfidence = 75;

/** What a list as a whole says of its entries: the name of the file is its source, unless somebody names another. */
export function listDefaults(path: string, given: Partial<Provenance> = {}): Provenance {
  const source = basename(path, extname(path));
  return { source, ...given, confidence: given.confidence ?? defaultConfidence };
}

export function emptyIndicators(): IndicatorSet {
  return IndicatorSet.fromBytes(new SetBuilder({ a: 0, b: 0 }).finish());
}

/** Seed from the lists' content, the same in whatever order they are named. Reads them once; throws an `IntelError` when it cannot. */
export async function seedOf(paths: readonly string[]): Promise<Seed> {
  const digests: string[] = [];
  for (const path of paths) {
    const hash = createHash('sha256');
    try {
      checkIsFile(await stat(path), path);
      for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
    } catch (error) {
      throw describeFileError(path, error);
    }
    digests.push(hash.digest('hex'));
  }
  const seed = createHash('sha256').update(digests.sort().join('\n')).digest();
  return { a: seed.readInt32LE(0), b: seed.readInt32LE(4) };
}

/**
 * Lists are compiled together in memory; compiled sets are read in pieces, without stalling a running sensor. `report` hears of refused
 * values; every entry of the lists `allow` is an allowance. Throws an `IntelError` that names the file.
 */
export async function indicatorsFrom(
  paths: readonly string[],
  report: ListReport = new ListReport(),
  allow: readonly string[] = [],
): Promise<JoinedSets> {
  if (paths.length + allow.length === 0) return emptyIndicators();
  const lists: string[] = [];
  const sets: IndicatorSet[] = [];
  for (const path of paths) {
    if (isCompiledSet(path)) sets.push(await readIndicatorSet(path));
    else lists.push(path);
  }
  if (lists.length + allow.length > 0) {
    const builder = new SetBuilder(await seedOf([...lists, ...allow]));
    const read = (path: string, isAllow: boolean) =>
      readList(path, { allow: isAllow, defaults: listDefaults(path) }, report, (value, provenance, allowed) =>
        builder.add(value, provenance, allowed),
      );
    for (const path of lists) read(path, false);
    for (const path of allow) read(path, true);
    sets.push(IndicatorSet.fromBytes(builder.finish()));
  }
  return joined(sets);
}

/** Sets asked as one. Empty ones are left out, so that a single one, as in most boxes, is asked without any other. */
export function joined(parts: readonly (JoinedSets | undefined)[]): JoinedSets {
  const sets = parts.flatMap((part) => (part instanceof UnionIndicators ? part.sets : (part ?? [])));
  const filled = sets.filter((set) => totalOf(set) + set.allowances > 0);
  if (filled.length > 1) return new UnionIndicators(filled);
  return filled[0] ?? sets[0] ?? emptyIndicators();
}
