import { describe, expect, it } from 'vitest';
import { AlertCounts } from '../../../../firmware/agent/panel/alert-counts.ts';
import type { SensorReport } from '../../../../firmware/contract/health.ts';

function report(alerts: { open: number; openContacts: number; attempts: number; contacts: number }, run = 'one'): SensorReport {
  return {
    capture: { state: 'running', source: 'eth1', shedding: false, packets: 1, bytes: 60 },
    alerts: { opened: alerts.open, ...alerts },
    sensorProcess: { cpuSeconds: 1, memoryBytes: 1, timerLateMs: 0, run },
  };
}

describe('open and new alerts', () => {
  it('are all new until the button is pressed, and what comes after is new again', () => {
    const counts = new AlertCounts();
    const first = report({ open: 3, openContacts: 1, attempts: 2, contacts: 1 });
    expect(counts.of(first)).toEqual({ attempts: { open: 2, new: 2 }, contacts: { open: 1, new: 1 } });
    counts.acknowledge(first);
    expect(counts.of(first)).toEqual({ attempts: { open: 2, new: 0 }, contacts: { open: 1, new: 0 } });
    const more = report({ open: 4, openContacts: 2, attempts: 2, contacts: 2 });
    expect(counts.of(more)).toEqual({ attempts: { open: 2, new: 0 }, contacts: { open: 2, new: 1 } });
  });

  it('are new again where an acknowledged attempt becomes a contact', () => {
    const counts = new AlertCounts();
    counts.acknowledge(report({ open: 1, openContacts: 0, attempts: 1, contacts: 0 }));
    expect(counts.of(report({ open: 1, openContacts: 1, attempts: 1, contacts: 1 })).contacts).toEqual({ open: 1, new: 1 });
  });

  it('are never more than are open', () => {
    const counts = new AlertCounts();
    expect(counts.of(report({ open: 0, openContacts: 0, attempts: 9, contacts: 9 }))).toEqual({
      attempts: { open: 0, new: 0 },
      contacts: { open: 0, new: 0 },
    });
  });

  it('are to be seen anew after the sensor was started again', () => {
    const counts = new AlertCounts();
    counts.acknowledge(report({ open: 5, openContacts: 5, attempts: 0, contacts: 5 }));
    expect(counts.of(report({ open: 1, openContacts: 1, attempts: 0, contacts: 1 }, 'two')).contacts).toEqual({ open: 1, new: 1 });
  });
});
