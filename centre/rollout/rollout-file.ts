/** How far a rollout is, on disk: so that after a crash, a stop or a night it can go on where it was, or be called off. Written before boxes are armed. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { z } from 'zod';
import { releaseSchema } from '../../firmware/contract/intelligence-message.ts';
import { publicMode, writeWhole } from '../authority/whole-file.ts';
import { UserError } from '../command/user-error.ts';

const rolloutStateSchema = z.strictObject({
  schema: z.literal('rollout/1'),
  release: releaseSchema,
  percents: z.array(z.number()),
  overMs: z.number(),
  reportWithinMs: z.number(),
  /** In the order in which they were armed. */
  armed: z.array(z.string()),
  outcome: z.enum(['running', 'done', 'stopped', 'interrupted', 'aborted']),
  started: z.string(),
});
export type RolloutState = z.infer<typeof rolloutStateSchema>;

export class RolloutFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
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

  remove(): void {
    rmSync(this.path, { force: true });
  }
}

/** One that was begun and did not end well. */
export function isUnfinished({ outcome }: RolloutState): boolean {
  return outcome !== 'done' && outcome !== 'aborted';
}
