/**
 * The repository of releases as boxes see it (TUF 1.0, consistent snapshots): metadata in `metadata/`, targets in `targets/` with their SHA-256 before
 * the name. A release is one target, and one more for each release before it from which a difference leads there; each says by `custom` which compiled
 * set it makes. Names and shapes only.
 */
import { z } from 'zod';
import type { Release } from './intelligence-message.ts';

/** The whole release, compressed. */
export function fullTarget({ channel, version }: Release): string {
  return `${channel}-${version}.vgd`;
}

/** What makes `to` of `from`. */
export function deltaTarget(from: Release, to: Release): string {
  return `${to.channel}-${from.version}-${to.version}.vgd`;
}

/** Of a target, below the repository (TUF §6.2.1: the hash comes before the name). */
export function targetPath(name: string, sha256: string): string {
  return `targets/${sha256}.${name}`;
}

/** `custom` of a target. */
export const targetFactsSchema = z.object({
  channel: z.string(),
  version: z.int().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  setBytes: z.int().min(1).meta({ description: 'length of the compiled set' }),
  from: z.int().min(1).optional().meta({ description: 'version that a difference starts from' }),
  created: z.string().meta({ description: 'RFC 3339' }),
});
export type TargetFacts = z.infer<typeof targetFactsSchema>;
