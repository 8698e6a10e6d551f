/** Says in what the alerts of a live capture differ from those of a replay of the same frames. */
import { isDeepStrictEqual } from 'node:util';
import type { Alert } from '../../firmware/contract/alert.ts';

/** The last revision of each alert, by what it is about. */
export function latest(revisions: readonly Alert[]): Map<string, Alert> {
  return new Map(revisions.map((alert) => [alert.dedupKey, alert]));
}

/** What comes from the time of the capture: times, the id made from them, the number of rate-limited revisions, and the run. */
const fieldsOfTime: ReadonlySet<string> = new Set(['id', 'rev', 'boot', 'tsFirst', 'tsLast'] satisfies (keyof Alert)[]);

function differingFields(one: Alert, other: Alert): string[] {
  const [ours, theirs] = [new Map(Object.entries(one)), new Map(Object.entries(other))];
  const fields = new Set([...ours.keys(), ...theirs.keys()]);
  return [...fields].filter((field) => !fieldsOfTime.has(field) && !isDeepStrictEqual(ours.get(field), theirs.get(field)));
}

/** One line for each alert that one side has and the other has not, or has otherwise. */
export function differences(live: readonly Alert[], replayed: readonly Alert[]): string[] {
  const [ours, theirs] = [latest(live), latest(replayed)];
  const lines: string[] = [];
  for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
    const [one, other] = [ours.get(key), theirs.get(key)];
    const fields = one === undefined || other === undefined ? [] : differingFields(one, other);
    if (one === undefined) lines.push(`${key}: not seen live`);
    else if (other === undefined) lines.push(`${key}: not seen in the replay`);
    else if (fields.length > 0) lines.push(`${key}: ${fields.join(', ')}`);
  }
  return lines;
}
