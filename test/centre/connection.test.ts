import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepConnected } from '../../centre/broker-link.ts';
import { type Connection, type Identity, openConnection, type Received } from '../../centre/connection.ts';
import { type Broker, startBroker } from '../../centre/demo/broker.ts';
import { listen, until } from '../firmware/agent/uplink/listener.ts';

const topic = 'vonggac/1/bcast/centre/state';

let broker: Broker;
beforeAll(async () => {
  broker = await startBroker();
});
afterAll(() => broker.stop());

const never = new AbortController().signal;
const open = (receive: (message: Received, done: () => void) => void = (_, done) => done(), identity: Identity = {}) =>
  openConnection({ url: broker.url }, identity, receive, never);

describe('a connection of the centre', () => {
  it('reads no further while a message is held, and gets the rest when it is let go', async () => {
    const heard: string[] = [];
    let letGo: (() => void) | undefined;
    const reader = await open(({ payload }, done) => {
      heard.push(payload.toString('utf8'));
      if (heard.length === 1) letGo = done;
      else done();
    });
    await reader.subscribe(['hold/#']);
    const writer = await open();
    await Promise.all([1, 2, 3, 4].map((number) => writer.publish('hold/x', `${number}`)));
    await sleep(200);
    expect(heard).toEqual(['1']);
    letGo?.();
    await until(() => heard.length === 4, 'the rest');
    await Promise.all([reader.end(), writer.end()]);
  });

  it('rejects what was asked of it when it ends, and what is asked later', async () => {
    const { port, close } = await silentBroker();
    const connection = await openConnection({ url: `mqtt://127.0.0.1:${port}` }, {}, (_, done) => done(), never);
    const asked = connection.publish('a', 'b');
    connection.destroy();
    await expect(asked).rejects.toThrow();
    await connection.closed;
    await expect(connection.publish('a', 'b')).rejects.toThrow('over');
    await expect(connection.subscribe(['a'])).rejects.toThrow('over');
    close();
  });

  it('waits for no delayed acknowledgement of TCP between two small messages', async () => {
    const heard: number[] = [];
    const reader = await open(({ payload }, done) => {
      done();
      void reader.publish('answer/x', payload.toString('utf8'));
    });
    await reader.subscribe(['question/#']);
    const asker = await open((_, done) => {
      heard.push(performance.now());
      done();
    });
    await asker.subscribe(['answer/#']);
    const tookMs: number[] = [];
    for (let count = 0; count < 11; count++) {
      const beganMs = performance.now();
      await asker.publish('question/x', 'x');
      await until(() => heard.length > count, 'the answer');
      tookMs.push((heard[count] ?? Number.POSITIVE_INFINITY) - beganMs);
    }
    // With Nagle's algorithm half of them take 40 ms and more.
    expect(tookMs.sort((one, other) => one - other)[5]).toBeLessThan(35);
    await Promise.all([reader.end(), asker.end()]);
  });
});

describe('staying connected', () => {
  it('opens another connection after each end, and says why', async () => {
    const own = await startBroker();
    const stopping = new AbortController();
    const problems: string[] = [];
    let begun = 0;
    const parts = {
      open: (signal: AbortSignal) => openConnection({ url: own.url }, {}, (_, done) => done(), signal),
      begin: async () => {
        begun++;
      },
      problem: (text: string) => problems.push(text),
    };
    const running = keepConnected(parts, stopping.signal);
    await until(() => begun === 1, 'the first');
    await own.stop('SIGKILL');
    await until(() => problems.some((text) => text.includes('ECONNREFUSED')), 'the complaint');
    const again = await startBroker({ port: own.port });
    await until(() => begun === 2, 'the second');
    stopping.abort();
    await running;
    await again.stop();
  }, 20_000);

  it('says goodbye where it leaves on purpose or could not begin, so that no will is published', async () => {
    const witness = await listen(broker.url);
    const will = { topic, body: 'will' };
    const stopping = new AbortController();
    const parts = (begin: (connection: Connection) => Promise<void>) => ({
      open: () => open(undefined, { will }),
      begin,
      problem: () => undefined,
    });
    let begun = false;
    const leaving = keepConnected(
      parts(async () => {
        begun = true;
      }),
      stopping.signal,
    );
    await until(() => begun, 'the connection');
    stopping.abort();
    await leaving;
    const failing = new AbortController();
    let attempts = 0;
    const trying = keepConnected(
      parts(() => {
        attempts++;
        return Promise.reject(new Error('not granted'));
      }),
      failing.signal,
    );
    await until(() => attempts === 2, 'two attempts');
    failing.abort();
    await trying;
    expect(witness.of(topic)).toEqual([]);
    (await open(undefined, { will })).destroy();
    await until(() => witness.of(topic).length === 1, 'the will of one that is gone');
    await witness.client.endAsync(true);
  }, 20_000);
});

/** Accepts a connection, and answers nothing that comes after. */
async function silentBroker(): Promise<{ port: number; close: () => void }> {
  const connackAccepted = Buffer.from([0x20, 3, 0, 0, 0]);
  const server = createServer((socket) => socket.once('data', () => socket.write(connackAccepted)).on('error', () => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { port: address === null || typeof address === 'string' ? 0 : address.port, close: () => server.close() };
}
