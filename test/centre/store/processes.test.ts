/** What holds where processes of the centre are many, and die. Both databases. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openStore } from '../../../centre/store/open-store.ts';
import { databases } from './databases.ts';
import { startPostgres } from './postgres-server.ts';
import { randomOf } from './random.ts';

const program = fileURLToPath(new URL('committing-process.ts', import.meta.url));
// On a machine that does much else.
const testTimeoutMs = 60_000;
vi.setConfig({ testTimeout: testTimeoutMs, hookTimeout: testTimeoutMs });
const endless = Number.MAX_SAFE_INTEGER;

interface Committing {
  child: ChildProcess;
  /** The last number of each batch that `commit` resolved for, and how many of it were new. */
  said: { last: number; fresh: number }[];
  /** Resolves once that many batches were committed; rejects where the process ends before. */
  batches(count: number): Promise<void>;
  ended: Promise<unknown>;
}

/** Of each pair: FROM, TO and SIZE of a process. Each has opened the store before any begins. */
async function commitAtOnce(location: string, ...tasks: [from: number, to: number, size: number][]): Promise<Committing[]> {
  const all = tasks.map((task) => startCommitting(location, task));
  await Promise.all(all.map(({ opened }) => opened));
  for (const { child } of all) child.stdin?.write('go\n');
  return all;
}

function startCommitting(location: string, task: number[]): Committing & { opened: Promise<void> } {
  const child = spawn(process.execPath, [program, location, ...task.map(String)], { stdio: 'pipe' });
  const said: Committing['said'] = [];
  let isOpen = false;
  let text = '';
  let complaint = '';
  child.stdin.on('error', () => {});
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString('utf8');
  });
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (text + chunk.toString('utf8')).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      const [last = 0, fresh = 0] = line.split(' ').map(Number);
      if (line === 'open') isOpen = true;
      else said.push({ last, fresh });
    }
    child.emit('said');
  });
  const ended = once(child, 'close');
  const until = async (isTrue: () => boolean) => {
    while (!isTrue()) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`ended early: ${complaint}`);
      await Promise.race([once(child, 'said'), ended]);
    }
  };
  return { child, said, batches: (count) => until(() => said.length >= count), ended, opened: until(() => isOpen) };
}

describe.each(databases)('processes that commit to %s', (_, create) => {
  const database = create();
  beforeAll(() => database.start());
  afterAll(() => database.stop());

  it('lose nothing that commit() resolved for when they are killed, and leave nothing half done', async () => {
    const location = await database.location();
    const random = randomOf(11);
    let from = 1;
    for (let round = 0; round < 5; round++) {
      const [committing] = await commitAtOnce(location, [from, endless, 40]);
      const { child, said, batches, ended } = committing!;
      await batches(1 + random(12));
      child.kill('SIGKILL');
      await ended;
      const resolved = said.at(-1)?.last ?? 0;
      const store = await openStore(location);
      const [outbox] = await store.outboxes();
      expect(outbox?.messages).toBeGreaterThanOrEqual(resolved);
      // A batch that was under way is there as a whole or not at all.
      expect((outbox?.messages ?? 0) % 40).toBe(0);
      expect(outbox?.messages).toBe(outbox?.last);
      expect(await store.holes()).toEqual([]);
      expect((await store.alerts({ limit: 100_000 })).length).toBe(outbox?.messages);
      await store.close();
      from = (outbox?.last ?? 0) + 1;
    }
    expect(from).toBeGreaterThan(200);
  });

  it('commit the same messages at once: each is new to exactly one of them', async () => {
    const location = await database.location();
    // One goes up, one goes down: they meet.
    const both = await commitAtOnce(location, [1, 3_000, 70], [3_000, 1, 110]);
    await Promise.all(both.map(({ ended }) => ended));
    expect(both.map(({ child }) => child.exitCode)).toEqual([0, 0]);
    expect(both.flatMap(({ said }) => said).reduce((sum, { fresh }) => sum + fresh, 0)).toBe(3_000);
    expect(both.every(({ said }) => said.some(({ fresh }) => fresh > 0))).toBe(true);
    const store = await openStore(location);
    expect(await store.outboxes()).toMatchObject([{ messages: 3_000, last: 3_000 }]);
    expect(await store.holes()).toEqual([]);
    await store.close();
  });

  it('share one box: what one passes over the other fills', async () => {
    const location = await database.location();
    const both = await commitAtOnce(location, [1_500, 1, 50], [1_501, 3_000, 50]);
    await Promise.all(both.map(({ ended }) => ended));
    const store = await openStore(location);
    expect(await store.outboxes()).toMatchObject([{ messages: 3_000, last: 3_000 }]);
    expect(await store.holes()).toEqual([]);
    await store.close();
  });
});

describe('a PostgreSQL server that dies', () => {
  it('loses nothing that commit() resolved for, though it is set to answer before the disk has it; the store goes on with it', async () => {
    const server = await startPostgres();
    try {
      const store = await openStore(server.url);
      const [committing] = await commitAtOnce(server.url, [1, endless, 40]);
      const { child, said, batches, ended } = committing!;
      await batches(8);
      await server.restart('immediate');
      await ended;
      expect(child.exitCode).not.toBe(0);
      const [outbox] = await store.outboxes();
      expect(outbox?.messages).toBeGreaterThanOrEqual(said.at(-1)?.last ?? endless);
      expect(outbox?.messages).toBe(outbox?.last);
      await store.close();
    } finally {
      await server.stop();
    }
  });
});
