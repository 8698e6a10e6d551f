import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { down } from '../../../../firmware/contract/topics.ts';
import { aWhileMs, box, brokerOf, centreOf, filled, uplinkOf } from './bench.ts';
import { until } from './listener.ts';

describe('messages that the centre does not acknowledge', { timeout: 20_000 }, () => {
  it('are bounded in number, whatever waits behind them', async () => {
    const broker = await brokerOf();
    const centre = await centreOf(broker.url);
    centre.isAcknowledging = false;
    const outbox = filled(200);
    const uplink = uplinkOf({ url: broker.url, unacknowledgedMax: 30 }, outbox);
    await until(() => centre.times === 30, 'as many as the bound');
    await sleep(aWhileMs);
    expect(centre.times).toBe(30);
    expect(uplink.state.unacknowledged).toBe(30);
    const ack = { schema: 'ack/1', box, outboxId: 'outbox-1', seqs: [1, 2, 3] };
    await centre.client.publishAsync(down.ack(box), JSON.stringify(ack), { qos: 1 });
    await until(() => centre.times === 33, 'three more');
  });

  it('are sent again after a time, and again later, until an answer comes', async () => {
    const broker = await brokerOf();
    const centre = await centreOf(broker.url);
    centre.isAcknowledging = false;
    const outbox = filled(25);
    const uplink = uplinkOf({ url: broker.url, centreTimeoutMs: 150 }, outbox);
    await until(() => centre.times === 25, 'the first time');
    await until(() => centre.times === 50, 'the second');
    await until(() => centre.times === 75, 'the third');
    expect([...centre.heard.values()].every((times) => times === 3)).toBe(true);
    centre.isAcknowledging = true;
    expect(await uplink.drained(5_000)).toBe(true);
    expect(uplink.state.connections).toBe(1);
  });

  it('have a time of their own: what was sent a moment ago is not sent again with what waits for long', async () => {
    const broker = await brokerOf();
    const centre = await centreOf(broker.url);
    centre.isAcknowledging = false;
    const outbox = filled(10);
    const uplink = uplinkOf({ url: broker.url, centreTimeoutMs: 2_000 }, outbox);
    await until(() => centre.times === 10, 'the first ones');
    await sleep(1_300);
    for (let index = 0; index < 10; index++) outbox.append('alert');
    uplink.wake();
    await until(() => centre.times >= 30, 'the first ones again');
    expect(outbox.seqs.map((seq) => centre.timesOf(seq))).toEqual([...new Array(10).fill(2), ...new Array(10).fill(1)]);
  });

  it('are sent once, and not again, while the centre says that it is away; and soon after it came back', async () => {
    const broker = await brokerOf();
    const centre = await centreOf(broker.url);
    centre.isAcknowledging = false;
    await centre.announce(false, 'g1');
    const outbox = filled(25);
    const uplink = uplinkOf({ url: broker.url, centreTimeoutMs: 200 }, outbox, { random: () => 0.1 });
    await until(() => centre.times === 25, 'the first time');
    await sleep(aWhileMs);
    expect(centre.times).toBe(25);
    expect(uplink.state).toMatchObject({ isCentreOnline: false, unacknowledged: 25 });
    centre.isAcknowledging = true;
    await centre.announce(true, 'g1');
    expect(await uplink.drained(5_000)).toBe(true);
    expect(uplink.state.isCentreOnline).toBe(true);
    expect([...centre.heard.values()].every((times) => times === 2)).toBe(true);
  });

  it('are sent again soon when another generation of the centre takes over', async () => {
    const broker = await brokerOf();
    const centre = await centreOf(broker.url);
    centre.isAcknowledging = false;
    await centre.announce(true, 'g1');
    const outbox = filled(25);
    const uplink = uplinkOf({ url: broker.url }, outbox, { random: () => 0.1 });
    await until(() => centre.times === 25 && uplink.state.isCentreOnline === true, 'the first time');
    await centre.announce(true, 'g1');
    await sleep(aWhileMs);
    expect(centre.times).toBe(25);
    centre.isAcknowledging = true;
    await centre.announce(true, 'g2');
    expect(await uplink.drained(5_000)).toBe(true);
    expect(centre.times).toBe(50);
  });

  it('are sent again by the next connection, and acknowledged by it', async () => {
    const broker = await brokerOf();
    const centre = await centreOf(broker.url);
    centre.isAcknowledging = false;
    const outbox = filled(25);
    const first = uplinkOf({ url: broker.url }, outbox);
    await until(() => centre.times === 25, 'the first time');
    await first.stop();
    centre.isAcknowledging = true;
    expect(await uplinkOf({ url: broker.url }, outbox).drained(5_000)).toBe(true);
    expect(centre.times).toBe(50);
  });
});
