import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { broadcast, down } from '../../../../firmware/contract/topics.ts';
import { aWhileMs, box, brokerOf, centreOf, connected, filled, uplinkOf } from './bench.ts';
import { until } from './listener.ts';

describe('what comes down and is of no use', { timeout: 20_000 }, () => {
  it('is counted and changes nothing: malformed, foreign, unknown, huge', async () => {
    const broker = await brokerOf();
    const centre = await centreOf(broker.url);
    centre.isAcknowledging = false;
    const outbox = filled(3);
    const uplink = uplinkOf({ url: broker.url }, outbox);
    await until(() => centre.times === 3, 'the messages');
    const good = { schema: 'ack/1', box, outboxId: 'outbox-1', seqs: [1, 2, 3] };
    const poison: [string, string | Buffer][] = [
      [down.ack(box), ''],
      [down.ack(box), 'not json'],
      [down.ack(box), Buffer.from([0xff, 0xfe, 0x00])],
      [down.ack(box), '['.repeat(100_000)],
      [down.ack(box), 'null'],
      [down.ack(box), JSON.stringify({ ...good, box: 'other-box' })],
      [down.ack(box), JSON.stringify({ ...good, outboxId: undefined })],
      [down.ack(box), JSON.stringify({ ...good, schema: 'ack/2' })],
      [down.ack(box), JSON.stringify({ ...good, seqs: ['1'] })],
      [down.ack(box), JSON.stringify({ ...good, seqs: [-1, 1.5] })],
      [down.ack(box), JSON.stringify({ ...good, seqs: Array.from({ length: 6_000 }, (_, index) => index + 1) })],
      [down.ack(box), JSON.stringify({ ...good, padding: 'x'.repeat(300 * 1024) })],
      [down.configDesired(box), '{}'],
      [broadcast.intel('main'), '{}'],
      [broadcast.centreState, '{"schema":"centre-state/1","online":"yes"}'],
    ];
    for (const [topic, body] of poison) await centre.client.publishAsync(topic, body, { qos: 1 });
    await until(() => uplink.state.ignored === poison.length, 'all to be counted');
    expect(outbox.depth).toBe(3);
    expect(uplink.state).toMatchObject({ connections: 1, unacknowledged: 3 });
    // Known names of an outbox that is not there any more: not an error, and nothing of the present one.
    await centre.client.publishAsync(down.ack(box), JSON.stringify({ ...good, outboxId: 'outbox-0' }), { qos: 1 });
    await centre.client.publishAsync(down.ack(box), JSON.stringify({ ...good, seqs: [2] }), { qos: 1 });
    await until(() => outbox.depth === 2, 'the right one to count');
    expect(outbox.seqs).toEqual([1, 3]);
  });

  it('does not end the connection even when it lies at the broker for good, larger than the box takes', async () => {
    const broker = await brokerOf();
    const centre = await centreOf(broker.url);
    await centre.client.publishAsync(down.configDesired(box), Buffer.alloc(300 * 1024), { qos: 1, retain: true });
    // About the size that the box announced as its largest packet: Mosquitto sends up to a few bytes more than that.
    for (const excess of [-70, -45, -44, -43, -42, -41, -40, -39, -30, 0, 1_000_000])
      await centre.client.publishAsync(`vonggac/1/down/${box}/poison/${excess}`, Buffer.alloc(512 * 1024 + excess), {
        qos: 1,
        retain: true,
      });
    const outbox = filled(3);
    const uplink = uplinkOf({ url: broker.url }, outbox);
    expect(await uplink.drained(5_000)).toBe(true);
    await until(() => uplink.state.ignored >= 2, 'what fits to be counted');
    await sleep(aWhileMs);
    expect(uplink.state).toMatchObject({ connections: 1 });
  });

  it('does not keep a part of the agent from hearing what it registered for, and its exceptions are counted', async () => {
    const broker = await brokerOf();
    const centre = await centreOf(broker.url);
    const uplink = uplinkOf({ url: broker.url });
    const heard: string[] = [];
    uplink.handle(down.commandRequest(box), ({ payload, correlation }) => {
      heard.push(`${Buffer.from(payload).toString()} ${Buffer.from(correlation ?? []).toString()}`);
      throw new Error('cannot be done');
    });
    expect(() => uplink.handle(down.commandRequest(box), () => {})).toThrow('has a handler already');
    await connected(uplink);
    const properties = { correlationData: Buffer.from('7') };
    await until(() => uplink.state.lastHeardMs !== undefined, 'the greeting');
    await centre.client.publishAsync(down.commandRequest(box), 'one', { qos: 1, properties });
    await until(() => heard.length === 1, 'the command');
    expect(heard).toEqual(['one 7']);
    expect(uplink.state).toMatchObject({ ignored: 1, connections: 1 });
  });
});
