/**
 * Messages that left the box -> a line each, or, of kinds that are sent all the time and of those that come in a flood, counts and bytes for a
 * span of time. Pure but for the clock handed in.
 */
import type { LedgerEntry } from './ledger-entry.ts';

export interface SentMessage {
  /** `alert`, `health`, `evidence` … */
  kind: string;
  topic: string;
  bytes: number;
  id?: string;
  summary?: string;
}

/** Health goes out every 30 s and says much the same. */
const countedKinds: ReadonlySet<string> = new Set(['health']);
/** So many lines of a kind in one span; beyond, a flood of alerts would push the days before out of the record. */
const linesOfKindMax = 100;
/** Kinds are those of the code; a slip of it shall not fill memory. */
const kindsMax = 64;

interface Count {
  /** Counted without a line of their own. */
  count: number;
  bytes: number;
  lines: number;
}

export class SentCounts {
  readonly #nowMs: () => number;
  readonly #counts = new Map<string, Count>();
  #sinceMs: number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#sinceMs = nowMs();
  }

  /** The line that it gets; undefined: it is counted. */
  take({ kind: message, topic, bytes, id, summary }: SentMessage): LedgerEntry | undefined {
    const name = this.#counts.has(message) || this.#counts.size < kindsMax ? message : 'other';
    const count = this.#counts.get(name) ?? { count: 0, bytes: 0, lines: 0 };
    this.#counts.set(name, count);
    if (!countedKinds.has(message) && count.lines < linesOfKindMax) {
      count.lines++;
      return { kind: 'sent', message, topic, bytes, ...(id === undefined ? {} : { id }), ...(summary === undefined ? {} : { summary }) };
    }
    count.count++;
    count.bytes += bytes;
    return undefined;
  }

  /** What was counted since the last call. */
  summaries(): LedgerEntry[] {
    const since = new Date(this.#sinceMs).toISOString();
    this.#sinceMs = this.#nowMs();
    const until = new Date(this.#sinceMs).toISOString();
    const entries = [...this.#counts].flatMap(([message, { count, bytes }]): LedgerEntry[] =>
      count === 0 ? [] : [{ kind: 'sent-summary', message, count, bytes, since, until }],
    );
    this.#counts.clear();
    return entries;
  }
}
