/**
 * Measures the box all the time and has it judged once a second: the only place from which the lamps are fed. What can be had at once (the
 * sensor's last word, the link, the alerts) is taken fresh for each judgement; the rest is measured every few seconds, and its age counts too.
 */
import type { Health, SensorReport } from '../../contract/health.ts';
import { type UplinkNow, uplinkOf } from '../health/queue-state.ts';
import type { AlertCounts } from './alert-counts.ts';
import type { Panel } from './panel.ts';

const judgeMs = 1_000;
/** A measure of the slow things; six of them are the minute that READY speaks of. */
export const measureSeconds = 10;
const measuresKept = 6;

export interface PanelLoopParts {
  panel: Panel;
  counts: AlertCounts;
  /** Of intervals of `measureSeconds`, from one call to the next. */
  measure: () => Promise<Health>;
  sensor: () => SensorReport;
  /** How long ago a packet was last heard of. */
  quietMs: () => number;
  uplink: () => UplinkNow;
  /** Told after each judgement. */
  onJudged: () => void;
  onProblem: (error: unknown) => void;
}

export class PanelLoop {
  readonly #parts: PanelLoopParts;
  #intervals: Health['interval'][] = [];
  #health: Health | undefined;
  #isMeasuring = false;
  #timers: NodeJS.Timeout[] = [];

  constructor(parts: PanelLoopParts) {
    this.#parts = parts;
  }

  start(): void {
    void this.#measure();
    this.#timers = [setInterval(() => void this.#measure(), measureSeconds * 1_000), setInterval(() => this.#judge(), judgeMs)];
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  async #measure(): Promise<void> {
    if (this.#isMeasuring) return;
    this.#isMeasuring = true;
    try {
      const health = await this.#parts.measure();
      this.#intervals = [...this.#intervals, health.interval].slice(-measuresKept);
      this.#health = { ...health, interval: sumOf(this.#intervals) };
    } catch (error) {
      this.#parts.onProblem(error);
    } finally {
      this.#isMeasuring = false;
    }
  }

  #judge(): void {
    const { panel, counts, sensor, quietMs, uplink, onJudged } = this.#parts;
    panel.judge(() => {
      const report = sensor();
      const measured = this.#health;
      const health = measured && {
        ...measured,
        ...report,
        quietSeconds: Math.floor(quietMs() / 1_000),
        uplink: uplinkOf(uplink()),
      };
      return { nowMs: Date.now(), online: true, health, ...counts.of(report) };
    });
    onJudged();
  }
}

/** Of the last minute, as one interval. */
export function sumOf(intervals: readonly Health['interval'][]): Health['interval'] {
  const sum = (value: (interval: Health['interval']) => number | undefined) =>
    intervals.reduce((total, interval) => total + (value(interval) ?? 0), 0);
  const [packets, dropped] = [sum(({ packets }) => packets), sum(({ dropped }) => dropped)];
  return {
    seconds: sum(({ seconds }) => seconds),
    packets,
    bytes: sum(({ bytes }) => bytes),
    dropped,
    dropShare: dropped === 0 ? 0 : dropped / (packets + dropped),
  };
}
