import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LogEventKind } from '../../../centre/broker/log-line.ts';
import { packetBytesMax } from '../../../centre/broker/mosquitto-conf.ts';
import { up } from '../../../firmware/contract/topics.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';
import { type CentreBroker, startCentreBroker } from './centre-broker.ts';
import { connectTo, credentials, proveAlive, type TestClient } from './test-client.ts';

const host = '127.0.0.1';
const string = (text: string) => Buffer.concat([Buffer.from([0, text.length]), Buffer.from(text)]);
const packet = (type: number, ...parts: Buffer[]) => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([type, body.length]), body]);
};
/** MQTT 5 §3.1: clean start, keep-alive 60 s, no properties. */
const connectPacket = packet(0x10, string('MQTT'), Buffer.from([5, 2, 0, 60, 0]), string('any'));

describe('the centre’s broker under abuse', () => {
  let broker: CentreBroker;
  let box: TestClient;
  let ingest: TestClient;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    broker = await startCentreBroker();
    ingest = await connectTo(await broker.service('centre.ingest'));
    await ingest.subscribe('vonggac/1/up/#');
    box = await connectTo(await broker.box('hx-01'));
  });

  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  afterAll(async () => {
    await Promise.all([box, ingest].map((client) => client?.close()));
    await broker?.stop();
  });

  const count = (kind: LogEventKind) => broker.events().filter((event) => event.kind === kind).length;

  /** TLS with the certificate of a box, and no MQTT yet. */
  async function secureSocket(id: string): Promise<TLSSocket> {
    const socket = connectTls({ host, port: broker.port, ...credentials(await broker.box(id)) });
    sockets.push(socket);
    socket.on('error', () => undefined);
    await new Promise<void>((resolve) => socket.once('secureConnect', () => resolve()));
    return socket;
  }

  async function expectClosed(socket: TLSSocket, ...bytes: Buffer[]): Promise<void> {
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    // What the broker says before is not read otherwise, and the end not noticed.
    socket.resume();
    for (const part of bytes) socket.write(part);
    await closed;
  }

  it('takes the largest piece of evidence and puts out whoever sends more than the limit', async () => {
    const sender = await connectTo(await broker.box('hx-02'));
    const topic = up.evidence('hx-02', '01940000-0000-7000-8000-000000000001', 12);
    expect(await sender.publish(topic, Buffer.alloc(128 * 1024, 1))).toBe(0);
    await until(() => ingest.heard.some((heard) => heard.topic === topic && heard.body.length === 128 * 1024), 'the evidence');
    expect(sender.client.options.properties?.maximumPacketSize ?? packetBytesMax).toBe(packetBytesMax);
    const before = count('packet-oversize');
    // mqtt.js heeds the limit that the broker names, so the bytes are written by hand.
    const socket = await secureSocket('hx-03');
    socket.write(connectPacket);
    // MQTT 5 §1.5.5: a remaining length of 300,000.
    await expectClosed(socket, Buffer.from([0x32, 0xe0, 0xa7, 0x12]), Buffer.alloc(1_000));
    await until(() => count('packet-oversize') > before, 'the event');
    expect(broker.events().find(({ kind }) => kind === 'packet-oversize')?.client).toBe('hx-03');
    await proveAlive(box, 'hx-01', ingest);
    await sender.close();
  });

  it.each<[string, Buffer[]]>([
    ['another packet in place of CONNECT', [packet(0x30, string('a'), Buffer.from('x'))]],
    ['a CONNECT of an unknown protocol', [packet(0x10, string('MQXX'), Buffer.from([5, 2, 0, 60, 0]), string('any'))]],
    ['a CONNECT cut short within its length', [packet(0x10, string('MQTT'), Buffer.from([5]))]],
    [
      'a CONNECT whose strings run past its end',
      [packet(0x10, string('MQTT'), Buffer.from([5, 2, 0, 60, 0, 0xff, 0xff]), Buffer.from('x'))],
    ],
    ['a CONNECT with a length of five bytes', [Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0x7f])]],
    ['a second CONNECT', [connectPacket, connectPacket]],
    ['a PUBLISH of QoS 3', [connectPacket, packet(0x36, string('a'), Buffer.from([0, 1, 0]))]],
    ['a PUBLISH of QoS 2', [connectPacket, packet(0x34, string(up.alert('hx-04')), Buffer.from([0, 1, 0]), Buffer.from('x'))]],
    ['a PUBLISH to a wildcard', [connectPacket, packet(0x32, string('vonggac/1/up/+/alert'), Buffer.from([0, 1, 0]), Buffer.from('x'))]],
    [
      'a PUBLISH whose topic holds a line feed',
      [connectPacket, packet(0x32, string('a\n2026: Denied'), Buffer.from([0, 1, 0]), Buffer.from('x'))],
    ],
    ['a PUBLISH whose topic is no UTF-8', [connectPacket, packet(0x32, Buffer.from([0, 2, 0xc3, 0x28]), Buffer.from([0, 1, 0]))]],
    ['a SUBSCRIBE to nothing', [connectPacket, packet(0x82, Buffer.from([0, 1, 0]))]],
    ['a packet of reserved type 0', [connectPacket, Buffer.from([0x00, 0x00])]],
  ])('ends a connection that sends %s, and shows it', async (_name, bytes) => {
    const before = count('protocol-error');
    await expectClosed(await secureSocket('hx-04'), ...bytes);
    await until(() => count('protocol-error') > before, 'the event');
    await proveAlive(box, 'hx-01', ingest);
  });

  it('stands random bytes, before and after TLS, while a box goes on', async () => {
    const before = count('tls-failed') + count('protocol-error');
    const noise = Array.from({ length: 40 }, (_, seed) => pseudoRandomBytes(seed + 1, 400));
    const plain = noise.map((bytes) => {
      const socket = connect(broker.port, host);
      sockets.push(socket);
      socket.on('error', () => undefined).resume();
      socket.end(bytes);
      return new Promise((resolve) => socket.once('close', resolve));
    });
    const secure = noise.slice(0, 20).map(async (bytes, index) => {
      const socket = await secureSocket('hx-05');
      // Half of them greet properly first.
      if (index % 2 === 0) socket.write(connectPacket);
      socket.resume().end(bytes);
      await new Promise((resolve) => socket.once('close', resolve));
    });
    await proveAlive(box, 'hx-01', ingest);
    await Promise.all([...plain, ...secure]);
    await proveAlive(box, 'hx-01', ingest);
    expect(count('tls-failed') + count('protocol-error')).toBeGreaterThan(before);
    expect(broker.events().filter(({ kind }) => kind === 'configuration-fault')).toEqual([]);
  });

  it('serves a box at once while 500 connections say nothing and 100 stop in the middle of CONNECT', async () => {
    const opened: Promise<unknown>[] = [];
    for (let index = 0; index < 500; index++) {
      const socket = connect(broker.port, host);
      sockets.push(socket);
      socket.on('error', () => undefined);
      opened.push(new Promise((resolve) => socket.once('connect', resolve)));
      // A third begins a TLS handshake and stops there (RFC 8446 §5.1: a record of 512 bytes is announced).
      if (index % 3 === 0) socket.write(Buffer.from('16030102000100', 'hex'));
    }
    await Promise.all(opened);
    const halfways = await Promise.all(Array.from({ length: 100 }, () => secureSocket('hx-06')));
    for (const socket of halfways) socket.write(connectPacket.subarray(0, 9));
    const startMs = performance.now();
    const newcomer = await connectTo(await broker.box('hx-07'));
    await proveAlive(newcomer, 'hx-07', ingest);
    for (let index = 0; index < 20; index++) await proveAlive(box, 'hx-01', ingest);
    expect(performance.now() - startMs).toBeLessThan(4_000);
    expect(sockets.filter(({ destroyed }) => destroyed)).toEqual([]);
    expect(count('connections-full')).toBe(0);
    await newcomer.close();
  });

  it('keeps the log bounded, and every other refusal in it, while one box floods it', async () => {
    const flood = await connectTo(await broker.box('hx-08'));
    const other = await connectTo(await broker.box('hx-09'));
    const linesBefore = broker.log.length;
    const startMs = performance.now();
    await Promise.all(Array.from({ length: 3_000 }, (_, index) => flood.publish(up.alert(`other-${index}`))));
    expect(await other.publish(up.alert('hx-99'))).toBe(135);
    await until(() => broker.events().some(({ client, topic }) => client === 'hx-09' && topic === up.alert('hx-99')), 'the other refusal');
    const seconds = (performance.now() - startMs) / 1_000;
    const lines = broker.log.slice(linesBefore).filter((line) => line.includes('Denied PUBLISH from hx-08'));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(20 * (Math.ceil(seconds) + 1));
    // How many are missing is told with the next line of a later second.
    await until(() => {
      void other.publish(up.alert('hx-99')).catch(() => undefined);
      return broker.events().some(({ kind }) => kind === 'lines-left-out');
    }, 'the count of the lines left out');
    await proveAlive(box, 'hx-01', ingest);
    await Promise.all([flood, other].map((client) => client.close()));
  });
});

describe('the centre’s broker when a box fills its memory', () => {
  it('puts that box out and goes on with the others', async () => {
    // A sixteenth of what is delivered, so that a few seconds fill it.
    const broker = await startCentreBroker({ extraLines: ['memory_limit 16777216'] });
    try {
      const ingest = await connectTo(await broker.service('centre.ingest'));
      await ingest.subscribe(up.alert('+'));
      const box = await connectTo(await broker.box('hx-01'));
      const bad = await connectTo(await broker.box('hx-02'));
      const piece = Buffer.alloc(100_000, 1);
      const fill = async () => {
        for (let index = 0; index < 1_000; index++) await bad.publish(up.evidence('hx-02', 'a', index), piece, { retain: true });
      };
      await expect(fill()).rejects.toThrow('closed');
      await until(() => broker.events().some(({ kind, client }) => kind === 'memory-full' && client === 'hx-02'), 'the event');
      await proveAlive(box, 'hx-01', ingest);
      // And ingest may wipe out what the box left.
      for (let index = 0; index < 200; index++) await ingest.publish(up.evidence('hx-02', 'a', index), '', { retain: true });
      const again = await connectTo(await broker.box('hx-03'));
      expect(await again.publish(up.evidence('hx-03', 'a', 0), piece)).toBe(0);
      await Promise.all([ingest, box, again].map((client) => client.close()));
    } finally {
      await broker.stop();
    }
  });
});

/** The same bytes at each run (xorshift32). */
function pseudoRandomBytes(seed: number, length: number): Buffer {
  let state = Math.imul(seed, 2_654_435_761);
  return Buffer.from(
    Array.from({ length }, () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state & 0xff;
    }),
  );
}
