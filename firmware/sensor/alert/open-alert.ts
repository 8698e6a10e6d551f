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
  /** Name of the period of heightened watch in which it was seen. */
  duty: string | undefined;
  /** Times the name was asked, and connections made: the larger is what people are told. */
  asked: number;
  connected: number;
  /** The finding that tells most: the latest of the furthest stage. */
  finding: Finding;
  sentMicros: number;
  sentCount: number;
  changed: boolean;
  /** The stage last told; undefined: nobody has heard of it. */
  toldStage: Stage | undefined;
  /** A suppression covers it: it is kept, and not told. */
  isHidden: boolean;
  /** The suppression that has counted it, also where that covers it no longer. */
  countedBy: string | undefined;
}

export function countOf({ asked, connected }: OpenAlert): number {
  return Math.max(1, asked, connected);
}
