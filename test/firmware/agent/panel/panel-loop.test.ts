import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AlertCounts } from '../../../../firmware/agent/panel/alert-counts.ts';
import { displayLimitsSchema } from '../../../../firmware/agent/panel/display.ts';
import { panelOptionsSchema } from '../../../../firmware/agent/panel/options.ts';
import { Panel } from '../../../../firmware/agent/panel/panel.ts';
import type { JudgedDisplay } from '../../../../firmware/agent/panel/panel-driver.ts';
import { PanelLoop, sumOf } from '../../../../firmware/agent/panel/panel-loop.ts';
import { type Health, type SensorReport, sensorReportSchema } from '../../../../firmware/contract/health.ts';
import { healthOf } from './health-sample.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A box that is well, and what its lamps were told. */
function boxOf() {
  const shown: JudgedDisplay[] = [];
  const state = {
    report: sensorReportSchema.parse(healthOf()) as SensorReport,
    quietMs: 0,
    interval: { seconds: 10, packets: 1_000, bytes: 1, dropped: 0, dropShare: 0 } as Health['interval'],
    isHanging: false,
    connectedSinceMs: Date.now() as number | undefined,
  };
  const driver = {
    state: { connected: true, losses: 0, stale: 0 },
    show: (judged: JudgedDisplay) => shown.push(judged) > 0,
    close: async () => undefined,
  };
  const panel = new Panel({ driver, options: panelOptionsSchema.parse({}), limits: displayLimitsSchema.parse({}) });
  const loop = new PanelLoop({
    panel,
    counts: new AlertCounts(),
    measure: () =>
      state.isHanging
        ? new Promise<Health>(() => undefined)
        : Promise.resolve({ ...healthOf(), intervalSeconds: 10, ts: new Date().toISOString(), interval: state.interval }),
    sensor: () => state.report,
    quietMs: () => state.quietMs,
    uplink: () => ({ connections: 1, connectedSinceMs: state.connectedSinceMs, lastHeardMs: Date.now() }),
    onJudged: () => undefined,
    onProblem: (error) => {
      throw error;
    },
  });
  const lamps = () => shown.at(-1)?.display.lamps;
  return { state, loop, shown, lamps };
}

describe('the loop that feeds the lamps', () => {
  it('lights READY while all is measured and well, and judges once a second', async () => {
    const { loop, shown, lamps } = boxOf();
    loop.start();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(shown.length).toBe(5);
    expect(lamps()?.ready).toBe('steady');
    loop.stop();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(shown.length).toBe(5);
  });

  it('puts READY out within a second when the sensor dies, the link breaks or packets stop', async () => {
    for (const harm of [
      ({ state }: ReturnType<typeof boxOf>) => {
        state.report = { ...state.report, capture: { ...state.report.capture, state: 'failed', error: 'gone' } };
      },
      ({ state }: ReturnType<typeof boxOf>) => {
        state.connectedSinceMs = undefined;
      },
      ({ state }: ReturnType<typeof boxOf>) => {
        state.quietMs = 61_000;
      },
    ]) {
      const box = boxOf();
      box.loop.start();
      await vi.advanceTimersByTimeAsync(2_000);
      expect(box.lamps()?.ready).toBe('steady');
      harm(box);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(box.lamps()?.ready).toBe('off');
      box.loop.stop();
    }
  });

  it('keeps READY out for a minute after frames were lost', async () => {
    const { state, loop, lamps } = boxOf();
    loop.start();
    state.interval = { ...state.interval, dropped: 100, dropShare: 0.1 };
    await vi.advanceTimersByTimeAsync(11_000);
    expect(lamps()?.ready).toBe('off');
    state.interval = { ...state.interval, dropped: 0, dropShare: 0 };
    await vi.advanceTimersByTimeAsync(45_000);
    expect(lamps()?.ready).toBe('off');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(lamps()?.ready).toBe('steady');
    loop.stop();
  });

  it('says "lost" where measuring hangs: an old measure is no proof', async () => {
    const { state, loop, lamps } = boxOf();
    loop.start();
    await vi.advanceTimersByTimeAsync(2_000);
    state.isHanging = true;
    await vi.advanceTimersByTimeAsync(45_000);
    expect(lamps()).toMatchObject({ ready: 'off', c2: 'turn', attention: 'counterturn' });
    loop.stop();
  });

  it('adds intervals up', () => {
    const one = { seconds: 10, packets: 90, bytes: 900, dropped: 10 };
    expect(sumOf([one, { ...one, dropped: 0, packets: 100 }])).toMatchObject({ seconds: 20, packets: 190, dropped: 10, dropShare: 0.05 });
  });
});
