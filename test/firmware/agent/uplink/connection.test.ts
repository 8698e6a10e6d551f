import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openConnection } from '../../../../firmware/agent/uplink/connection.ts';
import { uplinkOptionsSchema } from '../../../../firmware/agent/uplink/options.ts';
import { afterTest, brokerOf, serverOf } from './bench.ts';
import { listen, until } from './listener.ts';

const never = new AbortController().signal;
const alert = { topic: 'vonggac/1/up/test-box/alert', body: '{}', qos: 1, retain: false, contentType: 'application/json' } as const;
const bytes = (...values: number[]) => Buffer.from(values);

/** Packets as a broker sends them (MQTT 5 §3), to be spoiled. */
const packets = [
  bytes(0x20, 3, 0, 0, 0),
  bytes(0x20, 9, 0, 0, 6, 0x21, 0, 10, 0x22, 0, 5),
  bytes(0x40, 2, 0, 1),
  bytes(0x40, 4, 0, 1, 0x87, 0),
  bytes(0x90, 5, 0, 2, 0, 1, 1),
  Buffer.concat([bytes(0x32, 15, 0, 5), Buffer.from('a/b/c'), bytes(0, 7, 0), Buffer.from('hello')]),
  Buffer.concat([
    bytes(0x30, 29, 0, 5),
    Buffer.from('a/b/c'),
    bytes(19, 0x26, 0, 3, 1, 2, 3, 0, 3, 4, 5, 6, 9, 0, 2, 1, 2, 0x23, 0, 9),
    bytes(1, 2),
  ]),
  // No packet identifier, or none that may be: mqtt.js throws where it answers these.
  bytes(0x32, 4, 0, 1, 97, 0),
  bytes(0x32, 3, 0, 1, 97),
  bytes(0xe0, 2, 0x8b, 0),
  bytes(0xd0, 0),
];

/** Numbers from 0 to below 1, the same in every run (a linear congruential generator, constants of Numerical Recipes). */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function spoiled(random: () => number): Buffer {
  const below = (limit: number) => Math.floor(random() * limit);
  const parts = [packets[0] ?? Buffer.alloc(0)];
  for (let count = below(6); count >= 0; count--) {
    const packet = Buffer.from(packets[below(packets.length)] ?? []);
    for (let flips = below(4); flips > 0; flips--) packet[1 + below(packet.length - 1)] = random() < 0.5 ? below(12) : below(256);
    parts.push(random() < 0.05 ? packet.subarray(0, below(packet.length)) : packet);
  }
  return Buffer.concat(parts);
}

describe('a connection', { timeout: 20_000 }, () => {
  it('ends, and the process does not, by whatever a broker sends', async () => {
    const random = numbersFrom(20_200_123);
    const port = await serverOf((socket) => {
      socket.once('data', () => socket.end(spoiled(random)));
    });
    const options = uplinkOptionsSchema.parse({ url: `mqtt://127.0.0.1:${port}`, connectTimeoutMs: 1_000 });
    const reasons = new Set<string>();
    const once = async () => {
      try {
        const connection = await openConnection(options, { clientId: 'box-1', expirySeconds: 300, receive: () => {} }, never);
        const asked = [connection.publish(alert), connection.publish(alert), connection.subscribe(['a', 'b'])];
        reasons.add(await connection.closed);
        // Nothing is left without an answer.
        await Promise.allSettled(asked);
      } catch (error) {
        reasons.add(String(error));
      }
    };
    for (let round = 0; round < 60; round++) await Promise.all(Array.from({ length: 10 }, once));
    // The packet at which mqtt.js throws was among them.
    expect([...reasons].join('\n')).toContain('cannot be understood');
    expect(reasons.size).toBeGreaterThan(8);
  }, 60_000);

  it('leaves no message and no session behind where none is asked for, and a session where one is', async () => {
    const broker = await brokerOf();
    const listener = await listen(broker.url);
    afterTest(() => listener.client.endAsync(true));
    const options = uplinkOptionsSchema.parse({ url: broker.url });
    const heard: string[] = [];
    const visit = async (expirySeconds?: number) => {
      const receive = ({ topic }: { topic: string }) => heard.push(topic);
      const session = { clientId: 'visitor', receive, ...(expirySeconds === undefined ? {} : { expirySeconds }) };
      const connection = await openConnection(options, session, never);
      await connection.subscribe(['visit/#']);
      await sleep(50);
      await connection.end();
    };
    await visit();
    await listener.client.publishAsync('visit/one', '1', { qos: 1 });
    await visit(60);
    await listener.client.publishAsync('visit/two', '2', { qos: 1 });
    await visit(60);
    expect(heard).toEqual(['visit/two']);
    expect(listener.heard).toEqual([]);
  });

  it('is told what a subscription was refused for', async () => {
    // CONNACK, and a SUBACK with "not authorized" for the second of two topics.
    const port = await serverOf((socket) => {
      socket.once('data', () => socket.write(bytes(0x20, 3, 0, 0, 0)));
      socket.on('data', (data) => {
        if (data[0] === 0x82) socket.write(bytes(0x90, 5, data[2] ?? 0, data[3] ?? 0, 0, 1, 0x87));
      });
    });
    const connection = await openConnection(uplinkOptionsSchema.parse({ url: `mqtt://127.0.0.1:${port}` }), { clientId: 'box-1' }, never);
    await expect(connection.subscribe(['a', 'b'])).rejects.toThrow(/not authorized/i);
    connection.destroy();
    await connection.closed;
  });

  it('keeps nothing open where the will cannot be written', async () => {
    let closed = 0;
    const port = await serverOf((socket) => socket.once('close', () => closed++).resume());
    const will = () => {
      throw new Error('no number');
    };
    await expect(
      openConnection(uplinkOptionsSchema.parse({ url: `mqtt://127.0.0.1:${port}` }), { clientId: 'box-1', will }, never),
    ).rejects.toThrow('no number');
    await until(() => closed === 1, 'the end at the other side');
  });

  it('does not grow the process by being made and lost', async () => {
    const port = await serverOf((socket) => {
      socket.once('data', () => socket.end(bytes(0x20, 3, 0, 0, 0)));
    });
    const options = uplinkOptionsSchema.parse({ url: `mqtt://127.0.0.1:${port}` });
    const stopping = new AbortController();
    const warnings: string[] = [];
    const warn = ({ message }: Error) => warnings.push(message);
    process.on('warning', warn);
    afterTest(() => process.off('warning', warn));
    const many = async (count: number) => {
      for (let index = 0; index < count; index++) {
        const connection = await openConnection(options, { clientId: 'box-1', expirySeconds: 300 }, stopping.signal);
        connection.publish(alert).catch(() => undefined);
        await connection.closed;
      }
      return openHandles();
    };
    const before = await many(20);
    expect(await many(300)).toBeLessThanOrEqual(before + 10);
    expect(warnings).toEqual([]);
  });
});

/** Sockets and timers that hold the process. */
function openHandles(): number {
  return process.getActiveResourcesInfo().length;
}
