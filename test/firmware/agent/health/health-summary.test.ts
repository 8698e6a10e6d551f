import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HealthParts } from '../../../../firmware/agent/health/health-reporter.ts';
import { HealthSummary, summarySecondsSchema } from '../../../../firmware/agent/health/health-summary.ts';
import { SensorLedger } from '../../../../firmware/agent/health/sensor-ledger.ts';
import { type Health, healthSchema } from '../../../../firmware/contract/health.ts';
import type { NewMessage } from '../../../../firmware/outbox/outbox.ts';
import { reportOf } from './reports.ts';

function summaryOf(seconds: number, parts: Partial<HealthParts> = {}) {
  const kept: NewMessage[] = [];
  const problems: unknown[] = [];
  const ledger = new SensorLedger(() => Date.now());
  let report = reportOf();
  const byKind = { alert: 0, loss: 0, presence: 0, health: 0, evidence: 0 };
  const health: HealthParts = {
    box: 'box-1',
    boot: 'b',
    intervalSeconds: 30,
    sensor: () => report,
    ledger,
    outbox: { measure: async () => ({ depth: 0, bytes: 0, byKind, oldestMs: undefined, dropped: 0 }) },
    uplink: () => ({ connections: 0 }),
    monotonicMs: () => Date.now(),
    ...parts,
  };
  const summary = new HealthSummary({
    health,
    seconds,
    outbox: { append: (message) => kept.push(message) },
    onProblem: (error) => problems.push(error),
  });
  const hear = (packets: number, run = 'a') => {
    report = reportOf({ packets, alerts: packets / 100 }, { run });
    ledger.take(report);
  };
  const summaries = (): Health[] => kept.map(({ body }) => healthSchema.strict().parse(JSON.parse(String(body))));
  return { summary, hear, kept, problems, summaries };
}

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the summaries of health', () => {
  it('are kept as durable messages, each of its own interval, one after the other without a gap', async () => {
    const { summary, hear, kept, summaries } = summaryOf(900);
    summary.start();
    for (let second = 1; second <= 4_000; second++) {
      hear(second * 100, second <= 2_000 ? 'a' : 'b');
      await vi.advanceTimersByTimeAsync(1_000);
    }
    await summary.stop();
    expect(kept.every(({ kind }) => kind === 'health')).toBe(true);
    const told = summaries();
    expect(told.map(({ interval }) => interval.seconds)).toEqual([900, 900, 900, 900, 400]);
    expect(told[0]).toMatchObject({ summary: true, intervalSeconds: 900, interval: { packets: 90_000, alerts: 900, blindSeconds: 0 } });
    expect(told[0]).not.toHaveProperty('seq');
    // The second run of the sensor had counted 200,100 when it was first heard of.
    expect(told.reduce((sum, { interval }) => sum + interval.packets, 0)).toBe(200_000 + 400_000);
  });

  it('tell what a glance at the end would not: that the box was blind in the middle', async () => {
    const { summary, hear, summaries } = summaryOf(900);
    summary.start();
    for (let second = 1; second <= 900; second++) {
      if (second < 300 || second >= 600) hear(second * 100);
      await vi.advanceTimersByTimeAsync(1_000);
    }
    await summary.stop();
    const [first] = summaries();
    expect(first?.capture.state).toBe('running');
    expect(first?.interval.blindSeconds).toBeGreaterThan(290);
    expect(first?.interval.blindSeconds).toBeLessThan(301);
  });

  it('end with the agent, once, and none is still being written then', async () => {
    const { summary, summaries } = summaryOf(10);
    summary.start();
    await vi.advanceTimersByTimeAsync(14_000);
    await Promise.all([summary.stop(), summary.stop()]);
    await summary.stop();
    await vi.advanceTimersByTimeAsync(100_000);
    expect(summaries().map(({ interval }) => interval.seconds)).toEqual([10, 4]);
  });

  it('go on after one that could not be made, and the next one covers its time too', async () => {
    let isBroken = true;
    const { summary, summaries, problems } = summaryOf(10, {
      uplink: () => {
        if (isBroken) throw new Error('no state');
        return { connections: 0 };
      },
      sensor: () => reportOf(),
    });
    summary.start();
    await vi.advanceTimersByTimeAsync(10_001);
    isBroken = false;
    await vi.advanceTimersByTimeAsync(10_000);
    await summary.stop();
    expect(problems).toHaveLength(1);
    expect(summaries()[0]?.interval.seconds).toBe(20);
  });

  it('come every quarter of an hour where nothing else is said', () => {
    expect(summarySecondsSchema.parse(undefined)).toBe(900);
    expect(summarySecondsSchema.safeParse(0).success).toBe(false);
  });
});
