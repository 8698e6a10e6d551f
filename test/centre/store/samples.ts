/** What boxes send, and what the centre notices, with every field that the store reads. */
import type { Arrival, Sighting } from '../../../centre/store/store.ts';
import type { Alert } from '../../../firmware/contract/alert.ts';
import type { CentreAlert } from '../../../firmware/contract/centre-alert.ts';
import type { Health } from '../../../firmware/contract/health.ts';
import type { Loss } from '../../../firmware/contract/loss.ts';
import type { Presence } from '../../../firmware/contract/presence.ts';
import { alertOf } from '../alert-sample.ts';

export const startMs = Date.parse('2026-01-20T18:30:00Z');
export const atMs = (ms: number) => new Date(startMs + ms).toISOString();

/** A health summary, unless said otherwise: the kind of which the store reads nothing but the number. */
export function arrivalOf(seq: number, changes: Partial<Arrival> = {}): Arrival {
  return {
    box: 'box-one',
    outbox: 'outbox-1',
    seq,
    kind: 'health',
    receivedMs: startMs + (seq % 10 ** 6),
    body: `{"seq":${seq}}`,
    ...changes,
  };
}

/** An alert that came with a number. Its id is made of `name`. */
export function alertArrival(seq: number, name: string, alertChanges: Partial<Alert> = {}, changes: Partial<Arrival> = {}): Arrival {
  const { box = 'box-one', outbox = 'outbox-1' } = changes;
  const alert = alertOf({ id: name, box, outboxId: outbox, seq, ...alertChanges });
  return arrivalOf(seq, { kind: 'alert', body: JSON.stringify(alert), alert, ...changes });
}

export function lossArrival(
  seq: number,
  ranges: [number, number][],
  lossChanges: Partial<Loss> = {},
  changes: Partial<Arrival> = {},
): Arrival {
  const loss: Loss = {
    schema: 'loss/1',
    box: changes.box ?? 'box-one',
    boot: 'boot-1',
    ts: atMs(0),
    tsFirst: atMs(0),
    reason: 'quota',
    count: 1,
    ranges,
    ...lossChanges,
  };
  return arrivalOf(seq, { kind: 'loss', body: JSON.stringify(loss), loss, ...changes });
}

export function presenceOf(changes: Partial<Presence> = {}): Presence {
  return {
    schema: 'presence/1',
    box: 'box-one',
    agency: 'UBND huyện Mẫu',
    online: true,
    boot: 'boot-1',
    session: 1,
    ts: atMs(0),
    versions: { firmware: '0.1.0', node: '24.21.0' },
    ...changes,
  };
}

export function healthOf(changes: Partial<Health> = {}): Health {
  return {
    schema: 'health/1',
    box: 'box-one',
    boot: 'boot-1',
    session: 1,
    ts: atMs(0),
    uptimeSeconds: 60,
    intervalSeconds: 30,
    interval: { seconds: 30, packets: 12, bytes: 900 },
    quietSeconds: 0,
    capture: { state: 'running', source: 'eth1', shedding: false, packets: 12, bytes: 900 },
    outbox: { depth: 0, dropped: 0 },
    uplink: { connections: 1 },
    ...changes,
  };
}

export function sightingOf(receivedMs: number, changes: Partial<Sighting> = {}): Sighting {
  return { box: 'box-one', receivedMs: startMs + receivedMs, isRetained: false, ...changes };
}

export function centreAlertOf(changes: Partial<CentreAlert> = {}): CentreAlert {
  return {
    schema: 'centre-alert/1',
    id: 'centre-alert-1',
    rev: 1,
    state: 'open',
    box: 'box-one',
    kind: 'box.silent',
    severity: 3,
    tsFirst: atMs(0),
    tsLast: atMs(0),
    count: 1,
    reasons: [{ measured: 'seconds since the last sign of life', value: 120, threshold: 90 }],
    advice: { vi: 'Gọi cho đơn vị.', en: 'Call the agency.' },
    ...changes,
  };
}
