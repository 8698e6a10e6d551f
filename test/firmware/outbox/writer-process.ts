/**
 * A process that appends to an outbox until it is killed: alerts called NAME-1, NAME-2, … with pieces of other kinds in between. Prints the
 * number of each alert as soon as it is confirmed. Parameters: folder, name, first number, alerts a second at most (0: no bound),
 * box.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { DiskOutbox } from '../../../firmware/outbox/disk-outbox.ts';

const [folder = '', name = '', first = '1', rate = '0', box = 'box-1'] = process.argv.slice(2);
const outbox = new DiskOutbox({ folder, box, boot: `boot-${process.pid}`, options: { commitAfterMs: 2 } });
const stepMs = Number(rate) === 0 ? 0 : 1_000 / Number(rate);

for (let number = Number(first); ; number++) {
  outbox.append({
    kind: 'alert',
    id: `${name}-${number}`,
    body: JSON.stringify({ schema: 'alert/1', id: `${name}-${number}`, pad: 'x'.repeat(800) }),
  });
  if (number % 5 === 0) outbox.append({ kind: 'health', body: JSON.stringify({ name, number }) });
  if (number % 20 === 0) outbox.append({ kind: 'evidence', body: new Uint8Array(20_000).fill(number) });
  if (await outbox.flush(10_000)) process.stdout.write(`${number}\n`);
  else process.stderr.write(`${number} is not committed: ${JSON.stringify(outbox.writerState)}\n`);
  if (stepMs > 0) await sleep(stepMs);
}
