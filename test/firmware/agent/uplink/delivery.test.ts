import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { down, up } from '../../../../firmware/contract/topics.ts';
import { aWhileMs, box, brokerOf, centreOf, filled, serverOf, uplinkOf } from './bench.ts';
import { until } from './listener.ts';
import { TestOutbox } from './test-outbox.ts';

describe('a durable message', { timeout: 20_000 }, () => {
  it('does not leave the outbox by the word of the broker, only by that of the centre', async () => {
    const broker = await brokerOf();
    const centre = await centreOf(broker.url);
    centre.isAcknowledging = false;
    const outbox = filled(40);
    const uplink = uplinkOf({ url: broker.url }, outbox);
    await until(() => centre.times === 40, 'all messages at the centre');
    await sleep(aWhileMs);
    expect(outbox.depth).toBe(40);
    expect(await uplink.drained(50)).toBe(false);
    expect(uplink.state).toMatchObject({ unacknowledged: 40, refused: 0, connections: 1 });
    expect(uplink.state.lastSentMs).toBeGreaterThan(0);
    expect(uplink.state.lastAcknowledgedMs).toBeUndefined();
    const ack = { schema: 'ack/1', box, outboxId: 'outbox-1', seqs: outbox.seqs.slice(0, 39) };
    await centre.client.publishAsync(down.ack(box), JSON.stringify(ack), { qos: 1 });
    await until(() => outbox.depth === 1, 'the acknowledged ones to leave');
    expect(outbox.seqs).toEqual([40]);
    expect(uplink.state.unacknowledged).toBe(1);
    expect(uplink.state.lastAcknowledgedMs).toBeGreaterThan(0);
  });

  it('carries its numbers: in JSON as first fields, with bytes as user properties, and is never retained', async () => {
    const broker = await brokerOf();
    const centre = await centreOf(broker.url);
    const packets = new Map<string, { body: string; retain: boolean; properties: unknown }>();
    centre.client.on('message', (topic, payload, { retain, properties }) => {
      const body = payload.toString('latin1');
      if (body.includes('seq') || topic.includes('evidence')) packets.set(topic, { body, retain, properties });
    });
    const outbox = new TestOutbox('o-1');
    const bytes = Uint8Array.from([0xd4, 0xc3, 0xb2, 0xa1, 0xff]);
    outbox.append('evidence', bytes, '0190-alert');
    outbox.append('evidence', bytes, 'a/+/#');
    for (const kind of ['health', 'presence', 'loss', 'alert'] as const) outbox.append(kind, `{"kind":"${kind}"}`, 'an-id');
    expect(await uplinkOf({ url: broker.url }, outbox).drained(5_000)).toBe(true);
    const topics = [up.alert(box), up.loss(box), up.presence(box), up.health(box), up.evidence(box, '0190-alert', 1)];
    // An id that would be a pattern is left out: a broker hangs up on whoever publishes to one.
    expect([...packets.keys()]).toEqual([...topics, up.evidence(box, 'unknown', 2)]);
    expect([...packets.values()].every(({ retain }) => !retain)).toBe(true);
    expect(packets.get(up.loss(box))?.body).toBe('{"seq":5,"outboxId":"o-1","kind":"loss"}');
    expect(packets.get(up.alert(box))?.properties).toMatchObject({
      correlationData: Buffer.from('an-id'),
      contentType: 'application/json',
    });
    expect(packets.get(topics[4] ?? '')).toMatchObject({
      body: Buffer.from(bytes).toString('latin1'),
      properties: { userProperties: { seq: '1', outboxId: 'o-1' } },
    });
  });

  it('overtakes the evidence that waits when it is an alert, on a slow link too', async () => {
    const broker = await brokerOf();
    const centre = await centreOf(broker.url);
    centre.isAcknowledging = false;
    // 64 KiB every 30 ms, about 2 MB/s, to the broker; the way back is free.
    const port = await serverOf((socket) => {
      const onward = connect(broker.port, '127.0.0.1').on('error', () => socket.destroy());
      onward.pipe(socket);
      const pace = setInterval(() => {
        const bytes = socket.read(Math.min(64 * 1024, socket.readableLength));
        if (bytes !== null) onward.write(bytes);
      }, 30);
      socket.on('close', () => {
        clearInterval(pace);
        onward.destroy();
      });
    });
    const outbox = new TestOutbox();
    for (let index = 0; index < 60; index++) outbox.append('evidence', new Uint8Array(128 * 1024), 'an-alert');
    const uplink = uplinkOf({ url: `mqtt://127.0.0.1:${port}` }, outbox);
    await until(() => centre.times >= 20, 'evidence at the centre');
    const before = centre.times;
    const alert = outbox.append('alert');
    uplink.wake();
    await until(() => centre.timesOf(alert) === 1, 'the alert');
    // What was on the way already, 256 KiB and a piece, and not a window full of evidence.
    expect(centre.times - before).toBeLessThanOrEqual(6);
  });
});

describe('an acknowledgement that comes while the box is away', { timeout: 20_000 }, () => {
  it('waits at the broker, and nothing is sent again', async () => {
    const broker = await brokerOf();
    const centre = await centreOf(broker.url);
    centre.isAcknowledging = false;
    const outbox = filled(25);
    const first = uplinkOf({ url: broker.url }, outbox);
    await until(() => centre.times === 25, 'all messages at the centre');
    await first.stop();
    const ack = { schema: 'ack/1', box, outboxId: 'outbox-1', seqs: outbox.seqs };
    await centre.client.publishAsync(down.ack(box), JSON.stringify(ack), { qos: 1 });
    const second = uplinkOf({ url: broker.url }, outbox);
    expect(await second.drained(5_000)).toBe(true);
    expect(second.state.lastAcknowledgedMs).toBeGreaterThan(0);
    expect(centre.times).toBe(25);
  });
});

describe('an uplink with nothing to do', { timeout: 20_000 }, () => {
  it('looks at its outbox a few times a second, and at once when told', async () => {
    const broker = await brokerOf();
    const centre = await centreOf(broker.url);
    const outbox = new TestOutbox();
    const uplink = uplinkOf({ url: broker.url }, outbox);
    await until(() => outbox.reads > 0, 'the first look');
    const before = outbox.reads;
    await sleep(1_000);
    expect(outbox.reads - before).toBeLessThanOrEqual(5);
    expect(outbox.cursors).toBe(1);
    const latencies: number[] = [];
    for (let index = 0; index < 20; index++) {
      const seq = outbox.append('alert');
      const startMs = performance.now();
      uplink.wake();
      await until(() => centre.timesOf(seq) === 1, 'the alert');
      latencies.push(performance.now() - startMs);
    }
    expect(latencies.toSorted((a, b) => a - b)[10]).toBeLessThan(60);
  });
});
