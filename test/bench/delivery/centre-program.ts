/**
 * A program for a network namespace: the broker as it is delivered and an ingest with a SQLite file. Its parameter is JSON:
 * `{ store, box }`. Says `{ access }`, that of the box, once both run. Ends with its standard input.
 */
import { once } from 'node:events';
import { startCentreBroker } from '../../centre/broker/centre-broker.ts';
import { startIngest } from './centre-programs.ts';

const { store, box }: { store: string; box: string } = JSON.parse(process.argv[2] ?? '');
const broker = await startCentreBroker();
const ingest = await startIngest(await broker.service('centre.ingest'), store, 'ingest-1');
process.stdout.write(`${JSON.stringify({ access: await broker.box(box) })}\n`);
process.stdin.resume();
await once(process.stdin, 'end');
await ingest.stop();
await broker.stop();
