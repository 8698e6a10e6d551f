import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { type Broker, startBroker } from '../../../centre/demo/broker.ts';
import { Agent, type AgentOptions, runAgent } from '../../../firmware/agent/main.ts';
import { healthSchema, type SensorReport } from '../../../firmware/contract/health.ts';
import { presenceSchema } from '../../../firmware/contract/presence.ts';
import { up } from '../../../firmware/contract/topics.ts';
import { MemoryOutbox } from '../../../firmware/outbox/memory-outbox.ts';
import { listen, type TestListener, until } from './uplink/listener.ts';

const box = 'test-box';
const log = { info: () => {}, warn: () => {} };
const sensor = (): SensorReport => ({
  capture: { state: 'running', source: 'eth1', shedding: false, packets: 10, bytes: 1_000, kernelDropped: 1 },
  intelligence: { bundle: 'abc', indicators: 3 },
});

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function brokerOf(options: Parameters<typeof startBroker>[0] = {}): Promise<Broker> {
  const broker = await startBroker(options);
  cleanups.push(() => broker.stop());
  return broker;
}

async function listenerOf(url: string, options: Parameters<typeof listen>[1] = {}): Promise<TestListener> {
  const listener = await listen(url, options);
  cleanups.push(() => listener.client.endAsync(true));
  return listener;
}

function agentOf(uplink: AgentOptions['uplink'], outbox = new MemoryOutbox()): Agent {
  const config = {
    box,
    agency: 'UBND xã Mẫu',
    uplink: { backoff: { firstMs: 50, ceilingMs: 200 }, ...uplink },
    healthIntervalSeconds: 0.2,
  };
  const agent = new Agent({ config, outbox, healthSource: sensor, version: '0.1.0', log });
  cleanups.push(() => agent.stop());
  return agent;
}

const alert = (seq: number) => JSON.stringify({ schema: 'alert/1', seq });

describe('an agent and a real Mosquitto', () => {
  it('delivers an alert with its id as correlation data, and takes it out of the outbox then', async () => {
    const broker = await brokerOf();
    const listener = await listenerOf(broker.url);
    const outbox = new MemoryOutbox();
    outbox.append('alert', alert, 'id-1');
    const agent = agentOf({ url: broker.url }, outbox);
    agent.start();
    expect(await agent.drained(5_000)).toBe(true);
    await until(() => listener.of(up.alert(box)).length === 1, 'the alert');
    const [heard] = listener.of(up.alert(box));
    expect(heard?.body).toBe(alert(1));
    expect(heard?.packet).toMatchObject({ qos: 1, retain: false });
    expect(heard?.packet.properties?.contentType).toBe('application/json');
    expect(heard?.packet.properties?.correlationData?.toString()).toBe('id-1');
    expect(agent.link.lastAcknowledgedMs).toBeGreaterThan(0);
  });

  it('keeps the order of alerts and loses none of thousands', async () => {
    const broker = await brokerOf();
    const listener = await listenerOf(broker.url);
    const outbox = new MemoryOutbox();
    const agent = agentOf({ url: broker.url }, outbox);
    agent.start();
    for (let n = 0; n < 3_000; n++) outbox.append('alert', alert);
    expect(await agent.drained(20_000)).toBe(true);
    await until(() => listener.of(up.alert(box)).length >= 3_000, 'all alerts');
    expect(listener.of(up.alert(box)).map(({ body }) => JSON.parse(body).seq)).toEqual(Array.from({ length: 3_000 }, (_, n) => n + 1));
  }, 30_000);

  it('says that it is present, retained, and publishes health that expires', async () => {
    const broker = await brokerOf();
    agentOf({ url: broker.url }).start();
    const listener = await listenerOf(broker.url);
    await until(() => listener.of(up.presence(box)).length > 0 && listener.of(up.health(box)).length > 1, 'presence and health');
    const late = await listenerOf(broker.url);
    await until(() => late.of(up.presence(box)).length > 0 && late.of(up.health(box)).length > 0, 'what is retained');
    const [presence] = late.of(up.presence(box));
    expect(presence?.packet.retain).toBe(true);
    expect(presenceSchema.parse(JSON.parse(presence?.body ?? ''))).toMatchObject({
      box,
      agency: 'UBND xã Mẫu',
      online: true,
      session: 1,
      versions: { firmware: '0.1.0', intel: 'abc' },
    });
    const [health] = late.of(up.health(box));
    expect(health?.packet.properties?.messageExpiryInterval).toBe(1);
    const report = healthSchema.parse(JSON.parse(health?.body ?? ''));
    expect(report).toMatchObject({ box, intervalSeconds: 0.2, capture: { packets: 10 }, outbox: { depth: 0 }, uplink: { connections: 1 } });
    expect(report.uplink.connectedSince).toBeDefined();
  });

  it('says goodbye when it is stopped in order: offline and planned, not the will', async () => {
    const broker = await brokerOf();
    const listener = await listenerOf(broker.url);
    const stopping = new AbortController();
    const parts = { config: { box, uplink: { url: broker.url } }, outbox: new MemoryOutbox(), healthSource: sensor, version: '0.1.0', log };
    const running = runAgent({ ...parts, signal: stopping.signal });
    await until(() => listener.of(up.presence(box)).length === 1, 'presence');
    stopping.abort();
    await running;
    await until(() => listener.of(up.presence(box)).length >= 2, 'the goodbye');
    const said = listener.of(up.presence(box)).map(({ body }) => presenceSchema.parse(JSON.parse(body)));
    expect(said.map(({ online, planned }) => [online, planned])).toEqual([
      [true, undefined],
      [false, true],
    ]);
  });

  it('is reported offline by its will when its process is killed', async () => {
    const broker = await brokerOf();
    const listener = await listenerOf(broker.url);
    const file = fileURLToPath(new URL('./agent-process.ts', import.meta.url));
    const child = spawn(process.execPath, [file, broker.url], { stdio: 'inherit' });
    const topic = up.presence('killed-box');
    await until(() => listener.of(topic).length === 1, 'presence', 15_000);
    child.kill('SIGKILL');
    await until(() => listener.of(topic).length === 2, 'the will');
    const will = listener.of(topic)[1];
    expect(presenceSchema.parse(JSON.parse(will?.body ?? ''))).toMatchObject({ box: 'killed-box', online: false, session: 1 });
    const late = await listenerOf(broker.url);
    await until(() => late.of(topic).length === 1, 'the retained will');
    expect(JSON.parse(late.of(topic)[0]?.body ?? '').online).toBe(false);
  }, 20_000);
});
