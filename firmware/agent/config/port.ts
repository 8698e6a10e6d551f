/** Two settings -> whether with the second the box sees something else than with the first, and whether at another port. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { SettingsInForce } from './accepted-order.ts';

type Settings = SettingsInForce['settings'];

/** `before`: undefined where the file of the box stood alone. A port that is named for the first time may be that of the file: it counts as another. */
export function isOtherPort(before: Settings | undefined, after: Settings): boolean {
  return !isDeepStrictEqual(portOf(before), portOf(after));
}

/** Only such a change can make a box blind. */
export function seesElse(before: Settings | undefined, after: Settings): boolean {
  return !isDeepStrictEqual(before?.capture, after.capture);
}

function portOf(settings: Settings | undefined): unknown[] {
  const capture = settings?.capture;
  if (typeof capture !== 'object' || capture === null) return [undefined, undefined];
  const { interface: name, promiscuous } = capture as Record<string, unknown>;
  return [name, promiscuous];
}
