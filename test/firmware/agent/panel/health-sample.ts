/** A health message of a box that is well, for the tests to spoil. */
import type { Health } from '../../../../firmware/contract/health.ts';

export const sampleMs = Date.parse('2026-01-20T08:00:00.000Z');

export function healthOf(changes: Partial<Health> = {}): Health {
  const ts = new Date(sampleMs).toISOString();
  return {
    schema: 'health/1',
    box: 'box-1',
    boot: 'b',
    session: 1,
    ts,
    uptimeSeconds: 100,
    intervalSeconds: 30,
    interval: { seconds: 30, packets: 1_000, bytes: 100_000, dropped: 0, dropShare: 0 },
    quietSeconds: 0,
    capture: { state: 'running', source: 'eth1', shedding: false, packets: 5_000, bytes: 500_000, kernelDropped: 0 },
    intelligence: { bundle: '0123456789abcdef', indicators: 10, ageSeconds: 3_600 },
    outbox: { depth: 0, dropped: 0 },
    uplink: { connections: 1, connectedSince: ts, lastHeard: ts },
    ...changes,
  };
}
