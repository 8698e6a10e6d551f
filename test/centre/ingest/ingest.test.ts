import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { connectAsync } from 'mqtt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Broker, startBroker } from '../../../centre/demo/broker.ts';
import { openStore } from '../../../centre/store/open-store.ts';
import type { Store } from '../../../centre/store/store.ts';
import { down, shared, up } from '../../../firmware/contract/topics.ts';
import { listen, until } from '../../firmware/agent/uplink/listener.ts';
import {
  connectBox,
  healthOf,
  type IngestProcess,
  numberedAlert,
  onTheWire,
  presenceOf,
  spawnIngest,
  startIngest,
  type TestBox,
  temporaryFolder,
} from './ingest-process.ts';

const boxId = 'hx-lang-son';
const killed = fileURLToPath(new URL('killed-ingest.ts', import.meta.url));

let broker: Broker;
let folder: ReturnType<typeof temporaryFolder>;
let store: Store;
let box: TestBox;
const running: IngestProcess[] = [];
beforeAll(async () => {
  broker = await startBroker({ configuration: ['allow_anonymous true', 'set_tcp_nodelay true', 'max_inflight_messages 1000'] });
});
afterAll(() => broker.stop());
beforeEach(async () => {
  folder = temporaryFolder();
  store = await openStore(folder.store);
  box = await connectBox(broker.url, boxId);
});
afterEach(async () => {
  for (const ingest of running.splice(0)) await ingest.stop('SIGKILL');
  await box.end();
  await store.close();
  folder.remove();
});

async function start(...flags: string[]): Promise<IngestProcess> {
  const ingest = await startIngest(broker.url, folder.store, ...flags);
  running.push(ingest);
  return ingest;
}

const storedMessages = async () => (await store.outboxes()).reduce((sum, { messages }) => sum + messages, 0);

describe('ingest', () => {
  it('acknowledges a message only once it is in the store, a repeat again, and stores it once', async () => {
    await start();
    await box.alert(1);
    await until(() => box.isAcked(1), 'the ack');
    expect((await store.alerts()).map(({ seq }) => seq)).toEqual([1]);
    await box.alert(1);
    await until(() => box.acked.get('o1')?.length === 2, 'the ack of the repeat');
    expect(await storedMessages()).toBe(1);
  }, 30_000);

  it('acknowledges every kind of durable message, each by its own outbox', async () => {
    await start();
    const loss = {
      schema: 'loss/1',
      seq: 3,
      outboxId: 'o1',
      box: boxId,
      boot: 'b1',
      ts: 't',
      tsFirst: 't',
      reason: 'quota',
      count: 1,
      ranges: [[2, 2]],
      kind: 'evidence',
    };
    await box.alert(1);
    await box.send(up.loss(boxId), JSON.stringify(loss));
    await box.send(up.presence(boxId), JSON.stringify(presenceOf(boxId, { seq: 4, outboxId: 'o1' })));
    // As the outbox writes it: its numbers first.
    await box.send(up.health(boxId), `{"seq":5,"outboxId":"o1",${JSON.stringify(healthOf(boxId)).slice(1)}`);
    await box.send(up.evidence(boxId, 'a-1', 0), Buffer.from([1, 0, 2]), { properties: { seq: '6', outboxId: 'o2' } });
    await until(() => [1, 3, 4, 5].every((seq) => box.isAcked(seq)) && box.isAcked(6, 'o2'), 'all acks');
    expect(await store.outboxes()).toMatchObject([
      { box: boxId, outbox: 'o1', messages: 4, last: 5 },
      { box: boxId, outbox: 'o2', messages: 1, last: 6 },
    ]);
    const database = new DatabaseSync(folder.store, { readOnly: true });
    expect({ ...database.prepare('select alert_id, chunk from message where kind = ?').get('evidence') }).toEqual({
      alert_id: 'a-1',
      chunk: 0,
    });
    database.close();
    // What the loss declared is no hole.
    expect((await store.holes()).map(({ outbox, first, last }) => `${outbox} ${first}-${last}`)).toEqual(['o2 1-5']);
  }, 30_000);

  it('stores alerts of boxes that keep nothing, and has nothing to acknowledge', async () => {
    const listener = await listen(broker.url);
    await start();
    const { seq: _, outboxId: __, ...unnumbered } = numberedAlert(boxId, 7);
    await box.send(up.alert(boxId), JSON.stringify(unnumbered));
    while ((await store.alerts()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(listener.of(down.ack(boxId))).toEqual([]);
    await listener.client.endAsync(true);
  }, 30_000);

  it('does not lose what was committed when it is killed before the ack: the repeat is acknowledged, and stored once', async () => {
    const dying = spawnIngest([killed, broker.url, folder.store]);
    running.push(dying);
    await until(() => dying.said.out.includes('ready'), 'the process', 20_000);
    await box.alert(1);
    await dying.ended;
    expect(dying.child.signalCode).toBe('SIGKILL');
    expect(await storedMessages()).toBe(1);
    expect(box.acked.size).toBe(0);
    await start();
    await box.alert(1);
    await until(() => box.isAcked(1), 'the ack');
    expect(await storedMessages()).toBe(1);
  }, 40_000);

  it('shares with nobody else: who joins a group of the usual name takes no message away', async () => {
    await start();
    const topics = [up.alert('+'), 'vonggac/1/up/#'].map((topic) => shared('ingest', topic));
    const thief = await connectAsync(broker.url, { protocolVersion: 5, reconnectPeriod: 0 });
    await thief.subscribeAsync(topics, { qos: 1 });
    await Promise.all(Array.from({ length: 40 }, (_, index) => box.alert(index + 1)));
    await until(() => box.acked.get('o1')?.length === 40, 'all acks');
    await thief.endAsync(true);
  });

  it('shares the load between two', async () => {
    const both = await Promise.all([start('--name', 'one'), start('--name', 'two')]);
    const count = 400;
    await Promise.all(Array.from({ length: count }, (_, index) => box.alert(index + 1)));
    await until(() => box.acked.get('o1')?.length === count, 'all acks');
    for (const ingest of both) await ingest.stop();
    const stored = both.map((ingest) => Number(ingest.logged('stopped')[0]?.stored));
    expect(Math.min(...stored)).toBeGreaterThan(count / 10);
    expect(stored.reduce((sum, one) => sum + one, 0)).toBe(count);
  }, 40_000);

  it('loses nothing when one of two is killed in the middle: what was not acknowledged comes again', async () => {
    const [one] = await Promise.all([start('--name', 'one'), start('--name', 'two')]);
    const count = 3_000;
    const sendMissing = async () => {
      const missing = Array.from({ length: count }, (_, index) => index + 1).filter((seq) => !box.isAcked(seq));
      await Promise.all(missing.map((seq) => box.alert(seq)));
    };
    const sending = sendMissing();
    await until(() => (box.acked.get('o1')?.length ?? 0) > 300, 'some acks');
    one?.child.kill('SIGKILL');
    await sending;
    while (new Set(box.acked.get('o1')).size < count) {
      const before = box.acked.get('o1')?.length ?? 0;
      await sendMissing();
      await until(() => (box.acked.get('o1')?.length ?? 0) > before, 'more acks');
    }
    expect(await store.outboxes()).toEqual([{ box: boxId, outbox: 'o1', messages: count, last: count }]);
    expect(await store.holes()).toEqual([]);
  }, 60_000);

  it('is not moved by noise, foreign names, oversized and empty payloads: the rest goes on, and nothing of it comes for ever', async () => {
    const ingest = await start();
    const alert = numberedAlert(boxId, 3);
    await box.send(up.alert(boxId), 'noise \x1b[2J');
    await box.send(up.alert(boxId), '{"seq":1,"outboxId":"o1","schema":"alert/1"}');
    await box.send(up.alert(boxId), JSON.stringify({ ...numberedAlert('other-box', 2), outboxId: 'o1' }));
    await box.send(up.alert(boxId), onTheWire({ ...alert, dedupKey: 'x'.repeat(300_000) }));
    await box.send(up.alert(boxId), JSON.stringify({ ...alert, seq: 4, outboxId: 'no\u0000name' }));
    await box.send(up.alert(boxId), Buffer.from([0xff, 0xfe, 0]));
    await box.send(up.alert(boxId), '');
    await box.send(up.alert(boxId), `{"seq":5,"outboxId":"o1",${'['.repeat(100_000)}`);
    await box.send(up.health(boxId), '[]', { retain: true });
    await box.send(up.evidence(boxId, 'a', 0), Buffer.alloc(10), { properties: { seq: '-1' } });
    await box.send(up.evidence(boxId, '$(reboot)', 0), Buffer.alloc(10), { properties: { seq: '6', outboxId: 'o1' } });
    await box.alert(7);
    await until(() => box.isAcked(7), 'the good one');
    // Those whose numbers can be read are kept as they are, and acknowledged: their box is not asked for them again.
    expect([1, 2, 3, 5, 6].every((seq) => box.isAcked(seq))).toBe(true);
    expect((await store.alerts()).map((one) => `${one.box} ${one.seq}`).toSorted()).toEqual([`${boxId} 2`, `${boxId} 7`]);
    const refusals = () => store.openCentreAlerts({ box: boxId, kind: 'box.refused' });
    while ((await refusals()).length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    await ingest.stop();
    expect(ingest.logged('stopped')[0]).toMatchObject({ refused: 10, stored: 6 });
  }, 30_000);

  it('takes evidence out of the memory of the broker that a box has retained there', async () => {
    await start();
    const topic = up.evidence(boxId, 'a-1', 0);
    await box.send(topic, Buffer.from([1]), { retain: true, properties: { seq: '1', outboxId: 'o1' } });
    await until(() => box.isAcked(1), 'the ack');
    const late = await listen(broker.url);
    expect(late.of(topic)).toEqual([]);
    await late.client.endAsync(true);
  }, 30_000);

  it('stops in order: what has come is stored and acknowledged, and the exit status is 0', async () => {
    const ingest = await start();
    await Promise.all(Array.from({ length: 200 }, (_, index) => box.alert(index + 1)));
    expect(await ingest.stop()).toBe(0);
    expect(ingest.said.err).toBe('');
    const [{ stored, acknowledged } = {}] = ingest.logged('stopped');
    expect(acknowledged).toBe(stored);
    await until(() => (box.acked.get('o1')?.length ?? 0) === stored, 'the acks');
    expect(await storedMessages()).toBe(stored);
  }, 30_000);

  it('finds the broker again when it was restarted, and says so', async () => {
    const own = await startBroker();
    const ingest = await startIngest(own.url, folder.store);
    running.push(ingest);
    await own.stop('SIGKILL');
    const again = await startBroker({ port: own.port });
    try {
      await until(() => ingest.logged('connected to the broker').length === 2, 'the second connection', 15_000);
      expect(ingest.said.err.trim().split('\n')).toEqual([expect.any(String), 'vonggac-centre: connected to the broker again']);
    } finally {
      await again.stop();
    }
  }, 40_000);
});
