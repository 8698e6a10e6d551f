import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { type Broker, startBroker } from '../../../centre/demo/broker.ts';
import { ackSchema } from '../../../firmware/contract/ack.ts';
import { healthSchema, type SensorReport } from '../../../firmware/contract/health.ts';
import { presenceSchema } from '../../../firmware/contract/presence.ts';
import { down, up } from '../../../firmware/contract/topics.ts';
import { DiskOutbox } from '../../../firmware/outbox/disk-outbox.ts';
import { AgentChannel } from '../../../firmware/sensor/agent-channel.ts';
import { makeAgent, type TestAgent } from './agent-of-test.ts';
import { listen, type TestListener, until } from './uplink/listener.ts';

const box = 'test-box';
const report: SensorReport = {
  capture: { state: 'running', source: 'eth1', shedding: false, packets: 10, bytes: 1_000, kernelDropped: 1 },
  intelligence: { bundle: 'abc', indicators: 3 },
};

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function brokerOf(): Promise<Broker> {
  const broker = await startBroker();
  cleanups.push(() => broker.stop());
  return broker;
}

async function listenerOf(url: string): Promise<TestListener> {
  const listener = await listen(url);
  cleanups.push(() => listener.client.endAsync(true));
  return listener;
}

/** Stands in for the ingest: acknowledges whatever carries a number. */
async function ackingCentre(url: string): Promise<TestListener> {
  const listener = await listenerOf(url);
  listener.client.on('message', (topic, payload) => {
    if (!topic.includes('/up/')) return;
    const { seq, outboxId } = JSON.parse(payload.toString('utf8'));
    if (seq === undefined) return;
    const ack = ackSchema.parse({ schema: 'ack/1', box, outboxId, seqs: [seq] });
    listener.client.publish(down.ack(box), JSON.stringify(ack), { qos: 1 });
  });
  return listener;
}

async function agentOf(url: string, options: Record<string, unknown> = {}): Promise<TestAgent> {
  const made = makeAgent({ box, agency: 'UBND xã Mẫu', uplink: { url, backoff: { firstMs: 50, ceilingMs: 200 } }, ...options });
  await made.agent.start();
  cleanups.push(async () => {
    await made.agent.stop(100);
    rmSync(made.folder, { recursive: true, force: true });
  });
  return made;
}

/** The sensor's end: its outbox and its channel. */
function sensorOf({ folder, socket }: TestAgent): { outbox: DiskOutbox; channel: AgentChannel } {
  const channel = new AgentChannel({ path: socket });
  const outbox = new DiskOutbox({
    folder,
    box,
    boot: 'boot-1',
    onCommitted: () => channel.appended(),
    handOver: (messages) => channel.handOver(messages),
  });
  channel.start();
  cleanups.push(async () => {
    await channel.close();
    await outbox.close();
  });
  return { outbox, channel };
}

const alerts = (listener: TestListener) => listener.of(up.alert(box)).map(({ body }) => JSON.parse(body));

describe('an agent, a sensor’s end and a real Mosquitto', () => {
  it('delivers what the sensor put into the outbox, numbered, with its id as correlation data, and keeps it until the centre has it', async () => {
    const broker = await brokerOf();
    const listener = await listenerOf(broker.url);
    const made = await agentOf(broker.url);
    const { outbox } = sensorOf(made);
    outbox.append({ kind: 'alert', id: 'id-1', body: '{"schema":"alert/1"}' });
    await until(() => alerts(listener).length === 1, 'the alert');
    const [heard] = listener.of(up.alert(box));
    expect(heard?.packet).toMatchObject({ qos: 1, retain: false });
    expect(heard?.packet.properties?.correlationData?.toString()).toBe('id-1');
    const { seq, outboxId: name } = alerts(listener)[0];
    expect(await made.agent.drained(300)).toBe(false);
    listener.client.publish(down.ack(box), JSON.stringify({ schema: 'ack/1', box, outboxId: name, seqs: [1, 2, seq] }), { qos: 1 });
    expect(await made.agent.drained(5_000)).toBe(true);
    expect(made.agent.link.lastAcknowledgedMs).toBeGreaterThan(0);
  });

  it('keeps the order of alerts and loses none of thousands', async () => {
    const broker = await brokerOf();
    const centre = await ackingCentre(broker.url);
    const made = await agentOf(broker.url);
    const { outbox } = sensorOf(made);
    for (let n = 0; n < 3_000; n++) outbox.append({ kind: 'alert', id: `id-${n}`, body: `{"n":${n}}` });
    await until(() => alerts(centre).length >= 3_000, 'all alerts', 20_000);
    expect(alerts(centre).map(({ n }) => n)).toEqual(Array.from({ length: 3_000 }, (_, n) => n));
    expect(await made.agent.drained(5_000)).toBe(true);
  }, 30_000);

  it('takes what the sensor hands over while the disk fails, and delivers it', async () => {
    const broker = await brokerOf();
    const centre = await ackingCentre(broker.url);
    const { channel } = sensorOf(await agentOf(broker.url));
    await until(() => channel.isConnected, 'the link');
    expect(await channel.handOver([{ kind: 'alert', id: 'x', body: '{"n":1}' }])).toBe(true);
    await until(() => alerts(centre).length === 1, 'the alert');
  });

  it('says that it is present, retained, and publishes health with what the sensor reports, which expires', async () => {
    const broker = await brokerOf();
    const listener = await listenerOf(broker.url);
    const { channel } = sensorOf(await agentOf(broker.url));
    await until(() => channel.isConnected, 'the link');
    channel.report(report);
    const healths = (of: TestListener) => of.of(up.health(box)).map(({ body }) => healthSchema.parse(JSON.parse(body)));
    await until(() => healths(listener).some(({ capture }) => capture.packets === 10), 'the report in health');
    const late = await listenerOf(broker.url);
    await until(() => late.of(up.presence(box)).length > 0 && late.of(up.health(box)).length > 0, 'what is retained');
    const [presence] = late.of(up.presence(box));
    expect(presence?.packet.retain).toBe(true);
    expect(presenceSchema.parse(JSON.parse(presence?.body ?? ''))).toMatchObject({
      box,
      agency: 'UBND xã Mẫu',
      online: true,
      boot: 'boot-1',
    });
    expect(late.of(up.health(box))[0]?.packet.properties?.messageExpiryInterval).toBe(1);
    expect(healths(late)[0]).toMatchObject({ box, intervalSeconds: 0.2, capture: { packets: 10 }, outbox: { mode: 'disk' } });
  });

  it('keeps a record of its start and of its planned stop, and says goodbye: offline and planned, not the will', async () => {
    const broker = await brokerOf();
    const centre = await ackingCentre(broker.url);
    const { agent, folder } = makeAgent({ box, uplink: { url: broker.url } });
    await agent.start();
    const said = () => centre.of(up.presence(box)).map(({ body }) => presenceSchema.parse(JSON.parse(body)));
    await until(() => said().length === 2, 'presence and the record of the start');
    expect(await agent.stop(5_000)).toBe(true);
    await until(() => said().length >= 4, 'the goodbye');
    rmSync(folder, { recursive: true, force: true });
    const history = said().filter(({ seq }) => seq !== undefined);
    expect(history.map(({ online, planned }) => [online, planned])).toEqual([
      [true, undefined],
      [false, true],
    ]);
    const present = said().filter(({ seq }) => seq === undefined);
    expect(present.map(({ online, planned }) => [online, planned])).toEqual([
      [true, undefined],
      [false, true],
    ]);
  });

  it('keeps a summary of health for the centre, also of the time without a link', async () => {
    const { agent, folder } = makeAgent({ box, uplink: { url: 'mqtt://127.0.0.1:1' }, healthSummarySeconds: 1 });
    await agent.start();
    await agent.stop(0);
    const outbox = new DiskOutbox({ folder, box, boot: 'reader' });
    const waiting = await outbox.cursor().next(100);
    await outbox.close();
    rmSync(folder, { recursive: true, force: true });
    const summaries = waiting.filter(({ kind }) => kind === 'health').map(({ body }) => healthSchema.parse(JSON.parse(String(body))));
    expect(summaries.at(-1)).toMatchObject({ summary: true, box, uplink: { connections: 0 } });
  });

  it('is reported offline by its will when its process is killed', async () => {
    const broker = await brokerOf();
    const listener = await listenerOf(broker.url);
    const file = fileURLToPath(new URL('./agent-process.ts', import.meta.url));
    const child = spawn(process.execPath, [file, broker.url], { stdio: 'inherit' });
    const topic = up.presence('killed-box');
    const said = () =>
      listener
        .of(topic)
        .map(({ body }) => presenceSchema.parse(JSON.parse(body)))
        .filter(({ seq }) => seq === undefined);
    await until(() => said().length === 1, 'presence', 15_000);
    child.kill('SIGKILL');
    await until(() => said().length === 2, 'the will');
    expect(said()[1]).toMatchObject({ box: 'killed-box', online: false, session: said()[0]?.session });
    const late = await listenerOf(broker.url);
    await until(() => late.of(topic).length === 1, 'the retained will');
    expect(JSON.parse(late.of(topic)[0]?.body ?? '').online).toBe(false);
  }, 20_000);
});
