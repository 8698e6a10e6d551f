import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../../centre/store/open-store.ts';
import { up } from '../../../firmware/contract/topics.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';
import { alertOf } from '../alert-sample.ts';
import { type CentreBroker, startCentreBroker, type TestAccess } from '../broker/centre-broker.ts';
import { connectTo } from '../broker/test-client.ts';
import { connectBox, type IngestProcess, startIngest, type TestBox, temporaryFolder } from './ingest-process.ts';

const boxId = 'hx-lang-son';
const residentMegabytes = (pid: number) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;

let broker: CentreBroker;
let access: TestAccess;
let folder: ReturnType<typeof temporaryFolder>;
let ingest: IngestProcess;
let box: TestBox;
beforeAll(async () => {
  broker = await startCentreBroker();
  access = await broker.service('centre.ingest');
}, 60_000);
afterAll(() => broker.stop());
beforeEach(async () => {
  folder = temporaryFolder();
  const files = ['--ca', access.caFile, '--cert', access.certFile, '--key', access.keyFile];
  const limits = join(folder.path, 'limits.json');
  writeFileSync(limits, '{"checkSeconds": 0.2}');
  ingest = await startIngest(access.url, folder.store, ...files, '--broker-log', '--limits', limits);
  box = await connectBox((await broker.box(boxId)).url, boxId, await broker.box(boxId));
}, 30_000);
afterEach(async () => {
  await ingest.stop('SIGKILL');
  await box.end();
  folder.remove();
});

describe('ingest at the broker as it is delivered', () => {
  it('has the rights that it needs, and no message of a box is refused', async () => {
    await box.alert(1);
    await until(() => box.isAcked(1), 'the ack');
    expect(await ingest.stop()).toBe(0);
    expect(ingest.said.err).toBe('');
  }, 30_000);

  it('raises an alert where a box writes to the topic of another one', async () => {
    const thief = await connectTo(await broker.box('hx-thief'));
    expect(await thief.publish(up.alert(boxId), JSON.stringify(alertOf({ box: boxId })))).toBe(135);
    await until(
      () => ingest.logged('alert of the centre').some(({ kind, box: name }) => kind === 'broker.denied' && name === 'hx-thief'),
      'the alert',
      15_000,
    );
    await thief.close();
    const store = await openStore(folder.store);
    expect(await store.alerts()).toEqual([]);
    expect(await store.openCentreAlerts({ kind: 'broker.denied' })).toMatchObject([
      { box: 'hx-thief', reasons: [{ value: 1 }, { value: `publish-denied ${up.alert(boxId)}` }] },
    ]);
    await store.close();
  }, 40_000);

  it('leaves at the broker what it cannot store yet: memory stays flat, nothing is acknowledged, nothing is lost', async () => {
    await box.alert(1);
    await until(() => box.isAcked(1), 'the first ack');
    const lock = new DatabaseSync(folder.store);
    lock.exec('begin immediate');
    const beforeMegabytes = residentMegabytes(ingest.child.pid ?? 0);
    const count = 20_000;
    const padding = 'x'.repeat(2_000);
    for (let first = 2; first <= count; first += 500) {
      const seqs = Array.from({ length: Math.min(500, count - first + 1) }, (_, index) => first + index);
      await Promise.all(seqs.map((seq) => box.alert(seq, { dedupKey: padding })));
    }
    const heldMegabytes = residentMegabytes(ingest.child.pid ?? 0);
    expect(new Set(box.acked.get('o1')).size).toBe(1);
    lock.exec('rollback');
    lock.close();
    await until(() => new Set(box.acked.get('o1')).size === count, 'all acks', 40_000);
    // 60 MB were sent; it holds at most 16 MiB of them, and what reading them leaves behind.
    expect(heldMegabytes - beforeMegabytes).toBeLessThan(120);
    const store = await openStore(folder.store);
    expect(await store.outboxes()).toEqual([{ box: boxId, outbox: 'o1', messages: count, last: count }]);
    await store.close();
  }, 90_000);
});
