/** What the tests of the uplink share: brokers, folders, servers and uplinks that are gone after each test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { type Broker, startBroker } from '../../../../centre/demo/broker.ts';
import { uplinkOptionsSchema } from '../../../../firmware/agent/uplink/options.ts';
import { Uplink, type UplinkParts } from '../../../../firmware/agent/uplink/uplink.ts';
import type { OutboxReader } from '../../../../firmware/outbox/outbox.ts';
import { until } from './listener.ts';
import { TestCentre } from './test-centre.ts';
import { TestOutbox } from './test-outbox.ts';

export const box = 'test-box';
/** Long enough for a look at the outbox and several batches of the centre. */
export const aWhileMs = 400;
const cleanups: (() => Promise<unknown> | unknown)[] = [];

/** Last in, first out, after the test. */
export function afterTest(cleanup: () => Promise<unknown> | unknown): void {
  cleanups.push(cleanup);
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

export function folderOf(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-test-'));
  afterTest(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function brokerOf(options: Parameters<typeof startBroker>[0] = {}): Promise<Broker> {
  const broker = await startBroker(options);
  afterTest(() => broker.stop());
  return broker;
}

export async function centreOf(url: string, options: Parameters<typeof TestCentre.start>[1] = {}): Promise<TestCentre> {
  const centre = await TestCentre.start(url, options);
  afterTest(() => centre.stop());
  return centre;
}

/** An outbox with so many alerts. */
export function filled(count: number): TestOutbox {
  const outbox = new TestOutbox();
  for (let index = 0; index < count; index++) outbox.append('alert', `{"schema":"test/1","text":"${index}"}`);
  return outbox;
}

export function uplinkOf(options: object, outbox: OutboxReader = new TestOutbox(), parts: Partial<UplinkParts> = {}): Uplink {
  const uplink = new Uplink({
    options: uplinkOptionsSchema.parse({ backoff: { firstMs: 30, ceilingMs: 60 }, ...options }),
    box,
    outbox,
    presence: ({ online, session }) => ({
      schema: 'presence/1',
      box,
      online,
      boot: 'b',
      session,
      ts: new Date().toISOString(),
      versions: { firmware: '0', node: '24' },
    }),
    log: { info: () => {}, warn: () => {} },
    ...parts,
  });
  afterTest(() => uplink.stop());
  uplink.start();
  return uplink;
}

export async function connected(uplink: Uplink): Promise<void> {
  await until(() => uplink.state.connectedSinceMs !== undefined, 'the connection');
}

/** What a plain TCP server on a free port says to each connection. */
export async function serverOf(talk: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    talk(socket);
  });
  afterTest(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return await portOf(server);
}

/** Listens on a free port of the loopback address. */
export async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
