/** How far a rollout is, on disk: so that after a crash, a stop or a night it can go on where it was, or be called off. Written before boxes are armed. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Release, releaseSchema } from '../../firmware/contract/intelligence-message.ts';
import { publicMode, writeWhole } from '../authority/whole-file.ts';
import { UserError } from '../command/user-error.ts';
import { lockFolder } from '../intel/library/lock.ts';

const rolloutStateSchema = z.strictObject({
  schema: z.literal('rollout/1'),
  release: releaseSchema,
  percents: z.array(z.number()),
  overMs: z.number(),
  reportWithinMs: z.number(),
  /** In the order in which they were armed. */
  armed: z.array(z.string()),
  /** When it ended: whoever goes on has seen them. */
  failed: z.array(z.string()),
  outcome: z.enum(['running', 'done', 'stopped', 'interrupted', 'aborted']),
  started: z.string(),
  /** Only boxes with this tag; absent: all. */
  tag: z.string().optional(),
});
export type RolloutState = z.infer<typeof rolloutStateSchema>;

export class RolloutFile {
  readonly path: string;
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    this.path = join(folder, 'state.json');
  }

  /** One rollout at a time. Gives what unlocks it again. Throws a `UserError` where another one is under way. */
  lock(): () => void {
    mkdirSync(this.folder, { recursive: true, mode: 0o750 });
    return lockFolder(this.folder);
  }

  /** Undefined where there is none. Throws a `UserError` where it is damaged. */
  read(): RolloutState | undefined {
    if (!existsSync(this.path)) return undefined;
    try {
      return rolloutStateSchema.parse(JSON.parse(readFileSync(this.path, 'utf8')));
    } catch {
      throw new UserError(`${this.path} is damaged: remove it; boxes that were armed stay armed`);
    }
  }

  write(state: RolloutState): void {
    writeWhole(this.path, `${JSON.stringify(state, undefined, 2)}\n`, publicMode);
  }
}

/** Where a centre keeps its rollout. `intelligence`: the folder of its indicators. */
export function rolloutFileOf(intelligence: string): RolloutFile {
  return new RolloutFile(join(intelligence, 'rollout'));
}

/** The release that every box was ordered to run: what one that comes later shall run too. Undefined where there is none, or not for all. */
export function releaseForAll(file: RolloutFile): Release | undefined {
  const state = file.read();
  return state?.outcome === 'done' && state.percents.at(-1) === 100 && state.tag === undefined ? state.release : undefined;
}

/** One that was begun and did not end well. */
export function isUnfinished({ outcome }: RolloutState): boolean {
  return outcome !== 'done' && outcome !== 'aborted';
}
