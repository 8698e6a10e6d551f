import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Broker, startBroker } from '../../../centre/demo/broker.ts';
import { Ingest } from '../../../centre/ingest/ingest.ts';
import { limitsSchema } from '../../../centre/ingest/notice/limits.ts';
import { openStore } from '../../../centre/store/open-store.ts';
import { broadcast } from '../../../firmware/contract/topics.ts';
import { listen, until } from '../../firmware/agent/uplink/listener.ts';
import { type PostgresServer, startPostgres } from '../store/postgres-server.ts';
import { connectBox, type IngestProcess, startIngest, type TestBox } from './ingest-process.ts';

/** The line to a database server, which can be cut and mended. */
class Line {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  constructor(targetPort: number) {
    this.#server = createServer((socket) => {
      if (this.#isCut) {
        socket.destroy();
        return;
      }
      const target = connect(targetPort, '127.0.0.1');
      for (const end of [socket, target]) {
        this.#sockets.add(end);
        end.on('error', () => undefined).on('close', () => this.#sockets.delete(end));
      }
      socket.pipe(target).pipe(socket);
      socket.on('close', () => target.destroy());
      target.on('close', () => socket.destroy());
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    return address === null || typeof address === 'string' ? 0 : address.port;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

let broker: Broker;
let postgres: PostgresServer;
let line: Line;
let location: string;
let box: TestBox;
let databases = 0;
const running: IngestProcess[] = [];
beforeAll(async () => {
  [broker, postgres] = await Promise.all([startBroker(), startPostgres()]);
}, 60_000);
afterAll(async () => {
  await Promise.all([broker.stop(), postgres.stop()]);
});
beforeEach(async () => {
  const url = new URL(postgres.createDatabase(`away_${++databases}`));
  line = new Line(Number(url.port));
  url.port = String(await line.listen());
  location = url.href;
  box = await connectBox(broker.url);
});
afterEach(async () => {
  for (const ingest of running.splice(0)) await ingest.stop('SIGKILL');
  await box.end();
  line.close();
});

const acked = () => new Set(box.acked.get('o1')).size;

describe('ingest without its store', () => {
  it('acknowledges nothing while the database is away, says so once, and stores all of it when it is back', async () => {
    const ingest = await startIngest(broker.url, location);
    running.push(ingest);
    await box.alert(1);
    await until(() => box.isAcked(1), 'the first ack');
    line.cut();
    await Promise.all([2, 3, 4, 5].map((seq) => box.alert(seq)));
    await until(() => ingest.said.err.includes('takes nothing'), 'the complaint');
    expect(acked()).toBe(1);
    line.mend();
    await until(() => acked() === 5, 'the acks', 15_000);
    expect(await ingest.stop()).toBe(0);
    const said = ingest.said.err.trim().split('\n');
    expect(said).toHaveLength(2);
    expect(said[1]).toContain('takes messages again');
    line.close();
    const direct = await openStore(`${location.replace(/:\d+\//, `:${new URL(postgres.url).port}/`)}`);
    expect((await direct.outboxes())[0]).toMatchObject({ messages: 5, last: 5 });
    await direct.close();
  }, 60_000);

  it('leaves the broker when the store stays away, tells the boxes, and comes back with another generation', async () => {
    const listener = await listen(broker.url);
    const states = () => listener.of(broadcast.centreState).map(({ body }) => JSON.parse(body) as { online: boolean; generation: string });
    const stopping = new AbortController();
    const store = await openStore(location);
    const said: string[] = [];
    const running = new Ingest({
      access: { url: broker.url },
      clientId: 'alone',
      store,
      storeAwayMs: 300,
      limits: limitsSchema.parse({}),
      keepDays: 365,
      isBrokerLogWanted: false,
      log: { info: () => undefined, warn: () => undefined },
      say: (text) => said.push(text),
    }).run(stopping.signal);
    try {
      await until(() => states().at(-1)?.online === true, 'the centre to be there');
      const first = states().at(-1)?.generation;
      line.cut();
      await box.alert(1);
      await until(() => states().at(-1)?.online === false, 'the goodbye', 15_000);
      // Nobody hears this one: the box sends it again when the centre is back.
      await box.alert(2);
      line.mend();
      await until(() => states().at(-1)?.online === true, 'the return', 15_000);
      expect(states().at(-1)?.generation).not.toBe(first);
      await until(() => box.isAcked(1), 'the message that was waiting here');
      await box.alert(2);
      await until(() => box.isAcked(2), 'the message sent again');
      expect(said).toHaveLength(2);
    } finally {
      stopping.abort();
      await running;
      await listener.client.endAsync(true);
    }
  }, 60_000);

  it('waits for a database server that starts later', async () => {
    line.cut();
    const starting = startIngest(broker.url, location);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    line.mend();
    const ingest = await starting;
    running.push(ingest);
    expect(ingest.child.exitCode).toBeNull();
    expect(ingest.said.err.trim().split('\n')).toHaveLength(1);
    expect(await ingest.stop()).toBe(0);
  }, 60_000);
});
