import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openStore } from '../../../centre/store/open-store.ts';
import { StoreError, type StoreErrorCode } from '../../../centre/store/store-error.ts';
import { type PostgresServer, startPostgres } from './postgres-server.ts';
import { arrivalOf } from './samples.ts';

// On a machine that does much else.
const testTimeoutMs = 60_000;
vi.setConfig({ testTimeout: testTimeoutMs, hookTimeout: testTimeoutMs });

describe('a store in PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  /** The URL with some of its parts changed. */
  const urlWith = (changes: Partial<Pick<URL, 'password' | 'username' | 'port' | 'pathname' | 'hostname'>>) =>
    String(Object.assign(new URL(server.url), changes));

  async function faultOf(location: string): Promise<StoreError> {
    const fault: unknown = await openStore(location).then(
      (store) => store.close(),
      (error: unknown) => error,
    );
    if (!(fault instanceof StoreError)) throw new Error(`no StoreError: ${String(fault)}`);
    for (const text of [fault.message, fault.inWords('vi')]) {
      expect(text).not.toMatch(/[\n{}]|undefined/);
      expect(text).toContain(';');
      expect(text).not.toContain(new URL(server.url).password);
      expect(text).not.toContain('geheim');
    }
    return fault;
  }

  const faults: [string, () => string, StoreErrorCode][] = [
    ['the password is wrong', () => urlWith({ password: 'geheim' }), 'server.password'],
    ['there is no password', () => urlWith({ password: '' }), 'server.password'],
    ['the user is not known', () => urlWith({ username: 'stranger', password: 'geheim' }), 'server.password'],
    ['nothing listens there', () => urlWith({ port: '1' }), 'server.unreachable'],
    ['the machine has no such name', () => urlWith({ hostname: 'nowhere.invalid' }), 'server.unreachable'],
    ['there is no such database', () => urlWith({ pathname: '/nothing' }), 'server.no-database'],
    ['the socket is not there', () => 'postgres://vonggac:geheim@/x?host=/nonexistent', 'server.unreachable'],
    ['the URL is none', () => 'postgres://vonggac:geheim@host:port/x', 'location.unknown'],
    ['the server speaks no TLS', () => `${server.url}?sslmode=verify-full`, 'server.refused'],
    ['the database holds no Unicode', () => server.createDatabase('latin', 'LATIN1'), 'server.encoding'],
  ];
  it.each(faults)('says so where %s', async (_, location, code) => {
    expect((await faultOf(location())).code).toBe(code);
  });

  it('does not touch the tables of another program', async () => {
    const url = server.createDatabase('foreign_one');
    const client = await clientOf(url);
    await client.query('create table message (text text); create table schema_version (version int)');
    expect((await faultOf(url)).code).toBe('database.foreign');
    await client.query('drop table schema_version');
    expect((await faultOf(url)).code).toBe('database.foreign');
    expect((await client.query("select table_name from information_schema.tables where table_schema = 'public'")).rows).toHaveLength(1);
    await client.end();
  });

  it('says so where this user may not create tables', async () => {
    const url = server.createDatabase('forbidden');
    const client = await clientOf(url);
    await client.query(`create user guest password 'geheim'; revoke create on schema public from public`);
    const guest = Object.assign(new URL(url), { username: 'guest', password: 'geheim' });
    expect((await faultOf(String(guest))).code).toBe('server.permission');
    await client.end();
  });

  it('goes on with a server that was started again, and neither crashes nor hangs while it is away', async () => {
    const url = server.createDatabase('restarted');
    const store = await openStore(url);
    await store.commit([arrivalOf(1)]);
    const restarted = server.restart();
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, (_, index) => store.commit([arrivalOf(index + 2)])));
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(StoreError);
    await restarted;
    expect(await store.commit(Array.from({ length: 7 }, (_, index) => arrivalOf(index + 1)))).toMatchObject({});
    expect(await store.outboxes()).toMatchObject([{ messages: 7, last: 7 }]);
    await store.close();
  });

  it('tries again where two transactions wait for each other', async () => {
    const url = server.createDatabase('deadlock');
    const store = await openStore(url);
    const box = 'box-two';
    await store.commit([arrivalOf(1), arrivalOf(1, { box })]);
    const client = await clientOf(url);
    // So that the server ends the store's transaction, and not this one.
    await client.query(`set deadlock_timeout = '60s'`);
    await client.query('begin');
    await client.query(`select * from box where box = 'box-one' for update`);
    // The commit locks the outboxes first and the boxes last; this does it the other way round.
    const committed = store.commit([arrivalOf(2), arrivalOf(2, { box })]);
    await untilWaiting(url);
    expect((await client.query('select * from outbox for update')).rows).toHaveLength(2);
    await client.query('rollback');
    expect(await committed).toMatchObject({ fresh: 2 });
    await client.end();
    await store.close();
  });

  async function clientOf(url: string): Promise<Client> {
    const client = new Client({ connectionString: url });
    await client.connect();
    return client;
  }

  async function untilWaiting(url: string): Promise<void> {
    const client = await clientOf(url);
    const isWaiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    const endMs = Date.now() + testTimeoutMs / 2;
    while ((await client.query(isWaiting)).rows.length === 0) {
      if (Date.now() > endMs) throw new Error('nothing waits for a lock');
      await sleep(10);
    }
    await client.end();
  }
});
