import { describe, expect, it } from 'vitest';
import { intervalBetween } from '../../../../firmware/agent/health/interval.ts';
import type { SensorTotals } from '../../../../firmware/agent/health/sensor-ledger.ts';

const totals = (counts: SensorTotals['counts'], anomalies: Record<string, number> = {}, blindMs = 0): SensorTotals => ({
  counts,
  anomalies: new Map(Object.entries(anomalies)),
  blindMs,
});

describe('an interval', () => {
  it('has the shares of its own bytes and flows, whatever was before', () => {
    const before = totals({
      trafficBytes: 1_000_000,
      tlsBytes: 0,
      quicBytes: 0,
      dnsBytes: 5_000,
      encryptedDnsBytes: 0,
      tcpFlows: 90,
      oneWayFlows: 0,
    });
    const now = totals({
      trafficBytes: 1_001_000,
      tlsBytes: 600,
      quicBytes: 250,
      dnsBytes: 5_030,
      encryptedDnsBytes: 90,
      tcpFlows: 100,
      oneWayFlows: 4,
    });
    expect(intervalBetween(before, now, 30_000)).toMatchObject({
      seconds: 30,
      tlsShare: 0.6,
      quicShare: 0.25,
      encryptedDnsShare: 0.75,
      tcpFlows: 10,
      oneWayFlows: 4,
      oneWayShare: 0.4,
    });
  });

  it('claims no share of nothing, and no counter that the sensor does not have', () => {
    const quiet = totals({
      packets: 5,
      trafficBytes: 10,
      tlsBytes: 5,
      quicBytes: 0,
      dnsBytes: 0,
      encryptedDnsBytes: 0,
      tcpFlows: 3,
      oneWayFlows: 1,
    });
    const interval = intervalBetween(quiet, quiet, 30_000);
    for (const name of ['tlsShare', 'quicShare', 'encryptedDnsShare', 'oneWayShare', 'dropped', 'dropShare', 'alerts', 'evidence'])
      expect(interval).not.toHaveProperty(name);
    expect(intervalBetween(totals({}), totals({}), 30_000)).toEqual({ seconds: 30, blindSeconds: 0, packets: 0, bytes: 0, anomalies: {} });
  });

  it('tells what was lost where, and of how much', () => {
    const now = totals({ packets: 900, kernelDropped: 60, interfaceDropped: 40 });
    expect(intervalBetween(totals({}), now, 1_000)).toMatchObject({
      kernelDropped: 60,
      interfaceDropped: 40,
      dropped: 100,
      dropShare: 0.1,
    });
    expect(intervalBetween(totals({}), totals({ packets: 900, interfaceDropped: 0 }), 1_000)).toMatchObject({ dropped: 0, dropShare: 0 });
  });

  it('names only the anomalies that occurred in it', () => {
    const before = totals({}, { 'dns.truncated': 7, 'tls.bad-hello': 1 });
    const now = totals({}, { 'dns.truncated': 7, 'tls.bad-hello': 3, 'flow.refused': 2 });
    expect(intervalBetween(before, now, 1_000).anomalies).toEqual({ 'tls.bad-hello': 2, 'flow.refused': 2 });
  });

  it('is never of no length, and never blind for longer than it lasted', () => {
    expect(intervalBetween(totals({}), totals({}, {}, 500), 0)).toMatchObject({ seconds: 0.001, blindSeconds: 0 });
    expect(intervalBetween(totals({}), totals({}, {}, 31_000), 30_000)).toMatchObject({ seconds: 30, blindSeconds: 30 });
  });
});
