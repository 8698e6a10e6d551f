/** Boxes and shares -> which boxes are armed in which wave, and when each wave may begin. The same boxes and release give the same plan. Pure. */
import { createHash } from 'node:crypto';
import type { Release } from '../../firmware/contract/intelligence-message.ts';

export interface Wave {
  boxes: string[];
  /** From the beginning of the rollout. */
  startsAtMs: number;
  /** Its boxes are armed a few at a time over so long, so that faults show before all of them have it, and not all fetch at once. */
  spreadMs: number;
}

/**
 * `percents`: how many boxes are armed after each wave, rising to 100. The waves begin at even distances within `overMs`. Which boxes go first
 * is drawn by hash from their ids and the release, so that it is not always the same ones that find the faults.
 */
export function planWaves(boxes: readonly string[], release: Release, percents: readonly number[], overMs: number): Wave[] {
  const drawn = [...new Set(boxes)]
    .map((box) => ({ box, place: createHash('sha256').update(`${release.sha256}\n${box}`).digest('hex') }))
    .sort((one, other) => (one.place < other.place ? -1 : 1))
    .map(({ box }) => box);
  let armed = 0;
  return percents
    .map((percent, index) => {
      const until = Math.max(armed, Math.ceil((drawn.length * percent) / 100));
      const spreadMs = overMs / percents.length;
      const wave = { boxes: drawn.slice(armed, until), startsAtMs: spreadMs * index, spreadMs };
      armed = until;
      return wave;
    })
    .filter(({ boxes: members }) => members.length > 0);
}

/** What is wrong with shares as a person gives them; undefined: they rise to 100. */
export function faultOfPercents(percents: readonly number[]): string | undefined {
  if (percents.length === 0 || percents.length > 20) return 'give 1 to 20 shares';
  if (percents.some((percent) => !(percent > 0 && percent <= 100))) return 'a share is above 0 and at most 100';
  if (percents.some((percent, index) => index > 0 && percent <= percents[index - 1]!)) return 'the shares rise';
  return percents.at(-1) === 100 ? undefined : 'the last share is 100: every box in the end';
}
