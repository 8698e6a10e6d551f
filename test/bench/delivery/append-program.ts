/**
 * A program in the place of a sensor that finds much: appends alerts, with pieces of evidence spread among them, to the outbox on disk as fast
 * as that takes them. Its parameter is JSON: `{ folder, box, first, alerts, evidence }`, `first` being the number of the first alert. Says
 * `{ appended }` now and then and `{ done }` once all is committed; stays until its standard input ends.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { DiskOutbox } from '../../../firmware/outbox/disk-outbox.ts';
import { alertId, benchAlert } from './alerts.ts';

/** Half of what may wait in memory, so that nothing is dropped. */
const waitingMax = 5_000;
const evidenceBytes = 64 * 1024;
const flushMs = 60_000;
const tellAlerts = 10_000;

interface Parameters {
  folder: string;
  box: string;
  first: number;
  alerts: number;
  evidence: number;
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const { folder, box, first, alerts, evidence }: Parameters = JSON.parse(process.argv[2] ?? '');
const outbox = new DiskOutbox({ folder, box, boot: 'bench' });
const alertsOfEvidence = Math.floor(alerts / Math.max(1, evidence));
const beganMs = performance.now();
for (let index = 0; index < alerts; index++) {
  const number = first + index;
  const id = alertId(number);
  // Comes in before most alerts, and must go after all of them.
  if (index % alertsOfEvidence === 0 && index < alertsOfEvidence * evidence) {
    outbox.append({ kind: 'evidence', id, body: randomBytes(evidenceBytes) });
  }
  outbox.append({ kind: 'alert', id, body: JSON.stringify(benchAlert(box, number)) });
  while (outbox.writerState.waiting > waitingMax) await sleep(2);
  if (index % tellAlerts === 0) say({ appended: index });
}
const isFlushed = await outbox.flush(flushMs);
say({ done: isFlushed, seconds: (performance.now() - beganMs) / 1_000, lost: outbox.writerState.lost });
process.stdin.resume();
await once(process.stdin, 'end');
await outbox.close();
