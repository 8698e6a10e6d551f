/** What outbox and uplink know of themselves -> the fields of health/1. Times become text, unknowns stay absent. */
import type { Health, OutboxWriterReport } from '../../contract/health.ts';
import type { OutboxMeasure } from '../../outbox/outbox.ts';

/** Times in ms since 1970. Absent means: not now, not yet, not known. */
export interface UplinkNow {
  /** Since the start. */
  connections: number;
  /** Number of the session at hand or the last one. */
  session?: number | undefined;
  connectedSinceMs?: number | undefined;
  lastHeardMs?: number | undefined;
  /** When the centre last acknowledged. */
  lastAcknowledgedMs?: number | undefined;
  lastSentMs?: number | undefined;
  isCentreOnline?: boolean | undefined;
  unacknowledged?: number | undefined;
  refused?: number | undefined;
  ignored?: number | undefined;
  lastError?: string | undefined;
}

/** `ageMs`: of the measure, 0 where the outbox answers; it is undefined where it never did. `writers`: the agent's and the sensor's. */
export function outboxOf(
  { value: measure, ageMs }: { value: OutboxMeasure | undefined; ageMs: number },
  writers: readonly OutboxWriterReport[],
  nowMs: number,
): Health['outbox'] {
  return {
    ...contentOf(measure, nowMs),
    ...(ageMs > 0 ? { unansweredSeconds: Math.ceil(ageMs / 1_000) } : {}),
    ...(writers.length === 0 ? {} : writersOf(writers)),
  };
}

function contentOf(measure: OutboxMeasure | undefined, nowMs: number) {
  if (measure === undefined) return { depth: 0, dropped: 0 };
  const { depth, dropped, bytes, byKind, oldestMs, outboxId, lastSeq } = measure;
  return {
    depth,
    dropped,
    bytes,
    byKind: { ...byKind },
    ...(outboxId === undefined || lastSeq === undefined ? {} : { outboxId, lastSeq }),
    ...(oldestMs === undefined ? {} : { oldestAgeSeconds: Math.max(0, Math.floor((nowMs - oldestMs) / 1_000)) }),
  };
}

function writersOf(writers: readonly OutboxWriterReport[]) {
  const sum = (name: 'waiting' | 'waitingBytes' | 'lost') => writers.reduce((total, state) => total + state[name], 0);
  const error = writers.find((state) => state.error !== undefined)?.error;
  return {
    mode: writers.some(({ mode }) => mode === 'memory') ? ('memory' as const) : ('disk' as const),
    ...(error === undefined ? {} : { error }),
    waiting: sum('waiting'),
    waitingBytes: sum('waitingBytes'),
    lost: sum('lost'),
    // Both notice the same one.
    begunAnew: Math.max(...writers.map(({ begunAnew }) => begunAnew)),
  };
}

/** Notices when messages were dropped, of counts that may be begun anew. What was dropped before the first look is of an earlier time. */
export class LossWatch {
  readonly #seen = new Map<string, number>();
  #lossMs: number | undefined;

  /** Takes the counts as they are now; absent ones are not known now. */
  look(counts: Readonly<Record<string, number | undefined>>, nowMs: number): void {
    for (const [name, count] of Object.entries(counts)) {
      if (count === undefined) continue;
      const before = this.#seen.get(name);
      if (before !== undefined && count !== before && count > 0) this.#lossMs = nowMs;
      this.#seen.set(name, count);
    }
  }

  ageSeconds(nowMs: number): number | undefined {
    return this.#lossMs === undefined ? undefined : Math.max(0, Math.floor((nowMs - this.#lossMs) / 1_000));
  }
}

export function uplinkOf(state: UplinkNow): Health['uplink'] {
  const { connections, isCentreOnline, unacknowledged, refused, ignored, lastError } = state;
  return {
    connections,
    ...timeOf('connectedSince', state.connectedSinceMs),
    ...timeOf('lastHeard', state.lastHeardMs),
    ...timeOf('lastAcknowledged', state.lastAcknowledgedMs),
    ...timeOf('lastSent', state.lastSentMs),
    ...(isCentreOnline === undefined ? {} : { centreOnline: isCentreOnline }),
    ...(unacknowledged === undefined ? {} : { unacknowledged }),
    ...(refused === undefined ? {} : { refused }),
    ...(ignored === undefined ? {} : { ignored }),
    ...(lastError === undefined ? {} : { lastError }),
  };
}

function timeOf<Name extends string>(name: Name, ms: number | undefined): { [name in Name]?: string } {
  return ms === undefined ? {} : ({ [name]: new Date(ms).toISOString() } as { [name in Name]: string });
}
