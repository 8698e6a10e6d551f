import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { IClientOptions } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogEventKind } from '../../../centre/broker/log-line.ts';
import { down, up } from '../../../firmware/contract/topics.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';
import { type CentreBroker, startCentreBroker, type TestAccess } from './centre-broker.ts';
import { Authority } from './pki.ts';
import { connectTo, credentials, proveAlive, type TestClient } from './test-client.ts';

/** MQTT 5 CONNECT, clean start, keep-alive 60 s, client id `stranger`. */
const connectPacket = Buffer.from('101500044d515454050200 3c 00 0008 737472616e676572'.replaceAll(' ', ''), 'hex');

describe('the door of the centre’s broker', () => {
  let broker: CentreBroker;
  let box: TestClient;
  let ingest: TestClient;
  let foreign: Authority;

  beforeAll(async () => {
    broker = await startCentreBroker();
    ingest = await connectTo(await broker.service('centre.ingest'), { clientId: 'centre.ingest.1' });
    await ingest.subscribe('vonggac/1/up/#');
    box = await connectTo(await broker.box('hx-01'));
    // Of the same name as the real one.
    foreign = await Authority.create(join(broker.folder, 'foreign'), 'Test CA boxes');
  });

  afterAll(async () => {
    await Promise.all([box, ingest].map((client) => client?.close()));
    await broker?.stop();
  });

  /** Refused before MQTT, told in the log, and nobody else is touched. */
  async function refused(access: TestAccess, kind: LogEventKind, options: IClientOptions & { maxVersion?: string } = {}): Promise<void> {
    const before = broker.events().filter((event) => event.kind === kind).length;
    await expect(connectTo(access, { connectTimeout: 5_000, ...options })).rejects.toThrow(/alert|ECONNRESET|closed|socket/i);
    await until(() => broker.events().filter((event) => event.kind === kind).length > before, `${kind} in the log`);
    expect([box.isOpen, ingest.isOpen]).toEqual([true, true]);
    await proveAlive(box, 'hx-01', ingest);
  }

  it('stays shut for a client without a certificate', async () => {
    const access = await broker.box('hx-02');
    await refused(access, 'certificate-missing', { cert: '', key: '' });
    await refused(await broker.service('centre.watch'), 'certificate-missing', { cert: '', key: '' });
  });

  it('stays shut for a certificate of a foreign authority, also one of the same name', async () => {
    await refused(broker.boxWith(await foreign.issue('hx-01')), 'certificate-refused');
    await refused(broker.serviceWith(await foreign.issue('centre.ingest')), 'certificate-refused');
  });

  it('stays shut for a certificate that has ended or has not begun', async () => {
    for (const validity of ['expired', 'future'] as const)
      await refused(broker.boxWith(await broker.pki.boxes.issue('hx-02', { validity })), 'certificate-refused');
  });

  it('stays shut for a certificate that is made for servers', async () => {
    await refused(broker.boxWith(await broker.pki.boxes.issue('hx-02', { usage: 'server' })), 'certificate-refused');
  });

  it('stays shut for a box at the port of the services, and for a service at the port of the boxes', async () => {
    await refused({ ...(await broker.box('hx-01')), url: (await broker.service('centre.watch')).url }, 'certificate-refused');
    await refused({ ...(await broker.service('centre.ingest')), url: (await broker.box('hx-01')).url }, 'certificate-refused');
  });

  it('stays shut for TLS 1.2', async () => {
    await refused(await broker.box('hx-02'), 'tls-failed', { maxVersion: 'TLSv1.2' });
  });

  it.each([
    ['MQTT', connectPacket],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: broker\r\n\r\n')],
  ])('stays shut for plain %s', async (_name, bytes) => {
    const before = broker.events().filter(({ kind }) => kind === 'tls-failed').length;
    const socket = connect(broker.port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('hex');
    });
    // A reset is as good a refusal as an end.
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(bytes);
    await closed;
    // Nothing, or a TLS alert (RFC 8446 §5.1: content type 21).
    expect(answer).toMatch(/^(15.*)?$/);
    await until(() => broker.events().filter(({ kind }) => kind === 'tls-failed').length > before, 'the event');
    await proveAlive(box, 'hx-01', ingest);
  });

  it('gives no rights of a service to a box whose certificate has the name of one', async () => {
    const certificate = await broker.pki.boxes.issue('centre.ingest');
    await refused(broker.serviceWith(certificate), 'certificate-refused');
    const impostor = await connectTo(broker.boxWith(certificate));
    await impostor.subscribe('#', 'vonggac/1/up/#', '$SYS/broker/log/#');
    expect(await impostor.publish(down.ack('hx-01'))).toBe(135);
    expect(await impostor.publish('vonggac/1/bcast/centre/state')).toBe(135);
    await proveAlive(box, 'hx-01', ingest);
    expect(impostor.heard).toEqual([]);
    const denied = () => broker.events().filter(({ kind, client }) => kind === 'publish-denied' && client === 'centre.ingest');
    await until(() => denied().length >= 2, 'the refusals in the log');
    await impostor.close();
  });

  it('lets nobody in whose certificate has no name', async () => {
    const nameless = await broker.pki.boxes.issue('', { subject: '/O=Office' });
    await expect(connectTo(broker.boxWith(nameless))).rejects.toThrow();
    await until(() => broker.events().some(({ kind }) => kind === 'name-refused'), 'the event');
    await proveAlive(box, 'hx-01', ingest);
  });

  it.each(['#', '+', 'hx-#', 'hx-+'])('gives no rights to the name %s', async (name) => {
    const wild = await connectTo(broker.boxWith(await broker.pki.boxes.issue(name)));
    await wild.subscribe('vonggac/1/down/#', 'vonggac/1/bcast/#');
    expect(await wild.publish(up.alert('hx-01'))).toBe(135);
    expect(await wild.publish(up.alert(name.replaceAll(/[#+]/g, 'x')))).toBe(135);
    await proveAlive(box, 'hx-01', ingest);
    expect(wild.heard).toEqual([]);
    await until(() => broker.events().some(({ kind, client }) => kind === 'name-refused' && client === name), 'the event');
    await wild.close();
  });

  it('gives out no session tickets: with one, a certificate that has ended meanwhile would come in again', async () => {
    const socket = connectTls({ host: '127.0.0.1', port: broker.port, ...credentials(await broker.box('hx-03')) });
    let tickets = 0;
    socket.on('session', () => {
      tickets++;
    });
    socket.write(connectPacket);
    // The greeting of MQTT comes after whatever belongs to the handshake.
    const [greeting] = await once(socket, 'data');
    expect(Buffer.from(greeting).toString('hex').slice(0, 2)).toBe('20');
    expect(tickets).toBe(0);
    socket.destroy();
  });
});
