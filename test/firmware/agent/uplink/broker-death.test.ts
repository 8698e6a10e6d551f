import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { afterTest, box, brokerOf, centreOf, uplinkOf } from './bench.ts';
import { until } from './listener.ts';
import { TestCentre } from './test-centre.ts';
import { TestOutbox } from './test-outbox.ts';

/** An alert as boxes send them is of this order. */
const body = `{"schema":"alert/1","text":"${'x'.repeat(1_500)}"}`;
const drainCount = 20_000;
const drainPerSecondMin = 3_000;

async function centreProcess(url: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'centre-process.ts'), url], { stdio: ['ignore', 'pipe', 'inherit'] });
  afterTest(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

describe('a broker that is killed', { timeout: 20_000 }, () => {
  it('costs no message, again and again in the middle of a stream', async () => {
    let broker = await brokerOf();
    let centre: TestCentre | undefined;
    const arrived = new Set<number>();
    const outbox = new TestOutbox();
    const uplink = uplinkOf({ url: broker.url }, outbox);
    let made = 0;
    for (let round = 0; round < 5; round++) {
      centre = await TestCentre.start(broker.url);
      // The first of each round are stored, and the answer is lost with the broker.
      centre.isAcknowledging = false;
      await until(() => uplink.state.connectedSinceMs !== undefined, 'the connection');
      for (let first = 0; first < 50; first++, made++) outbox.append('alert', body);
      uplink.wake();
      await until(() => (centre?.heard.size ?? 0) >= 50, 'the first of the round');
      centre.isAcknowledging = true;
      for (let more = 0; more < 800; more++, made++) outbox.append('alert', body);
      uplink.wake();
      const waiting = outbox.depth;
      await until(() => outbox.depth < waiting - 100, 'some acknowledged');
      await broker.stop('SIGKILL');
      for (const key of centre.heard.keys()) arrived.add(Number(key.split('/')[2]));
      await centre.stop();
      await until(() => uplink.state.connectedSinceMs === undefined, 'the loss');
      expect(uplink.state.unacknowledged).toBe(0);
      broker = await brokerOf({ port: broker.port });
    }
    const last = await centreOf(broker.url);
    // The box may have been quicker than the centre; then it is told that there is one again.
    await last.announce(true, 'after the last death');
    expect(await uplink.drained(10_000)).toBe(true);
    for (const key of last.heard.keys()) arrived.add(Number(key.split('/')[2]));
    expect(arrived.size).toBe(made);
    expect(uplink.state.connections).toBe(6);
  }, 40_000);

  it('is waited for, and gets what was found meanwhile', async () => {
    const broker = await brokerOf();
    const outbox = new TestOutbox();
    let attempts = 0;
    const random = () => {
      attempts++;
      return 0.99;
    };
    // Waits so long that the centre below is there before the next attempt.
    const uplink = uplinkOf({ url: broker.url, backoff: { firstMs: 1_000, ceilingMs: 1_000 } }, outbox, { random });
    await until(() => uplink.state.connectedSinceMs !== undefined, 'the first connection');
    await broker.stop('SIGKILL');
    await until(() => uplink.state.connectedSinceMs === undefined, 'the loss');
    const late = outbox.append('alert');
    await until(() => attempts === 2, 'an attempt that is refused');
    expect(uplink.state.lastError).toContain('ECONNREFUSED');
    expect(outbox.depth).toBe(1);
    const centre = await centreOf((await brokerOf({ port: broker.port })).url);
    expect(await uplink.drained(5_000)).toBe(true);
    expect(centre.timesOf(late)).toBe(1);
    expect(uplink.state.connections).toBe(2);
  });
});

describe('an answer of the centre that is lost', { timeout: 20_000 }, () => {
  it('costs a repeat and no message: what is sent again is acknowledged again', async () => {
    const broker = await brokerOf();
    const centre = await centreOf(broker.url);
    const rogue = await centreOf(broker.url);
    rogue.isAcknowledging = false;
    centre.isAcknowledging = false;
    const outbox = new TestOutbox();
    for (let index = 0; index < 100; index++) outbox.append('alert');
    // Every second answer is lost.
    let came = 0;
    const keep: number[] = [];
    centre.client.on('message', (_topic, payload) => {
      const seq = payload.toString().startsWith('{"seq":') ? Number(/\d+/.exec(payload.toString())?.[0]) : undefined;
      if (seq === undefined || ++came % 2 !== 0) return;
      keep.push(seq);
      centre.client.publish(`vonggac/1/down/${box}/ack`, JSON.stringify({ schema: 'ack/1', box, outboxId: 'outbox-1', seqs: [seq] }), {
        qos: 1,
      });
    });
    const uplink = uplinkOf({ url: broker.url, centreTimeoutMs: 100 }, outbox);
    expect(await uplink.drained(15_000)).toBe(true);
    expect(new Set(keep).size).toBe(100);
    expect(rogue.times).toBeGreaterThan(100);
    expect(uplink.state.connections).toBe(1);
  });
});

describe('a backlog', { timeout: 40_000, retry: 2 }, () => {
  it(`of ${drainCount} messages drains at ${drainPerSecondMin} a second or more, within the bound of unacknowledged ones`, async () => {
    const broker = await brokerOf();
    await centreProcess(broker.url);
    const outbox = new TestOutbox();
    for (let index = 0; index < drainCount; index++) outbox.append('alert', body);
    const startMs = performance.now();
    const cpu = process.cpuUsage();
    const uplink = uplinkOf({ url: broker.url }, outbox);
    let unacknowledgedMax = 0;
    while (outbox.depth > 0 && performance.now() - startMs < 30_000) {
      unacknowledgedMax = Math.max(unacknowledgedMax, uplink.state.unacknowledged);
      await sleep(5);
    }
    const seconds = (performance.now() - startMs) / 1_000;
    const { user, system } = process.cpuUsage(cpu);
    const perSecond = Math.round(drainCount / seconds);
    console.log(
      `${drainCount} messages acknowledged in ${seconds.toFixed(2)} s: ${perSecond}/s, ${((user + system) / drainCount).toFixed(0)} µs of CPU each`,
    );
    expect(outbox.depth).toBe(0);
    expect(perSecond).toBeGreaterThan(drainPerSecondMin);
    expect(unacknowledgedMax).toBeLessThanOrEqual(1_000);
    expect(uplink.state).toMatchObject({ connections: 1, refused: 0, ignored: 0 });
  }, 40_000);
});
