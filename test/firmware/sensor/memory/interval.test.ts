import { expect, it } from 'vitest';
import { collectGarbage } from '../../../../firmware/sensor/intel/collector.ts';
import { Interval } from '../../../../firmware/sensor/memory/interval.ts';
import { Journal } from '../../../../firmware/sensor/memory/journal.ts';
import { type SeenHost, type SightingBatch, seenBy } from '../../../../firmware/sensor/memory/sighting.ts';
import { Connection } from '../../../../firmware/sensor/observe/event.ts';
import { Random } from '../../../fuzz/random.ts';

const home = ['10.0.0.0/8'];

it('a flood of strangers, and machines of which something new is told all the time, take no more memory than their caps', async () => {
  const random = new Random(1);
  const batches: SightingBatch[] = [];
  const interval = new Interval(4_096, (batch) => batches.push(batch));
  const journal = new Journal();
  const connection = Object.assign(new Connection(), { clientC: 0xffff, serverC: 0xffff, serverD: 0x08080808 });
  const known = (number: number, part: number): SeenHost => ({
    words: [0, 0, 0xffff, (10 << 24) | number],
    mac: `02:00:00:00:${(number >>> 8).toString(16).padStart(2, '0')}:${(number & 255).toString(16).padStart(2, '0')}`,
    name: `pc-${number}-${part}`,
  });
  const heap = async () => {
    await collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  let before = 0;
  for (let part = 0; part < 60; part++) {
    while (!journal.isFull) {
      connection.clientD = random.chance(0.5) ? random.i32() : (10 << 24) | random.below(4_000);
      journal.addFarEnd(connection, random.below(65_536), seenBy.tcp, 1, true);
    }
    const hosts = Array.from({ length: 4_000 }, (_, number) => known(number, part));
    interval.take(journal.take(20_000, home, hosts), false, part);
    if (part === 5) before = await heap();
  }
  // Two and a half million entries: as objects of their own they would be hundreds of megabytes.
  expect((await heap()) - before).toBeLessThan(60e6);
  interval.take(journal.take(20_000, home, []), true, 60_000);
  expect(batches.length).toBeGreaterThan(0);
  expect(Math.max(...batches.map(({ rows }) => rows))).toBeLessThanOrEqual(4_096);
});
