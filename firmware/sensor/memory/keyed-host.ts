/** A machine as rows of the table are found by it. */
import type { SeenHost } from './sighting.ts';

/** A machine with a number for its hardware address; 0 where that is not known. */
export interface KeyedHost extends SeenHost {
  macKey: number;
}

export function keyed(host: SeenHost): KeyedHost {
  return { ...host, macKey: host.mac === undefined ? 0 : Number.parseInt(host.mac.replaceAll(':', '').slice(-8), 16) | 0 };
}
