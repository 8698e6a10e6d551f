/** The state of one alert inside the box, from which each revision is written. */
import type { Stage } from '../../contract/alert.ts';
import type { Finding } from '../detect/finding.ts';

/** An alert between its first finding and its close. */
export interface OpenAlert {
  id: string;
  rev: number;
  state: 'open' | 'closed';
  dedupKey: string;
  firstMicros: number;
  lastMicros: number;
  /** The latest time of any finding; `lastMicros` goes back with the clock. */
  latestMicros: number;
  stage: Stage;
  severity: number;
  /** Times the name was asked, and connections made: the larger is what people are told. */
  asked: number;
  connected: number;
  /** The finding that tells most: the latest of the furthest stage. */
  finding: Finding;
  sentMicros: number;
  sentCount: number;
  changed: boolean;
}

export function countOf({ asked, connected }: OpenAlert): number {
  return Math.max(1, asked, connected);
}
