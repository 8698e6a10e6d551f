/** What the centre knows of a box when it judges it, and what a judgement can be. Types only. */
import type { CentreAlert } from '../../../firmware/contract/centre-alert.ts';
import type { BoxRow, Hole, NewOutbox } from '../../store/store.ts';
import type { AdviceName } from './texts.ts';

/** Ages in ms by a clock that does not jump; absent where it never happened. */
export interface BoxFacts {
  row: BoxRow;
  seenAgeMs: number | undefined;
  presenceAgeMs: number | undefined;
  healthAgeMs: number | undefined;
  /** For how long we have heard the broker without a break: what we could not hear is no silence. */
  listeningMs: number;
  holes: readonly (Hole & { ageMs: number })[];
  /** Begun by this box while nothing tells what became of the one before. */
  newOutboxes: readonly (NewOutbox & { ageMs: number })[];
  clockAheadMs: number | undefined;
}

export interface Trouble {
  severity: number;
  reasons: CentreAlert['reasons'];
  advice: AdviceName;
  /** It must last so long before anybody is told. */
  afterMs?: number;
  /** An open alert is written again where this is another one than before. */
  mark?: string;
}

/** `unknown`: too early to say, or nothing to go by; an open alert stays, none is opened. */
export type Verdict = Trouble | 'fine' | 'unknown';
