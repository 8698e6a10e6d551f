/** The last minutes of a box, sample by sample -> how things are, for a change to be measured by. Pure. */
import type { Baseline } from './accepted-order.ts';
import type { Sample } from './trial.ts';

/** Five minutes, at one in 5 s. */
const samplesMax = 60;
/** A rate from less says nothing. */
const spanMsMin = 5_000;

interface Point {
  atMs: number;
  packets: number;
  alerts: number;
}

type Rates = Pick<Baseline, 'packetsPerSecond' | 'alertsPerSecond'>;

export class Recent {
  readonly #settleMs: number;
  #points: Point[] = [];
  #firstMs: number | undefined;
  /** Of the run of the sensor before. */
  #before: Rates = {};

  /** `settleMs`: after a start, a change is not begun for so long unless it is known how things are. */
  constructor(settleMs = 0) {
    this.#settleMs = settleMs;
  }

  take({ atMs, report }: Sample): void {
    const { packets } = report.capture;
    this.#firstMs ??= atMs;
    const last = this.#points.at(-1);
    // Another run of the sensor: its totals begin at 0.
    if (last !== undefined && packets < last.packets) {
      this.#before = this.#ratesAt(last) ?? this.#before;
      this.#points = [];
    }
    this.#points.push({ atMs, packets, alerts: report.alerts?.opened ?? 0 });
    if (this.#points.length > samplesMax) this.#points.shift();
  }

  /** A box that was just switched on and finds an order waiting would not notice that it goes blind: nobody knows yet what there is to be seen. */
  isSettling(now: Sample): boolean {
    if (now.atMs - (this.#firstMs ?? now.atMs) >= this.#settleMs) return false;
    const { isCapturing, packetsPerSecond } = this.baseline(now);
    return !isCapturing || packetsPerSecond === undefined;
  }

  /** As it was up to that sample, which is the present. */
  baseline({ isSensorConnected, isLinked, report, atMs }: Sample): Baseline {
    const state = { isSensorConnected, isLinked, isCapturing: isSensorConnected && report.capture.state === 'running' };
    const now = { atMs, packets: report.capture.packets, alerts: report.alerts?.opened ?? 0 };
    return { ...state, ...(this.#ratesAt(now) ?? this.#before) };
  }

  /** Undefined where the run of the sensor is too young to tell. */
  #ratesAt(now: Point): Rates | undefined {
    const [first] = this.#points;
    const spanMs = now.atMs - (first?.atMs ?? now.atMs);
    if (first === undefined || spanMs < spanMsMin || now.packets < first.packets) return undefined;
    const perSecond = (grown: number) => Math.max(0, grown) / (spanMs / 1_000);
    return { packetsPerSecond: perSecond(now.packets - first.packets), alertsPerSecond: perSecond(now.alerts - first.alerts) };
  }
}
