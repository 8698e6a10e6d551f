/**
 * A day without the centre, at once: appends alerts, opens the outbox again, reads and removes them all. Prints the rates and the memory as
 * JSON. Parameters: folder, how many alerts, bytes of each.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DurableKey } from '../../../firmware/contract/durable.ts';
import { DiskOutbox } from '../../../firmware/outbox/disk-outbox.ts';

const [folder = '', countText = '0', bytesText = '0'] = process.argv.slice(2);
const count = Number(countText);
/** After so many everything that grows once has grown. */
const warmUp = Math.min(20_000, count / 4);
/** As the window of the uplink. */
const window = 16;
const delay = monitorEventLoopDelay({ resolution: 5 });
const open = () => new DiskOutbox({ folder, box: 'box-1', boot: 'boot-1' });
const fileBytes = (name: string) => statSync(join(folder, 'outbox', name), { throwIfNoEntry: false })?.size ?? 0;
const pad = 'x'.repeat(Math.max(0, Number(bytesText) - 100));
let rssMax = 0;
const look = () => {
  rssMax = Math.max(rssMax, process.memoryUsage.rss());
};

async function append(outbox: DiskOutbox, from: number, to: number): Promise<void> {
  for (let number = from; number < to; number++) {
    const id = `0198c0de-${String(Math.floor(number / 4)).padStart(12, '0')}`;
    outbox.append({ kind: 'alert', id, body: `{"schema":"alert/1","id":"${id}","rev":${(number % 4) + 1},"pad":"${pad}"}` });
    if (number % 100 !== 0) continue;
    look();
    while (outbox.writerState.waiting > 2_000) await sleep(1);
  }
  if (!(await outbox.flush(60_000))) throw new Error(JSON.stringify(outbox.writerState));
}

async function drain(outbox: DiskOutbox): Promise<number> {
  const cursor = outbox.cursor();
  let drained = 0;
  let keys: DurableKey[] = [];
  let removing: Promise<void> = Promise.resolve();
  for (;;) {
    const messages = await cursor.next(window);
    if (messages.length === 0) break;
    drained += messages.length;
    for (const { outbox: of, seq } of messages) keys.push({ outbox: of, seq });
    // As acks come: in batches, while reading goes on.
    if (keys.length >= 256) {
      await removing;
      removing = outbox.remove(keys);
      keys = [];
    }
    if (drained % 1_600 === 0) look();
  }
  await removing;
  await outbox.remove(keys);
  return drained;
}

const first = open();
await append(first, 0, warmUp);
const rssBefore = process.memoryUsage.rss();
rssMax = rssBefore;
delay.enable();
let startMs = performance.now();
await append(first, warmUp, count);
const appendRate = (count - warmUp) / ((performance.now() - startMs) / 1_000);
const backlogBytes = fileBytes('outbox.db');
const logBytes = fileBytes('outbox.db-wal');
await first.close();

startMs = performance.now();
const second = open();
const { depth } = await second.measure();
const openMs = performance.now() - startMs;
startMs = performance.now();
const drained = await drain(second);
const drainRate = drained / ((performance.now() - startMs) / 1_000);
const loopMs = delay.max / 1e6;
const rssGrowth = rssMax - rssBefore;

startMs = performance.now();
while (fileBytes('outbox.db') > 20 * 1024 * 1024 && performance.now() - startMs < 30_000) await sleep(50);
const shrinkMs = performance.now() - startMs;
const latencies: number[] = [];
for (let number = 0; number < 100; number++) {
  startMs = performance.now();
  second.append({ kind: 'alert', id: `late-${number}`, body: `{"schema":"alert/1","pad":"${pad}"}` });
  while (second.writerState.waiting > 0) await sleep(1);
  latencies.push(performance.now() - startMs);
}
latencies.sort((a, b) => a - b);
await second.close();
const figures = { depth, drained, appendRate, drainRate, openMs, loopMs, rssBefore, rssGrowth, backlogBytes, logBytes, shrinkMs };
const sizes = { fileBytes: fileBytes('outbox.db'), latencyP50Ms: latencies[50], latencyP99Ms: latencies[98] };
process.stdout.write(`${JSON.stringify({ ...figures, ...sizes })}\n`);
