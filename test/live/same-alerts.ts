/** Says in what the alerts of a live capture differ from those of a replay of the same frames. */
import { isDeepStrictEqual } from 'node:util';
import type { Alert } from '../../firmware/contract/alert.ts';

/** The last revision of each alert, by what it is about. */
export function latest(revisions: readonly Alert[]): Map<string, Alert> {
  return new Map(revisions.map((alert) => [alert.dedupKey, alert]));
}

/** Everything but what comes from the time of the capture: times, the id made from them, the number of rate-limited revisions, and the run. */
function timeless({ id: _id, rev: _rev, boot: _boot, tsFirst: _first, tsLast: _last, ...rest }: Alert): object {
  return rest;
}

/** One line for each alert that one side has and the other has not, or has otherwise. */
export function differences(live: readonly Alert[], replayed: readonly Alert[]): string[] {
  const [ours, theirs] = [latest(live), latest(replayed)];
  const lines: string[] = [];
  for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
    const [one, other] = [ours.get(key), theirs.get(key)];
    if (one === undefined) lines.push(`${key}: not seen live`);
    else if (other === undefined) lines.push(`${key}: not seen in the replay`);
    else if (!isDeepStrictEqual(timeless(one), timeless(other)))
      lines.push(`${key}: ${JSON.stringify(one)} against ${JSON.stringify(other)}`);
  }
  return lines;
}
