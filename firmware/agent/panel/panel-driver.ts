/**
 * What every driver of the lamps offers. A driver shows a display only while its judgement is fresh, keeps no timer that repeats an old one,
 * and, where the lamps can, lets them fall to "host lost" by themselves once nothing fresh comes.
 */
import type { Display } from './display.ts';

/** A judgement older than this is not shown: whoever judged was held up, and what was true then may not be true now. */
export const judgementAgeMaxMs = 2_000;

export interface JudgedDisplay {
  display: Display;
  /** `performance.now()` at the moment when the measurements were judged. */
  judgedAtMs: number;
  /** Of a lit lamp, above 0 and up to 1. */
  brightness: number;
}

/** Short: "I have seen it". Three seconds: lamp test and self-test. Eight seconds: call for help. */
export type Press = 'acknowledge' | 'self-test' | 'help';

/** What can be said of the lamps themselves. JSON-ready. */
export interface DriverState {
  /** Whether what was last shown is known to have reached the lamps. */
  connected: boolean;
  /** Why not; English, for the log and the doctor. */
  reason?: string;
  /** Connections lost since the start. */
  losses: number;
  /** Times that a display was refused because its judgement was too old. */
  stale: number;
  chip?: {
    firmware: string;
    phase: string;
    /** Resets since its power came up. */
    resets: number;
    /** Messages that it refused: noise on the line. */
    refused: number;
    buttonStuck: boolean;
  };
}

export interface PanelDriver {
  readonly state: DriverState;
  /** False where it was refused because its judgement is too old. Never throws for a fault of the lamps: see `state`. */
  show(judged: JudgedDisplay): boolean;
  /** Where the lamps are text themselves: prints text for people beside them. */
  print?(text: string): void;
  /** `planned`: the box will be back; lamps that can show that do. Harmless twice. */
  close(planned: boolean): Promise<void>;
}

export interface PanelLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}

export function isFresh({ judgedAtMs }: JudgedDisplay, nowMs: number): boolean {
  // Written so that a time that is no number counts as stale.
  return nowMs - judgedAtMs <= judgementAgeMaxMs;
}
