import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../../firmware/agent/uplink/connection.ts';
import { StandingMessages } from '../../../../firmware/agent/uplink/standing-messages.ts';
import { up } from '../../../../firmware/contract/topics.ts';
import { afterTest, box, brokerOf, connected, uplinkOf } from './bench.ts';
import { listen, until } from './listener.ts';
import { TestOutbox } from './test-outbox.ts';

const topic = up.configReported(box);

/** Of which nothing but `publish` counts. */
function connectionOf(publish: Connection['publish']): Connection {
  const rest = {
    receiveMaximum: 10,
    packetBytesMax: 1_000,
    lastHeardMs: 0,
    warning: undefined,
    closed: new Promise<string>(() => undefined),
  };
  return { ...rest, publish, subscribe: async () => undefined, end: async () => undefined, destroy: () => undefined };
}

async function listenerOf(url: string) {
  const listener = await listen(url);
  afterTest(() => listener.client.endAsync(true));
  return listener;
}

describe('what a box says beside its outbox', { timeout: 20_000 }, () => {
  it('says a state that was set before there was a connection, retained, and the latest alone', async () => {
    const broker = await brokerOf();
    const uplink = uplinkOf({ url: broker.url }, new TestOutbox());
    uplink.standing.keep(topic, 'first');
    uplink.standing.keep(topic, 'second');
    await connected(uplink);
    // It hears only what the broker retained.
    const listener = await listenerOf(broker.url);
    await until(() => listener.of(topic).length > 0, 'the state');
    expect(listener.of(topic).map(({ body, packet }) => [body, packet.retain, packet.qos])).toEqual([['second', true, 1]]);
  });

  it('says its states again to a broker that has lost them', async () => {
    const first = await brokerOf();
    const uplink = uplinkOf({ url: first.url }, new TestOutbox());
    uplink.standing.keep(topic, 'state');
    await connected(uplink);
    await first.stop();
    const second = await brokerOf({ port: first.port });
    const listener = await listenerOf(second.url);
    await until(() => listener.of(topic).length > 0, 'the state at the second broker');
    expect(listener.of(topic)[0]?.body).toBe('state');
  });

  it('says each answer once, in order, with its correlation data and not retained', async () => {
    const broker = await brokerOf();
    const listener = await listenerOf(broker.url);
    const uplink = uplinkOf({ url: broker.url }, new TestOutbox());
    const answers = up.commandResponse(box);
    uplink.standing.answer(answers, 'one', 'first-question');
    await connected(uplink);
    uplink.standing.answer(answers, 'two');
    uplink.standing.answer(answers, 'three');
    await until(() => listener.of(answers).length >= 3, 'the answers');
    expect(listener.of(answers).map(({ body, packet }) => [body, packet.retain, packet.properties?.correlationData?.toString()])).toEqual([
      ['one', false, 'first-question'],
      ['two', false, undefined],
      ['three', false, undefined],
    ]);
  });

  it('gives up an answer that the broker refuses, and says those that come after it', async () => {
    const broker = await brokerOf();
    const listener = await listenerOf(broker.url);
    const uplink = uplinkOf({ url: broker.url }, new TestOutbox());
    const answers = up.commandResponse(box);
    // Nobody may write there.
    uplink.standing.answer('$SYS/broker/version', 'refused');
    uplink.standing.answer(answers, 'one');
    await connected(uplink);
    uplink.standing.answer(answers, 'two');
    await until(() => listener.of(answers).length >= 2, 'the answers');
    expect(listener.of(answers).map(({ body }) => body)).toEqual(['one', 'two']);
    expect(uplink.state.lastError).toMatch(/an answer was not accepted/);
  });

  it('says an answer that was cut off on the connection that came in the meantime', async () => {
    const problems: string[] = [];
    const standing = new StandingMessages((text) => problems.push(text));
    const cut = Promise.withResolvers<void>();
    const said: string[] = [];
    standing.begin(connectionOf(() => cut.promise));
    standing.answer(topic, 'answer');
    standing.end();
    standing.begin(connectionOf(async ({ body }) => void said.push(String(body))));
    cut.reject(new Error('the connection was closed'));
    await until(() => said.length > 0, 'the answer');
    expect(said).toEqual(['answer']);
    expect(problems).toHaveLength(1);
  });

  it('lets the oldest of more answers than it holds go, and keeps the newest', async () => {
    const broker = await brokerOf();
    const listener = await listenerOf(broker.url);
    const uplink = uplinkOf({ url: broker.url }, new TestOutbox());
    const answers = up.commandResponse(box);
    for (let number = 1; number <= 100; number++) uplink.standing.answer(answers, String(number));
    await connected(uplink);
    await until(() => listener.of(answers).at(-1)?.body === '100', 'the newest answer');
    expect(listener.of(answers)).toHaveLength(64);
  });
});
