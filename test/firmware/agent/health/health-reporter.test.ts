import { describe, expect, it } from 'vitest';
import { HealthReporter } from '../../../../firmware/agent/health/health-reporter.ts';
import type { UplinkState } from '../../../../firmware/agent/uplink/uplink.ts';
import { healthSchema, type SensorReport } from '../../../../firmware/contract/health.ts';

function reporterOf() {
  const at = { ms: 0, cpuMicros: 0 };
  const capture: SensorReport['capture'] = { state: 'running', source: 'eth1', shedding: false, packets: 0, bytes: 0, kernelDropped: 0 };
  const uplink: UplinkState = { connections: 0, refused: 0 };
  const outbox: { depth: number; dropped: number; oldestMs?: number } = { depth: 0, dropped: 0 };
  const reporter = new HealthReporter({
    box: 'box-1',
    boot: 'b',
    intervalSeconds: 10,
    outbox,
    uplink: () => uplink,
    sensor: () => ({ capture }),
    now: () => 1_000_000 + at.ms,
    monotonicMs: () => at.ms,
    cpuMicros: () => at.cpuMicros,
  });
  return { reporter, at, capture, uplink, outbox };
}

describe('the health of a box', () => {
  it('tells of the last interval what was seen and what was lost', () => {
    const { reporter, at, capture } = reporterOf();
    Object.assign(capture, { packets: 900, bytes: 9_000, kernelDropped: 60, interfaceDropped: 40 });
    at.ms = 10_000;
    at.cpuMicros = 2_500_000;
    const first = reporter.report();
    expect(first.interval).toEqual({ seconds: 10, packets: 900, bytes: 9_000, dropped: 100, dropShare: 0.1 });
    expect(first.cpu?.share).toBe(0.25);
    capture.packets = 1_000;
    at.ms = 20_000;
    const second = reporter.report();
    expect(second.interval).toEqual({ seconds: 10, packets: 100, bytes: 0, dropped: 0, dropShare: 0 });
    expect(second.capture.packets).toBe(1_000);
    expect(second.uptimeSeconds).toBe(20);
    expect(healthSchema.parse(second)).toEqual(second);
  });

  it('counts how long no packet came', () => {
    const { reporter, at, capture } = reporterOf();
    capture.packets = 5;
    at.ms = 10_000;
    expect(reporter.report().quietSeconds).toBe(0);
    at.ms = 75_000;
    expect(reporter.report().quietSeconds).toBe(65);
  });

  it('does not claim that nothing was lost where that cannot be known', () => {
    const { reporter, capture } = reporterOf();
    delete capture.kernelDropped;
    expect(reporter.report().interval).not.toHaveProperty('dropShare');
  });

  it('is not confused by a sensor that began anew', () => {
    const { reporter, at, capture } = reporterOf();
    Object.assign(capture, { packets: 1_000, bytes: 50_000, kernelDropped: 10 });
    reporter.report();
    Object.assign(capture, { packets: 7, bytes: 420, kernelDropped: 0 });
    at.ms = 1_000;
    expect(reporter.report().interval).toMatchObject({ packets: 7, bytes: 420, dropped: 0 });
  });

  it('tells since when the link stands and how long the oldest message waits', () => {
    const { reporter, at, uplink, outbox } = reporterOf();
    Object.assign(uplink, { connections: 2, connectedSinceMs: 1_000_000, lastAcknowledgedMs: 1_000_000, lastError: 'x' });
    Object.assign(outbox, { depth: 3, oldestMs: 1_000_000 });
    at.ms = 7_900;
    const health = reporter.report();
    expect(health.session).toBe(2);
    expect(health.uplink).toMatchObject({
      connectedSince: '1970-01-01T00:16:40.000Z',
      lastAcknowledged: '1970-01-01T00:16:40.000Z',
      lastError: 'x',
    });
    expect(health.outbox).toEqual({ depth: 3, dropped: 0, oldestAgeSeconds: 7 });
  });
});
