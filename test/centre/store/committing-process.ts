/**
 * A program that commits alerts to a store: LOCATION FROM TO SIZE, downward where FROM is higher. It says `open`, waits for a word on its
 * standard input, and says the last number of each batch once `commit` has resolved, and how many were new: `SEQ FRESH`. The tests kill it.
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { openStore } from '../../../centre/store/open-store.ts';
import { alertArrival } from './samples.ts';

const [location = ''] = process.argv.slice(2);
const [from = 0, to = 0, size = 0] = process.argv.slice(3).map(Number);
const store = await openStore(location);
writeSync(1, 'open\n');
await once(process.stdin, 'data');
const direction = from <= to ? 1 : -1;
const count = Math.abs(to - from) + 1;
for (let done = 0; done < count; done += size) {
  const batch = Array.from({ length: Math.min(size, count - done) }, (_, index) => from + direction * (done + index));
  const { fresh } = await store.commit(batch.map((seq) => alertArrival(seq, `alert-${seq}`)));
  writeSync(1, `${batch.at(-1)} ${fresh}\n`);
}
await store.close();
process.exit();
