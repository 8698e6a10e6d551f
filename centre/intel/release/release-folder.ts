/**
 * Where the releases of a centre lie, below the folder of its indicators:
 *
 *   channel.json                    the seed of all its releases, drawn once: so that a release differs from the last one only where its content does
 *   releases/<version>/set.vgi      the compiled set
 *   releases/<version>/values.zst   what is in it, as text, in the order of the library: what `check` reads
 *   releases/<version>/release.json what the build says of it
 *
 * A release is written beside and renamed; it does not change afterwards. Which ones were published, the repository says (../repository).
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Seed } from '../../../firmware/sensor/intel/compile.ts';
import { indicatorTypes } from '../../../firmware/sensor/intel/indicator.ts';
import { publicMode, writeWhole } from '../../authority/whole-file.ts';
import { UserError } from '../../command/user-error.ts';
import { kinds } from '../library/library-entry.ts';
import { leftOutReasons } from './join-provenance.ts';
import { poisonReasons } from './poison.ts';

const count = z.int().min(0);
const int32 = z
  .int()
  .min(-(2 ** 31))
  .max(2 ** 31 - 1);

const channelSchema = z.strictObject({ schema: z.literal('intel-channel/1'), seed: z.strictObject({ a: int32, b: int32 }) });

export const builtReleaseSchema = z.strictObject({
  schema: z.literal('intel-release/1'),
  channel: z.string(),
  version: z.int().min(1),
  created: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().min(1),
  canary: z.string().meta({ description: 'a name that this release matches and no other one does' }),
  counts: z.record(z.enum(indicatorTypes), count),
  allowances: count,
  confidenceFloor: count,
  sources: z.record(z.string(), count).meta({ description: 'indicators that each source stands behind' }),
  leftOut: z.record(z.enum([...leftOutReasons, 'not-matchable']), count),
  poison: z.strictObject({
    count,
    first: z.array(z.strictObject({ kind: z.enum(kinds), value: z.string(), reason: z.enum(poisonReasons), sources: z.array(z.string()) })),
  }),
});
export type BuiltRelease = z.infer<typeof builtReleaseSchema>;

export interface ReleaseFiles {
  set: string;
  values: string;
  manifest: string;
}

export class ReleaseFolder {
  readonly folder: string;

  /** `intelligence`: the folder of the centre's indicators. */
  constructor(intelligence: string) {
    this.folder = join(intelligence, 'releases');
    this.channelFile = join(intelligence, 'channel.json');
  }

  private readonly channelFile: string;

  /** Drawn at the first call, the same ever after. */
  seed(): Seed {
    if (!existsSync(this.channelFile)) {
      const bytes = randomBytes(8);
      const channel = { schema: 'intel-channel/1', seed: { a: bytes.readInt32LE(0), b: bytes.readInt32LE(4) } };
      writeWhole(this.channelFile, `${JSON.stringify(channel)}\n`, publicMode);
    }
    return readJson(this.channelFile, channelSchema).seed;
  }

  /** Versions that are there, in order. */
  versions(): number[] {
    if (!existsSync(this.folder)) return [];
    const names = readdirSync(this.folder).filter((name) => /^[1-9]\d{0,14}$/.test(name));
    return names.map(Number).sort((one, other) => one - other);
  }

  files(version: number): ReleaseFiles {
    const at = (name: string) => join(this.folder, String(version), name);
    return { set: at('set.vgi'), values: at('values.zst'), manifest: at('release.json') };
  }

  /** Throws a `UserError` where there is no such release. */
  read(version: number): BuiltRelease {
    const { manifest } = this.files(version);
    if (!existsSync(manifest)) throw new UserError(`there is no release ${version}: vonggac-centre intel build makes one`);
    return readJson(manifest, builtReleaseSchema);
  }

  /** An empty folder for a release in the making; what a killed build left is removed. */
  draft(): string {
    this.removeDraft();
    const path = join(this.folder, 'draft');
    mkdirSync(path, { recursive: true, mode: 0o755 });
    return path;
  }

  removeDraft(): void {
    rmSync(join(this.folder, 'draft'), { recursive: true, force: true });
  }

  /** Puts the draft in its place. */
  settle(version: number): void {
    renameSync(join(this.folder, 'draft'), join(this.folder, String(version)));
  }

  remove(version: number): void {
    rmSync(join(this.folder, String(version)), { recursive: true, force: true });
  }
}

function readJson<T>(path: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new UserError(`${path} is damaged or missing: ${error instanceof z.ZodError ? error.issues[0]?.message : String(error)}`);
  }
}
