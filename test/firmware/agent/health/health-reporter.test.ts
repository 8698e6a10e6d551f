import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { type HealthParts, HealthReporter } from '../../../../firmware/agent/health/health-reporter.ts';
import { type MachineMeasure, measureMachine } from '../../../../firmware/agent/health/machine.ts';
import { MachineFiles } from '../../../../firmware/agent/health/machine-files.ts';
import { SensorLedger } from '../../../../firmware/agent/health/sensor-ledger.ts';
import { measureStorage } from '../../../../firmware/agent/health/storage.ts';
import type { UplinkState } from '../../../../firmware/agent/uplink/uplink-state.ts';
import { healthSchema, type SensorReport } from '../../../../firmware/contract/health.ts';
import type { OutboxMeasure, OutboxWriterState } from '../../../../firmware/outbox/outbox.ts';
import { machineFolder, piFiles } from './machine-folder.ts';
import { reportOf } from './reports.ts';

const startMs = Date.parse('2026-01-20T08:00:00.000Z');
const onDisk: OutboxWriterState = { mode: 'disk', waiting: 0, waitingBytes: 0, lost: 0, begunAnew: 0 };
const noneWaits: OutboxMeasure = {
  depth: 0,
  bytes: 0,
  byKind: { alert: 0, loss: 0, presence: 0, health: 0, evidence: 0 },
  oldestMs: undefined,
  dropped: 0,
};

function boxOf(parts: Partial<HealthParts> = {}) {
  const at = { ms: 0, cpuMicros: 0 };
  const state = {
    report: reportOf(),
    measure: noneWaits,
    uplink: { connections: 0, refused: 0, unacknowledged: 0, ignored: 0 } as UplinkState,
  };
  const ledger = new SensorLedger(() => at.ms);
  const reporter = new HealthReporter({
    box: 'box-1',
    boot: 'b',
    intervalSeconds: 10,
    sensor: () => state.report,
    ledger,
    outbox: { measure: async () => state.measure },
    uplink: () => state.uplink,
    now: () => startMs + at.ms,
    monotonicMs: () => at.ms,
    cpuMicros: () => at.cpuMicros,
    ...parts,
  });
  const hear = (report: SensorReport) => {
    state.report = report;
    ledger.take(report);
  };
  return { reporter, at, state, hear };
}

describe('the health of a box', () => {
  it('tells of the last interval what was seen and what was lost', async () => {
    const { reporter, at, hear } = boxOf();
    hear(reportOf({ packets: 900, bytes: 9_000, kernelDropped: 60, interfaceDropped: 40, anomalies: { 'dns.truncated': 3 } }));
    at.ms = 4_000;
    hear(reportOf({ packets: 900, bytes: 9_000, kernelDropped: 60, interfaceDropped: 40, anomalies: { 'dns.truncated': 3 } }));
    at.ms = 8_000;
    at.cpuMicros = 2_000_000;
    const first = await reporter.report();
    expect(first.interval).toEqual({
      seconds: 8,
      blindSeconds: 0,
      packets: 900,
      bytes: 9_000,
      kernelDropped: 60,
      interfaceDropped: 40,
      dropped: 100,
      dropShare: 0.1,
      anomalies: { 'dns.truncated': 3 },
    });
    expect(first.cpu?.share).toBe(0.25);
    hear(reportOf({ packets: 1_000, bytes: 9_500, kernelDropped: 60, interfaceDropped: 40, anomalies: { 'dns.truncated': 3 } }));
    at.ms = 12_000;
    const second = await reporter.report();
    expect(second.interval).toMatchObject({ seconds: 4, packets: 100, bytes: 500, dropped: 0, dropShare: 0, anomalies: {} });
    expect(second.capture.packets).toBe(1_000);
    expect(second.uptimeSeconds).toBe(12);
    expect(healthSchema.strict().parse(second)).toEqual(second);
  });

  it('loses nothing of a sensor that died in the middle of an interval', async () => {
    const { reporter, at, hear } = boxOf();
    hear(reportOf({ packets: 1_000, bytes: 50_000, kernelDropped: 10, alerts: 4 }, { run: 'a' }));
    hear(reportOf({ packets: 1_200, bytes: 60_000, kernelDropped: 0, alerts: 5 }, { run: 'b' }));
    at.ms = 1_000;
    expect((await reporter.report()).interval).toMatchObject({ packets: 2_200, bytes: 110_000, dropped: 10, alerts: 9 });
  });

  it('says of the sensor what is true now, not what it said last', async () => {
    const { reporter, hear, state } = boxOf();
    hear(reportOf({ packets: 5 }));
    state.report = { ...reportOf({ packets: 5 }, { state: 'failed' }), supervision: { restarts: 1 } };
    expect(await reporter.report()).toMatchObject({ capture: { state: 'failed', packets: 5 }, supervision: { restarts: 1 } });
  });

  it('counts how long no packet came', async () => {
    const { reporter, at, hear } = boxOf();
    at.ms = 10_000;
    hear(reportOf({ packets: 5 }));
    expect((await reporter.report()).quietSeconds).toBe(0);
    at.ms = 75_000;
    expect((await reporter.report()).quietSeconds).toBe(65);
  });

  it('does not claim that nothing was lost where that cannot be known', async () => {
    const { reporter, hear } = boxOf();
    hear(reportOf({ packets: 5 }));
    expect((await reporter.report()).interval).not.toHaveProperty('dropShare');
  });
});

describe('the health of outbox and link', () => {
  it('tells how much waits, of what, and for how long', async () => {
    const { reporter, at, state } = boxOf({ writer: { writerState: onDisk } });
    state.measure = {
      depth: 3,
      bytes: 1_234,
      byKind: { alert: 2, loss: 0, presence: 0, health: 1, evidence: 0 },
      oldestMs: startMs,
      dropped: 7,
    };
    at.ms = 7_900;
    expect((await reporter.report()).outbox).toEqual({
      depth: 3,
      bytes: 1_234,
      byKind: { alert: 2, loss: 0, presence: 0, health: 1, evidence: 0 },
      oldestAgeSeconds: 7,
      dropped: 7,
      mode: 'disk',
      waiting: 0,
      waitingBytes: 0,
      lost: 0,
      begunAnew: 0,
    });
  });

  it('is "in memory" with the reason as soon as one of both writers is, and adds up what they hold and lost', async () => {
    const failing: OutboxWriterState = {
      mode: 'memory',
      error: 'ENOSPC: no space left',
      waiting: 5,
      waitingBytes: 500,
      lost: 2,
      begunAnew: 1,
    };
    for (const [agent, sensor] of [
      [failing, { ...onDisk, lost: 1 }],
      [{ ...onDisk, lost: 1 }, failing],
    ] as const) {
      const { reporter, state } = boxOf({ writer: { writerState: agent } });
      state.report = { ...reportOf(), outboxWriter: sensor };
      const health = await reporter.report();
      expect(health.outbox).toMatchObject({
        mode: 'memory',
        error: 'ENOSPC: no space left',
        waiting: 5,
        waitingBytes: 500,
        lost: 3,
        begunAnew: 1,
      });
      expect(health.outboxWriter).toEqual(sensor);
    }
  });

  it('tells how long ago a message was dropped, of the outbox or of either writer, and not of a time before the agent', async () => {
    const agent = { ...onDisk };
    const { reporter, at, state } = boxOf({ writer: { writerState: agent } });
    const lossAge = async (seconds: number) => {
      at.ms += seconds * 1_000;
      return (await reporter.report()).outbox.lossAgeSeconds;
    };
    const sensorLost = (lost: number) => {
      state.report = { ...reportOf(), outboxWriter: { ...onDisk, lost } };
    };
    state.measure = { ...noneWaits, dropped: 50 };
    sensorLost(7);
    expect(await lossAge(0)).toBeUndefined();
    expect(await lossAge(30)).toBeUndefined();
    state.measure = { ...noneWaits, dropped: 51 };
    expect([await lossAge(30), await lossAge(40)]).toEqual([0, 40]);
    agent.lost = 1;
    expect([await lossAge(30), await lossAge(40)]).toEqual([0, 40]);
    // Started again, the sensor has lost nothing yet; then it has.
    sensorLost(0);
    expect(await lossAge(30)).toBe(70);
    sensorLost(2);
    expect(await lossAge(30)).toBe(0);
    state.measure = noneWaits;
    expect(await lossAge(30)).toBe(30);
  });

  it('says that the outbox does not answer, with its last numbers and their age, and is not held up by it', async () => {
    let measure: () => Promise<OutboxMeasure> = async () => ({ ...noneWaits, depth: 4 });
    const { reporter, at } = boxOf({ outbox: { measure: () => measure() } });
    expect((await reporter.report()).outbox).toMatchObject({ depth: 4 });
    measure = () => new Promise(() => undefined);
    at.ms = 30_000;
    const begunMs = performance.now();
    expect((await reporter.report()).outbox).toMatchObject({ depth: 4, unansweredSeconds: 30 });
    expect(performance.now() - begunMs).toBeLessThan(10_000);
  });

  it('does not pass an outbox that never answered for an empty one', async () => {
    const { reporter, at } = boxOf({ outbox: { measure: () => Promise.reject(new Error('gone')) } });
    expect((await reporter.report()).outbox).toEqual({ depth: 0, dropped: 0, unansweredSeconds: 1 });
    at.ms = 30_000;
    expect((await reporter.report()).outbox.unansweredSeconds).toBe(30);
  });

  it('tells since when the link stands, when the centre acknowledged, and what it says of itself', async () => {
    const { reporter, state } = boxOf();
    state.uplink = {
      connections: 2,
      session: 5,
      connectedSinceMs: startMs,
      lastHeardMs: startMs,
      lastAcknowledgedMs: startMs,
      lastSentMs: startMs,
      isCentreOnline: false,
      unacknowledged: 3,
      refused: 1,
      ignored: 4,
      lastError: 'x',
    };
    const health = await reporter.report();
    const ts = '2026-01-20T08:00:00.000Z';
    expect(health.session).toBe(5);
    expect(health.uplink).toEqual({
      connections: 2,
      connectedSince: ts,
      lastHeard: ts,
      lastAcknowledged: ts,
      lastSent: ts,
      centreOnline: false,
      unacknowledged: 3,
      refused: 1,
      ignored: 4,
      lastError: 'x',
    });
    expect(healthSchema.strict().parse(health)).toEqual(health);
  });
});

describe('the health of the machine', () => {
  it('is there with all that a Pi tells, in the shape of the schema', async () => {
    const files = new MachineFiles(machineFolder(piFiles));
    const { reporter } = boxOf({
      clock: () => ({ synced: true, offsetMs: -1.5 }),
      watchdog: () => ({ isEnabled: true, notifiedMs: startMs, holds: [{ code: 'outbox-stuck', text: 'x' }] }),
      machine: () => measureMachine(files, async () => undefined),
      storage: () => measureStorage(tmpdir(), files),
    });
    const health = await reporter.report();
    expect(health).toMatchObject({
      clock: { synced: true, offsetMs: -1.5 },
      watchdog: { notified: '2026-01-20T08:00:00.000Z', heldBack: ['outbox-stuck'] },
      temperatureCelsius: 48.312,
      throttled: true,
      throttledSinceBoot: true,
      underVoltage: true,
      underVoltageSinceBoot: true,
      machineUptimeSeconds: 86_461,
      memory: { availableBytes: 1_412_360 * 1_024, totalBytes: 1_893_088 * 1_024 },
      disk: { wornShare: 0.3, spareBlocks: 'normal' },
    });
    expect(health.disk?.freeBytes).toBeGreaterThan(0);
    expect(healthSchema.strict().parse(health)).toEqual(health);
  });

  it('is absent where nothing tells it, and a hanging disk does not take the temperature with it', async () => {
    expect(Object.keys(await boxOf().reporter.report())).not.toEqual(
      expect.arrayContaining(['temperatureCelsius', 'throttled', 'disk', 'clock', 'watchdog']),
    );
    const hanging = boxOf({ machine: async () => ({ temperatureCelsius: 50 }), storage: () => new Promise(() => undefined) });
    const health = await hanging.reporter.report();
    expect(health.temperatureCelsius).toBe(50);
    expect(health).not.toHaveProperty('disk');
  });

  it('is not told from an earlier measurement', async () => {
    let machine: () => Promise<MachineMeasure> = async () => ({ temperatureCelsius: 50 });
    const { reporter, at } = boxOf({ machine: () => machine() });
    expect((await reporter.report()).temperatureCelsius).toBe(50);
    machine = () => Promise.reject(new Error('gone'));
    at.ms = 30_000;
    expect(await reporter.report()).not.toHaveProperty('temperatureCelsius');
  });

  it('has the CPU time of agent, sensor and all together, each over the interval', async () => {
    const ticks = { busy: 100, all: 1_000 };
    const { reporter, at, hear } = boxOf({ machine: async () => ({ ticks: { ...ticks } }) });
    const withCpu = (cpuSeconds: number) => {
      const report = reportOf({}, { run: 'a' });
      return { ...report, sensorProcess: { cpuSeconds, memoryBytes: 0, timerLateMs: 0, run: 'a' } };
    };
    hear(withCpu(0));
    const first = await reporter.report();
    expect(first.cpu).not.toHaveProperty('machineShare');
    at.ms = 10_000;
    at.cpuMicros = 1_000_000;
    Object.assign(ticks, { busy: 400, all: 1_400 });
    hear(withCpu(5));
    expect((await reporter.report()).cpu).toEqual({ share: 0.1, sensorShare: 0.5, machineShare: 0.75 });
    // proc(5): the kernel's count of waiting may go back.
    Object.assign(ticks, { busy: 900, all: 1_600 });
    expect((await reporter.report()).cpu?.machineShare).toBe(1);
  });
});
