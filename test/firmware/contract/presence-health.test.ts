import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { healthSchema, sensorReportSchema } from '../../../firmware/contract/health.ts';
import { presenceSchema } from '../../../firmware/contract/presence.ts';
import { healthOf } from '../agent/panel/health-sample.ts';

const presence = {
  schema: 'presence/1',
  box: 'box-1',
  online: true,
  boot: 'b',
  session: 1,
  ts: '2026-01-20T00:00:00.000Z',
  versions: { firmware: '0.1.0', node: '24.21.0' },
};

describe('presence/1', () => {
  it('takes a box that is there, and refuses one that does not say whether it is', () => {
    expect(presenceSchema.parse(presence)).toEqual(presence);
    expect(presenceSchema.safeParse({ ...presence, online: undefined }).success).toBe(false);
    expect(presenceSchema.safeParse({ ...presence, schema: 'presence/2' }).success).toBe(false);
  });
});

describe('health/1', () => {
  it('takes the least that a box can say', () => {
    const health = healthOf();
    expect(healthSchema.parse(health)).toEqual(health);
  });

  it('refuses a box that does not say what it saw and lost', () => {
    const { capture: _, ...blind } = healthOf();
    expect(healthSchema.safeParse(blind).success).toBe(false);
    expect(healthSchema.safeParse(healthOf({ outbox: { depth: -1, dropped: 0 } })).success).toBe(false);
  });

  it('takes what a box of an earlier version said, which knew neither shares nor machine', () => {
    const { capture, interval } = healthOf();
    const health = { ...healthOf(), capture, interval, traffic: { tlsShare: 0.5, oneWayFlows: 3 }, throttled: false };
    expect(healthSchema.parse(health)).toEqual(health);
  });

  it('refuses a share that is none, a count that is none, and a summary that is not sure', () => {
    const { interval } = healthOf();
    for (const changes of [{ tlsShare: 1.1 }, { oneWayShare: -0.1 }, { packets: 0.5 }, { anomalies: { 'dns.truncated': -1 } }])
      expect(healthSchema.safeParse({ ...healthOf(), interval: { ...interval, ...changes } }).success).toBe(false);
    expect(healthSchema.safeParse({ ...healthOf(), summary: false }).success).toBe(false);
    expect(healthSchema.safeParse({ ...healthOf(), summary: true, seq: 7, outbox: { depth: 0, dropped: 0 } }).success).toBe(true);
  });

  it('lets the sensor leave out what it cannot know', () => {
    const report = { capture: { state: 'running', source: 'eth1', shedding: false, packets: 0, bytes: 0 } };
    expect(sensorReportSchema.parse(report)).toEqual(report);
  });
});

describe('both', () => {
  it.each([presenceSchema, healthSchema])('can be written as JSON Schema', (schema) => {
    expect(JSON.stringify(z.toJSONSchema(schema))).toContain('"additionalProperties":false');
  });
});
