/**
 * A program: some light boxes that send at the word `go`. Its parameter is JSON: `{ boxes: [{ id, access }], alerts }`. Says `{ ready }`, then
 * five times a second `{ acknowledged, sent }`, and at the end `{ done }` with the time from the first alert to the last acknowledgement. Ends with its
 * standard input.
 */
import { once } from 'node:events';
import type { TestAccess } from '../../centre/broker/centre-broker.ts';
import { LightBox } from './light-box.ts';

const tellMs = 200;

interface Parameters {
  boxes: { id: string; access: TestAccess }[];
  alerts: number;
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function failed(error: Error): never {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

const { boxes: places, alerts }: Parameters = JSON.parse(process.argv[2] ?? '');
const boxes = places.map((place) => new LightBox({ ...place, alerts, failed }));
const sum = (count: (box: LightBox) => number) => boxes.reduce((total, box) => total + count(box), 0);
const counts = () => ({ acknowledged: sum(({ acknowledged }) => acknowledged), sent: sum(({ sent }) => sent) });

await Promise.all(boxes.map((box) => box.connect()));
say({ ready: true });
await once(process.stdin, 'data');
const beganMs = performance.now();
for (const box of boxes) box.start();
const telling = setInterval(() => say(counts()), tellMs);
await Promise.all(boxes.map((box) => box.done.promise));
clearInterval(telling);
say({ done: true, seconds: (performance.now() - beganMs) / 1_000, ...counts() });
await once(process.stdin, 'end');
for (const box of boxes) box.end();
process.exit();
