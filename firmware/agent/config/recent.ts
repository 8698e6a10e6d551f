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

export class Recent {
  #points: Point[] = [];

  take({ atMs, report }: Sample): void {
    const { packets } = report.capture;
    const last = this.#points.at(-1);
    // Another run of the sensor: its totals begin at 0.
    if (last !== undefined && packets < last.packets) this.#points = [];
    this.#points.push({ atMs, packets, alerts: report.alerts?.opened ?? 0 });
    if (this.#points.length > samplesMax) this.#points.shift();
  }

  /** As it was up to that sample, which is the present. */
  baseline({ isSensorConnected, isLinked, report, ...now }: Sample): Baseline {
    const [first] = this.#points;
    const state = { isSensorConnected, isLinked, isCapturing: isSensorConnected && report.capture.state === 'running' };
    const spanMs = now.atMs - (first?.atMs ?? now.atMs);
    if (first === undefined || spanMs < spanMsMin || report.capture.packets < first.packets) return state;
    const perSecond = (grown: number) => Math.max(0, grown) / (spanMs / 1_000);
    return {
      ...state,
      packetsPerSecond: perSecond(report.capture.packets - first.packets),
      alertsPerSecond: perSecond((report.alerts?.opened ?? 0) - first.alerts),
    };
  }
}
