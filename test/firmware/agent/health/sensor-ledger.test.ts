import { describe, expect, it } from 'vitest';
import { intervalBetween } from '../../../../firmware/agent/health/interval.ts';
import { SensorLedger } from '../../../../firmware/agent/health/sensor-ledger.ts';
import type { Health } from '../../../../firmware/contract/health.ts';
import { Random } from '../../../fuzz/random.ts';
import { reportOf, type Totals } from './reports.ts';

function ledgerOf() {
  const at = { ms: 0 };
  return { at, ledger: new SensorLedger(() => at.ms) };
}

const trafficNames = ['bytes', 'tlsBytes', 'quicBytes', 'dnsBytes', 'encryptedDnsBytes', 'flows', 'tcpFlows', 'oneWayFlows'] as const;
const anomalyNames = ['dns.truncated', 'tls.bad-hello', 'flow.refused', 'constructor', '__proto__'];

/** A run of the sensor: totals that grow at random from 0. */
class Run {
  readonly totals: Required<
    Pick<Totals, 'packets' | 'bytes' | 'kernelDropped' | 'interfaceDropped' | 'flowsRefused' | 'alerts' | 'evidence'>
  >;
  readonly traffic = Object.fromEntries(trafficNames.map((name) => [name, 0])) as Record<(typeof trafficNames)[number], number>;
  readonly anomalies = new Map<string, number>();

  constructor() {
    this.totals = { packets: 0, bytes: 0, kernelDropped: 0, interfaceDropped: 0, flowsRefused: 0, alerts: 0, evidence: 0 };
  }

  grow(random: Random): void {
    for (const name of Object.keys(this.totals) as (keyof Run['totals'])[]) this.totals[name] += random.below(1_000);
    for (const name of trafficNames) this.traffic[name] += random.below(1_000);
    for (const name of anomalyNames)
      if (random.chance(0.3)) this.anomalies.set(name, (this.anomalies.get(name) ?? 0) + 1 + random.below(9));
  }

  get report(): Totals {
    return { ...this.totals, traffic: { ...this.traffic }, anomalies: Object.fromEntries(this.anomalies) };
  }
}

const add = (into: Map<string, number>, entries: Iterable<readonly [string, number]>) => {
  for (const [name, value] of entries) into.set(name, (into.get(name) ?? 0) + value);
};
const sortedOf = (sums: Map<string, number>) => Object.entries(Object.fromEntries([...sums].filter(([, value]) => value > 0))).sort();

describe('the sums of all intervals', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'are what all runs of the sensor counted, whenever it dies and however long an interval is (%i)',
    (seed) => {
      const random = new Random(seed);
      const { at, ledger } = ledgerOf();
      const told = new Map<string, number>();
      const anomalies = new Map<string, number>();
      const wanted = new Map<string, number>();
      const wantedAnomalies = new Map<string, number>();
      let before = ledger.totals();
      let run = new Run();
      let number = 0;
      for (let step = 0; step < 500; step++) {
        at.ms += 1_000;
        run.grow(random);
        // Many a run is told of once, or has more than the one before when it is first told of.
        ledger.take(reportOf(run.report, { run: `run ${number}`, uptimeSeconds: 1 }));
        if (random.chance(0.2)) {
          add(wanted, Object.entries(run.totals));
          add(
            wanted,
            Object.entries(run.traffic).filter(([name]) => name !== 'bytes' && !name.endsWith('Bytes')),
          );
          add(wantedAnomalies, run.anomalies);
          run = new Run();
          number++;
        }
        if (!random.chance(0.1)) continue;
        const now = ledger.totals();
        const { anomalies: seen = {}, ...interval } = intervalBetween(before, now, 1_000);
        before = now;
        add(
          told,
          Object.entries(interval).filter((entry): entry is [string, number] => wantedNames.includes(entry[0])),
        );
        add(anomalies, Object.entries(seen));
      }
      const now = ledger.totals();
      const { anomalies: seen = {}, ...interval } = intervalBetween(before, now, 1_000);
      add(
        told,
        Object.entries(interval).filter((entry): entry is [string, number] => wantedNames.includes(entry[0])),
      );
      add(anomalies, Object.entries(seen));
      add(wanted, Object.entries(run.totals));
      add(
        wanted,
        Object.entries(run.traffic).filter(([name]) => name !== 'bytes' && !name.endsWith('Bytes')),
      );
      add(wantedAnomalies, run.anomalies);
      expect(number).toBeGreaterThan(50);
      expect(sortedOf(told)).toEqual(sortedOf(wanted));
      expect(sortedOf(anomalies)).toEqual(sortedOf(wantedAnomalies));
    },
  );

  const wantedNames = [
    'packets',
    'bytes',
    'kernelDropped',
    'interfaceDropped',
    'flowsRefused',
    'alerts',
    'evidence',
    'flows',
    'tcpFlows',
    'oneWayFlows',
  ];
});

describe('a sensor that began anew', () => {
  it('is known by its totals where it does not say which run it is', () => {
    const { ledger } = ledgerOf();
    ledger.take(reportOf({ packets: 1_000, alerts: 3, anomalies: { 'dns.truncated': 5 } }));
    ledger.take(reportOf({ packets: 10, alerts: 4, anomalies: { 'dns.truncated': 6 } }));
    expect(ledger.totals()).toMatchObject({ counts: { packets: 1_010, alerts: 7 } });
    expect(ledger.totals().anomalies.get('dns.truncated')).toBe(11);
  });

  it('may be one counter alone that went back', () => {
    const { ledger } = ledgerOf();
    ledger.take(reportOf({ packets: 1_000, kernelDropped: 50 }, { run: 'a' }));
    ledger.take(reportOf({ packets: 1_500, kernelDropped: 7 }, { run: 'a' }));
    expect(ledger.totals().counts).toMatchObject({ packets: 1_500, kernelDropped: 57 });
  });

  it('does not add to an agent that was started later what the agent before it had told', () => {
    const { at, ledger } = ledgerOf();
    at.ms = 500;
    ledger.take(reportOf({ packets: 1_000_000, alerts: 3, anomalies: { 'dns.truncated': 5 } }, { run: 'a', uptimeSeconds: 86_400 }));
    expect(ledger.totals()).toMatchObject({ counts: { packets: 0, alerts: 0 } });
    expect(ledger.totals().anomalies.get('dns.truncated') ?? 0).toBe(0);
    ledger.take(reportOf({ packets: 1_000_100, alerts: 4, anomalies: { 'dns.truncated': 7 } }, { run: 'a', uptimeSeconds: 86_401 }));
    expect(ledger.totals()).toMatchObject({ counts: { packets: 100, alerts: 1 } });
    expect(ledger.totals().anomalies.get('dns.truncated')).toBe(2);
  });

  it('is counted whole where it is younger than the agent, or of the same moment', () => {
    const { at, ledger } = ledgerOf();
    at.ms = 5_000;
    ledger.take(reportOf({ packets: 70 }, { run: 'a', uptimeSeconds: 5.5 }));
    at.ms = 60_000;
    ledger.take(reportOf({ packets: 90 }, { run: 'b', uptimeSeconds: 58 }));
    expect(ledger.totals().counts.packets).toBe(160);
  });
});

describe('what is not known', () => {
  it('is absent and not 0, and what it grew by meanwhile is not forgotten', () => {
    const { ledger } = ledgerOf();
    expect(ledger.totals().counts).toEqual({});
    ledger.take(reportOf({ kernelDropped: 10 }, { run: 'a' }));
    ledger.take(reportOf({}, { run: 'a' }));
    expect(ledger.totals().counts).not.toHaveProperty('kernelDropped');
    ledger.take(reportOf({ kernelDropped: 30 }, { run: 'a' }));
    expect(ledger.totals().counts.kernelDropped).toBe(30);
  });
});

describe('the time in which the box is blind', () => {
  const blindAfter = (ledger: SensorLedger) => ledger.totals().blindMs;

  it('is none while the capture runs and the sensor reports', () => {
    const { at, ledger } = ledgerOf();
    ledger.take(reportOf());
    for (; at.ms < 60_000; at.ms += 1_000) ledger.take(reportOf({ packets: at.ms }));
    expect(blindAfter(ledger)).toBe(0);
  });

  it('is all of it before the first report, and while the capture does not run', () => {
    const { at, ledger } = ledgerOf();
    at.ms = 4_000;
    ledger.take(reportOf({}, { state: 'waiting' }));
    at.ms = 9_000;
    expect(blindAfter(ledger)).toBe(9_000);
    ledger.take(reportOf({}, { state: 'running' }));
    at.ms = 10_000;
    expect(blindAfter(ledger)).toBe(9_000);
  });

  it('is the silence of a sensor that says nothing any more, told while it lasts and told once', () => {
    const { at, ledger } = ledgerOf();
    ledger.take(reportOf());
    at.ms = 65_000;
    expect(blindAfter(ledger)).toBe(60_000);
    ledger.take(reportOf());
    expect(blindAfter(ledger)).toBe(60_000);
  });

  it('is what lies between two runs of the sensor', () => {
    const { at, ledger } = ledgerOf();
    ledger.take(reportOf({}, { run: 'a' }));
    at.ms = 3_000;
    ledger.take(reportOf({}, { run: 'b' }));
    expect(blindAfter(ledger)).toBe(3_000);
  });
});

it('tells since when no packet came', () => {
  const { at, ledger } = ledgerOf();
  at.ms = 10_000;
  expect(ledger.quietMs).toBe(10_000);
  ledger.take(reportOf({ packets: 5 }));
  at.ms = 75_000;
  ledger.take(reportOf({ packets: 5 }));
  expect(ledger.quietMs).toBe(65_000);
});

it('keeps the list of anomalies bounded, whatever a sensor that was broken into says', () => {
  const { ledger } = ledgerOf();
  for (let round = 0; round < 5; round++) {
    ledger.take(reportOf({ anomalies: Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`x${round}.${index}`, 1])) }));
  }
  const interval: Health['interval'] = intervalBetween({ counts: {}, anomalies: new Map(), blindMs: 0 }, ledger.totals(), 1_000);
  expect(Object.keys(interval.anomalies ?? {})).toHaveLength(200);
});
