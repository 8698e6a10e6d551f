import { describe, expect, it } from 'vitest';
import { up } from '../../../../firmware/contract/topics.ts';
import { JoinedOutbox } from '../../../../firmware/outbox/joined-outbox.ts';
import { MemoryOutbox } from '../../../../firmware/outbox/memory-outbox.ts';
import type { NewMessage } from '../../../../firmware/outbox/outbox.ts';
import { afterTest, box, brokerOf, centreOf, connected, filled, uplinkOf } from './bench.ts';
import { HangingReader } from './hanging-reader.ts';
import { listen, until } from './listener.ts';
import { TestOutbox } from './test-outbox.ts';

const alerts = (count: number): NewMessage[] => Array.from({ length: count }, () => ({ kind: 'alert', body: '{"schema":"test/1"}' }));

function frozen() {
  const disk = new HangingReader();
  const memory = new MemoryOutbox({ box, boot: 'boot-1' });
  afterTest(() => disk.thaw());
  return { disk, memory, outbox: new JoinedOutbox([disk, memory]) };
}

describe('a disk that hangs', { timeout: 20_000 }, () => {
  it('keeps no message in memory from the centre, over the death of a broker too; what is on it comes once when it answers', async () => {
    let broker = await brokerOf();
    let centre = await centreOf(broker.url);
    const { disk, memory, outbox } = frozen();
    disk.inner.take(alerts(30));
    disk.freeze();
    const uplink = uplinkOf({ url: broker.url }, outbox);
    memory.take(alerts(20));
    uplink.wake();
    await until(() => centre.times === 20 && memory.isEmpty, 'what waits in memory');
    await broker.stop('SIGKILL');
    await until(() => uplink.state.connectedSinceMs === undefined, 'the loss');
    memory.take(alerts(20));
    broker = await brokerOf({ port: broker.port });
    const listener = await listen(broker.url);
    afterTest(() => listener.client.endAsync(true));
    centre = await centreOf(broker.url);
    await centre.announce(true, 'anew');
    await until(() => listener.of(up.presence(box)).some(({ body }) => JSON.parse(body).online), 'the presence');
    await until(() => memory.isEmpty, 'what came into memory meanwhile');
    expect(disk.reads).toBe(1);
    expect(uplink.state.connections).toBe(2);
    const before = centre.heard.size;
    disk.thaw();
    expect(await uplink.drained(5_000)).toBe(true);
    expect(centre.heard.size - before).toBe(30);
    expect([...centre.heard].filter(([key]) => key.includes(disk.inner.outbox)).map(([, times]) => times)).toEqual(new Array(30).fill(1));
  });

  it('keeps nobody from stopping in time, with a goodbye, and nothing passes for drained', async () => {
    const broker = await brokerOf();
    const listener = await listen(broker.url);
    afterTest(() => listener.client.endAsync(true));
    const { disk, outbox } = frozen();
    disk.freeze();
    const uplink = uplinkOf({ url: broker.url }, outbox);
    await until(() => disk.reads > 0, 'the read that hangs');
    const startMs = performance.now();
    expect(await uplink.drained(300)).toBe(false);
    const drained = uplink.drained(60_000);
    await uplink.stop();
    expect(await drained).toBe(false);
    expect(performance.now() - startMs).toBeLessThan(3_500);
    await until(() => listener.of(up.presence(box)).some(({ body }) => !JSON.parse(body).online), 'the goodbye');
  });

  it('does not hold up the next connection where it is all there is, and nothing is sent over the one before', async () => {
    let broker = await brokerOf();
    const { disk } = frozen();
    disk.inner.take(alerts(10));
    disk.freeze();
    const uplink = uplinkOf({ url: broker.url }, disk);
    await until(() => disk.reads === 1, 'the read that hangs');
    await broker.stop('SIGKILL');
    await until(() => uplink.state.connectedSinceMs === undefined, 'the loss');
    broker = await brokerOf({ port: broker.port });
    await until(() => disk.reads === 2, 'a read for the next connection');
    const centre = await centreOf(broker.url);
    disk.thaw();
    expect(await uplink.drained(5_000)).toBe(true);
    expect([...centre.heard.values()]).toEqual(new Array(10).fill(1));
    await uplink.stop();
  });
});

describe('two boxes with one id', { timeout: 20_000 }, () => {
  it('do not end each other’s connections all the time, though each delivers, and say what is the matter', async () => {
    const broker = await brokerOf();
    await centreOf(broker.url);
    const reasons: string[] = [];
    const log = { info: () => {}, warn: (fields: object) => void reasons.push(JSON.stringify(fields)) };
    const backoff = { firstMs: 40, ceilingMs: 300_000 };
    const outboxes = [filled(1), new TestOutbox('outbox-2')];
    const twins = outboxes.map((outbox) => uplinkOf({ url: broker.url, backoff }, outbox, { log, random: () => 0.5 }));
    const filling = setInterval(() => {
      for (const [index, outbox] of outboxes.entries()) {
        outbox.append('alert');
        twins[index]?.wake();
      }
    }, 5);
    afterTest(() => clearInterval(filling));
    await until(() => reasons.some((reason) => reason.includes(`is another client using this id (${box})?`)), 'the words');
    const startMs = performance.now();
    await until(() => performance.now() - startMs > 3_000, 'some seconds');
    // Each wait is twice the one before: 20 ms, 40 ms … 2.6 s, and one success on the way.
    for (const { state } of twins) expect(state.connections).toBeLessThan(20);
    expect(twins.every(({ state }) => state.lastAcknowledgedMs !== undefined)).toBe(true);
  });

  it('and a broker that is restarted are told apart: the box is back at once', async () => {
    let broker = await brokerOf();
    const outbox = new TestOutbox();
    const uplink = uplinkOf({ url: broker.url, backoff: { firstMs: 100, ceilingMs: 300_000 } }, outbox, { random: () => 0.99 });
    await centreOf(broker.url);
    outbox.append('alert');
    expect(await uplink.drained(5_000)).toBe(true);
    await connected(uplink);
    await broker.stop('SIGTERM');
    await until(() => uplink.state.connectedSinceMs === undefined, 'the loss');
    broker = await brokerOf({ port: broker.port });
    await until(() => uplink.state.connections === 2, 'the connection', 3_000);
    expect(uplink.state.lastError).not.toContain('another client');
  });
});
