/** What is held against a change, and what is not. */
import { describe, expect, it } from 'vitest';
import type { Baseline } from '../../../../firmware/agent/config/accepted-order.ts';
import { isOtherPort } from '../../../../firmware/agent/config/port.ts';
import { Recent } from '../../../../firmware/agent/config/recent.ts';
import { type Sample, Trial, trialLimitsDefault } from '../../../../firmware/agent/config/trial.ts';
import type { SensorReport } from '../../../../firmware/contract/health.ts';
import { reportOf } from '../health/reports.ts';

const hash = 'a'.repeat(64);
const usual: Baseline = { isSensorConnected: true, isCapturing: true, isLinked: true, packetsPerSecond: 100, alertsPerSecond: 0 };

interface Moment {
  s: number;
  packets?: number;
  alerts?: number;
  state?: SensorReport['capture']['state'];
  settings?: SensorReport['settings'];
  restarts?: number;
  isSensorConnected?: boolean;
  isLinked?: boolean;
}

function sampleAt({ s, packets = 0, alerts, state = 'running', settings, restarts = 0, ...rest }: Moment): Sample {
  const report = { ...reportOf({ packets, ...(alerts === undefined ? {} : { alerts }) }, { state }), supervision: { restarts } };
  const told = settings === undefined ? report : { ...report, settings };
  return { atMs: s * 1_000, isSensorConnected: true, isLinked: true, ...rest, report: told };
}

/** The verdicts of a trial, from just before the change. */
function verdicts(baseline: Baseline, start: Moment, ...moments: Moment[]): string[] {
  return verdictsOf(new Trial(hash, baseline, trialLimitsDefault, sampleAt(start)), moments);
}

function verdictsOf(trial: Trial, moments: readonly Moment[]): string[] {
  return moments.map((moment) => {
    const verdict = trial.look(sampleAt({ settings: { hash }, ...moment }));
    return 'reason' in verdict ? `${verdict.kind}: ${verdict.reason}` : verdict.kind;
  });
}

describe('a change', () => {
  it('stands its trial where packets, link and sensor are as before', () => {
    expect(
      verdicts(usual, { s: 0 }, { s: 1, packets: 100 }, { s: 31, packets: 3_000 }, { s: 60, packets: 5_900 }, { s: 61, packets: 6_000 }),
    ).toEqual(['watching', 'watching', 'watching', 'stood']);
  });

  it('is turned back where packets end half-way, not where there were hardly any', () => {
    const moments: Moment[] = [
      { s: 0, packets: 10 },
      { s: 30, packets: 3_000 },
      { s: 60, packets: 3_000 },
    ];
    expect(verdicts(usual, { s: 0 }, ...moments).at(-1)).toMatch(/^failed: no packet was seen for 30 s; before, there were 100\.0/);
    expect(verdicts({ ...usual, packetsPerSecond: 0.5 }, { s: 0 }, ...moments).at(-1)).toBe('stood');
    const { packetsPerSecond: _, ...unknown } = usual;
    expect(verdicts(unknown, { s: 0 }, ...moments).at(-1)).toBe('stood');
  });

  it('of the port is turned back where there is hardly anything to be seen, as at the port of management; another change is not', () => {
    const moments: Moment[] = [
      { s: 1, packets: 0 },
      { s: 31, packets: 100 },
      { s: 61, packets: 240 },
    ];
    const atOtherPort = () => new Trial(hash, usual, trialLimitsDefault, sampleAt({ s: 0 }), true);
    expect(verdictsOf(atOtherPort(), moments).at(-1)).toMatch(
      /^failed: at this port 140 packets were seen in 30 s; before, there were 100\.0/,
    );
    expect(verdicts(usual, { s: 0 }, ...moments).at(-1)).toBe('stood');
    expect(verdictsOf(atOtherPort(), [...moments.slice(0, 2), { s: 61, packets: 250 }]).at(-1)).toBe('stood');
    expect(isOtherPort(undefined, { lang: 'vi' })).toBe(false);
    expect(isOtherPort(undefined, { capture: { filter: 'ip' } })).toBe(false);
    expect(isOtherPort({ capture: { interface: 'eth1' } }, { capture: { interface: 'eth0' } })).toBe(true);
    expect(isOtherPort({ capture: { interface: 'eth1' } }, { capture: { interface: 'eth1', promiscuous: false } })).toBe(true);
    expect(isOtherPort({ capture: { interface: 'eth1' } }, {})).toBe(true);
  });

  it('is not turned back because another run of the sensor counts from 0', () => {
    const moments: Moment[] = [
      { s: 0, packets: 9_000 },
      { s: 30, packets: 9_500 },
      { s: 60, packets: 40, restarts: 1 },
    ];
    expect(verdicts(usual, { s: 0, packets: 8_900 }, ...moments).at(-1)).toBe('stood');
  });

  it('may open two hundred alerts, or twenty times as many as before', () => {
    expect(verdicts(usual, { s: 0, alerts: 5 }, { s: 10, alerts: 205 })).toEqual(['watching']);
    expect(verdicts(usual, { s: 0, alerts: 5 }, { s: 10, alerts: 206 })).toEqual(['failed: 201 alerts in 0 s']);
    const busy = { ...usual, alertsPerSecond: 1 };
    expect(verdicts(busy, { s: 0, alerts: 0 }, { s: 0, alerts: 0 }, { s: 10, alerts: 200 }, { s: 20, alerts: 401 })).toEqual([
      'watching',
      'watching',
      'failed: 401 alerts in 20 s',
    ]);
  });

  it('is not refused for a fault that the sensor told of before, nor for the last word of the sensor before', () => {
    const error = 'the interface is gone';
    const before: Moment = { s: 0, settings: { error } };
    expect(verdicts(usual, before, { s: 2, settings: { error } }, { s: 3 })).toEqual(['waiting', 'watching']);
    expect(verdicts(usual, before, { s: 40, settings: { error }, state: 'starting' })).toEqual(['waiting']);
    expect(verdicts(usual, before, { s: 40, settings: { error } })).toEqual([`refused: ${error}`]);
    expect(verdicts(usual, before, { s: 1, settings: { error: 'no such filter' } })).toEqual(['refused: no such filter']);
  });

  it('waits for a sensor that begins anew, and not for one that was not there', () => {
    expect(verdicts(usual, { s: 0 }, { s: 1, isSensorConnected: false }, { s: 8, restarts: 1 })).toEqual(['waiting', 'watching']);
    expect(verdicts(usual, { s: 0 }, { s: 90, isSensorConnected: false })).toEqual(['failed: the sensor did not take it up within 90 s']);
    const alone = { ...usual, isSensorConnected: false, isCapturing: false };
    expect(verdicts(alone, { s: 0, isSensorConnected: false }, { s: 0, isSensorConnected: false })).toEqual(['watching']);
  });

  it('is not turned back by a broker that is restarted while the trial ends', () => {
    const lost = (s: number): Moment => ({ s, packets: s * 100, isLinked: false });
    expect(verdicts(usual, { s: 0 }, lost(1), lost(31), lost(61), { s: 200, packets: 20_000 }).at(-1)).toBe('stood');
    expect(verdicts(usual, { s: 0 }, lost(0), lost(31), lost(61), lost(361)).at(-1)).toMatch(/^failed: the link to the centre was lost/);
  });
});

describe('what was before', () => {
  it('is told in rates where it was watched for long enough, of one run of the sensor', () => {
    const recent = new Recent();
    expect(recent.baseline(sampleAt({ s: 0 }))).not.toHaveProperty('packetsPerSecond');
    for (let s = 0; s <= 600; s += 5) recent.take(sampleAt({ s, packets: s * 10, alerts: s / 5 }));
    expect(recent.baseline(sampleAt({ s: 605, packets: 6_050, alerts: 121 }))).toEqual({
      ...{ isSensorConnected: true, isLinked: true, isCapturing: true, packetsPerSecond: 10, alertsPerSecond: 0.2 },
    });
    // Another run of the sensor: until it has something to tell, the one before counts.
    recent.take(sampleAt({ s: 610, packets: 3 }));
    expect(recent.baseline(sampleAt({ s: 612, packets: 5 }))).toMatchObject({ packetsPerSecond: 10, alertsPerSecond: 0.2 });
    expect(recent.baseline(sampleAt({ s: 620, packets: 53 }))).toMatchObject({ packetsPerSecond: 5 });
  });

  it('is waited for after a start, but not for long', () => {
    const recent = new Recent(15_000);
    const asked = (moment: Moment) => recent.isSettling(sampleAt(moment));
    recent.take(sampleAt({ s: 0, isSensorConnected: false }));
    expect(asked({ s: 1, isSensorConnected: false })).toBe(true);
    expect(asked({ s: 3, packets: 100 })).toBe(true);
    expect(asked({ s: 6, packets: 400, state: 'waiting' })).toBe(true);
    expect(asked({ s: 6, packets: 400 })).toBe(false);
    expect(asked({ s: 15, isSensorConnected: false })).toBe(false);
    expect(new Recent().isSettling(sampleAt({ s: 0 }))).toBe(false);
  });
});
