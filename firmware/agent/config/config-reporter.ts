/**
 * What the box says of its configuration, and when: the state of things whenever it changes, and in between what it refused. The state is retained by
 * the broker, so after a passing refusal it is said once more; rubbish that comes all day is told of now and then.
 */
import type { ConfigReported } from '../../contract/config-message.ts';
import type { ConfigState } from './accepted-order.ts';
import type { RefusedConfig } from './desired-order.ts';

/** After a passing refusal the state of things is said again. */
const restateMs = 5_000;
const passingEveryMs = 10_000;
/** Whoever owns the broker may send the same order all day. */
const repeatEveryMs = 5_000;
/** Counts of what suppressions hid change all the time. */
const countsEveryMs = 300_000;
const suppressionsMax = 1_000;
const suppressionIdCharactersMax = 64;

export interface ConfigReporterParts {
  box: string;
  boot: string;
  /** For the time of a message, ms since 1970. */
  nowMs: () => number;
  monotonicMs: () => number;
  /** Undefined: there is nothing that is true for now, as when the sensor is taking up new settings. */
  state: () => { stored: ConfigState; rejection: RefusedConfig | undefined } | undefined;
  /** As the sensor counts them: its word is not taken for their number. */
  suppressed: () => Readonly<Record<string, number>> | undefined;
  publish: (reported: ConfigReported) => void;
}

export class ConfigReporter {
  readonly #parts: ConfigReporterParts;
  #dueMs = Number.POSITIVE_INFINITY;
  #passingMs = Number.NEGATIVE_INFINITY;
  #saidMs = Number.NEGATIVE_INFINITY;
  #saidCounts = '';

  constructor(parts: ConfigReporterParts) {
    this.#parts = parts;
  }

  /** Says how things stand, now. */
  say(): void {
    this.#dueMs = Number.POSITIVE_INFINITY;
    const state = this.#parts.state();
    if (state === undefined) return;
    const counts = this.#counts();
    this.#saidCounts = JSON.stringify(counts);
    this.#saidMs = this.#parts.monotonicMs();
    this.#publish(state.stored, standing(state.stored, state.rejection), counts);
  }

  /** Says it with the next turn of the loop, or a little later where it was said just now: asked many times, it is said once. */
  saySoon(): void {
    this.#dueMs = Math.min(this.#dueMs, Math.max(this.#parts.monotonicMs(), this.#saidMs + repeatEveryMs));
  }

  /** Something was refused that changes nothing in how things stand. */
  passing({ errors, seq, hash }: Pick<RefusedConfig, 'errors' | 'seq' | 'hash'>): void {
    const nowMs = this.#parts.monotonicMs();
    const state = this.#parts.state();
    if (nowMs - this.#passingMs < passingEveryMs || state === undefined) return;
    this.#passingMs = nowMs;
    this.#publish(state.stored, { ...numbers({ seq, hash }), state: 'rejected', errors: [...errors] }, this.#counts());
    this.#dueMs = Math.min(this.#dueMs, nowMs + restateMs);
  }

  tick(): void {
    const nowMs = this.#parts.monotonicMs();
    const isOver = nowMs - this.#saidMs >= countsEveryMs;
    if (nowMs >= this.#dueMs || (isOver && JSON.stringify(this.#counts()) !== this.#saidCounts)) this.say();
  }

  #publish({ current }: ConfigState, about: About, suppressed: Record<string, number> | undefined): void {
    const { box, boot, nowMs, publish } = this.#parts;
    publish({
      schema: 'config-reported/1',
      box,
      boot,
      ts: new Date(nowMs()).toISOString(),
      ...about,
      running: current === undefined ? {} : { seq: current.seq, hash: current.hash },
      ...(suppressed === undefined ? {} : { suppressed }),
    });
  }

  #counts(): Record<string, number> | undefined {
    const entries = Object.entries(this.#parts.suppressed() ?? {}).filter(([id]) => id.length <= suppressionIdCharactersMax);
    return entries.length === 0 ? undefined : Object.fromEntries(entries.slice(0, suppressionsMax));
  }
}

type About = Pick<ConfigReported, 'state' | 'seq' | 'hash' | 'confirmed' | 'errors' | 'reason'>;

/** The centre waits for what became of the newest order: one that was refused comes before the one in force. */
function standing({ floor, current, trial, outcome }: ConfigState, rejection: RefusedConfig | undefined): About {
  if (rejection !== undefined) return { ...numbers(rejection), state: 'rejected', errors: [...rejection.errors] };
  if (floor !== undefined && outcome !== undefined) return { seq: floor.seq, hash: floor.hash, ...outcome };
  if (current === undefined) return { state: 'none' };
  return { seq: current.seq, hash: current.hash, state: 'applied', confirmed: trial === undefined };
}

function numbers({ seq, hash }: { seq?: number | undefined; hash?: string | undefined }): Pick<About, 'seq' | 'hash'> {
  return { ...(seq === undefined ? {} : { seq }), ...(hash === undefined ? {} : { hash }) };
}
