/**
 * A `postgres://` URL -> connections to a PostgreSQL database with our tables; its faults -> `StoreError`. Knows which conflicts between
 * processes are settled by trying again. Knows nothing of messages and alerts. The only file that imports `pg`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientBase, Pool, type PoolClient, types } from 'pg';
import { postgresFault } from './postgres-fault.ts';
import type { Question, Row } from './questions.ts';
import { pendingMigrations, postgresDialect } from './schema.ts';
import { StoreError } from './store-error.ts';

/** One writes while others read or wait for the disk; a server allows some hundred in all. */
const connectionsMax = 4;
const connectTimeoutMs = 10_000;
/** The longest statement is one of 1,000 messages, or of 8 MiB. The server ends it, and what a process that hangs holds up. */
const statementTimeoutMs = 60_000;
/** Where the server's machine is gone nobody ends it. */
const answerTimeoutMs = 90_000;
/** A deadlock or a conflict is over when the other process has committed. */
const attemptsMax = 6;
const attemptPauseMs = 20;
const conflicts = ['40P01', '40001'];
/** Any number, the same in each process: only one migrates at a time. */
const migrationLock = 0x566f6e67;
const wholeNumberType = 20;

export type Parameter = string | number | boolean | null | Uint8Array | readonly (string | number | boolean | null)[];
export interface Answer {
  rows: Row[];
  /** Rows inserted, updated or deleted. */
  changed: number;
}
/** Runs one statement of a transaction; `?` stands for a value. A script of several statements has none, and no rows. */
export type Run = (sql: string, values?: readonly Parameter[]) => Promise<Answer>;

export class PostgresConnection {
  readonly #pool: Pool;
  /** Without a password: for people. */
  readonly #store: string;
  readonly #names = new Map<string, { name: string; text: string }>();
  #isClosed = false;

  private constructor(location: string, store: string) {
    this.#store = store;
    this.#pool = new Pool({
      connectionString: location,
      application_name: 'vonggac-centre',
      max: connectionsMax,
      connectionTimeoutMillis: connectTimeoutMs,
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: statementTimeoutMs,
      query_timeout: answerTimeoutMs,
      keepAlive: true,
      // Whole numbers of 64 bits; ours are below 2^53.
      types: { getTypeParser: (type, format) => (type === wholeNumberType ? Number : types.getTypeParser(type, format)) },
      onConnect: insistOnDurability,
    });
    // A connection that dies while nobody uses it is replaced; one in use rejects what runs on it.
    this.#pool.on('error', () => {});
    this.#pool.on('connect', (client) => client.on('error', () => {}));
  }

  /** Rejects with a `StoreError`. */
  static async open(location: string): Promise<PostgresConnection> {
    const store = location.replace(/\?.*$/, '').replace(/\/\/([^:@/]*):.*@/, '//$1@');
    let connection: PostgresConnection | undefined;
    try {
      connection = new PostgresConnection(location, store);
      await connection.#requireUtf8();
      await connection.#migrate();
      return connection;
    } catch (error) {
      await connection?.close();
      throw error instanceof StoreError ? error : postgresFault(error, store);
    }
  }

  /** All or nothing; resolves when it is durable. `work` runs again from its start after a conflict with another process. */
  async transaction<Result>(work: (run: Run) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(work);
      } catch (error) {
        const isConflict = error instanceof Error && 'code' in error && conflicts.includes(String(error.code));
        if (!isConflict || attempt >= attemptsMax) throw this.#faultOf(error);
      }
      await sleep(attempt * attemptPauseMs * Math.random());
    }
  }

  async all({ sql, values }: Question): Promise<Row[]> {
    return (await this.#single(sql, values)).rows;
  }

  /** How many rows it changed. */
  async change({ sql, values }: Question): Promise<number> {
    return (await this.#single(sql, values)).changed;
  }

  /** Lets what runs end first. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#pool.end();
  }

  async #single(sql: string, values: readonly Parameter[]): Promise<Answer> {
    const client = await this.#client();
    try {
      const answer = await this.#run(client, sql, values);
      client.release();
      return answer;
    } catch (error) {
      client.release(true);
      throw this.#faultOf(error);
    }
  }

  async #once<Result>(work: (run: Run) => Promise<Result>): Promise<Result> {
    const client = await this.#client();
    try {
      await client.query('begin');
      const result = await work((sql, values) => this.#run(client, sql, values));
      await client.query('commit');
      client.release();
      return result;
    } catch (error) {
      const isSound = await client.query('rollback').then(
        () => true,
        () => false,
      );
      client.release(!isSound);
      throw error;
    }
  }

  async #client(): Promise<PoolClient> {
    if (this.#isClosed) throw new StoreError('database.closed', { store: this.#store });
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw this.#faultOf(error);
    }
  }

  async #run(client: ClientBase, sql: string, values?: readonly Parameter[]): Promise<Answer> {
    const result = await client.query<Row>(values === undefined ? sql : { ...this.#prepared(sql), values: [...values] });
    return { rows: result.rows ?? [], changed: result.rowCount ?? 0 };
  }

  /** Each connection prepares a statement once, by this name. A program has a fixed few. */
  #prepared(sql: string): { name: string; text: string } {
    const known = this.#names.get(sql);
    if (known !== undefined) return known;
    let place = 0;
    const statement = { name: `vonggac-${this.#names.size}`, text: sql.replaceAll('?', () => `$${++place}`) };
    this.#names.set(sql, statement);
    return statement;
  }

  #faultOf(error: unknown): unknown {
    return error instanceof StoreError ? error : postgresFault(error, this.#store);
  }

  async #requireUtf8(): Promise<void> {
    const [row] = await this.all({ sql: 'show server_encoding', values: [] });
    if (row?.server_encoding !== 'UTF8')
      throw new StoreError('server.encoding', { store: this.#store, found: String(row?.server_encoding) });
  }

  async #migrate(): Promise<void> {
    await this.transaction(async (run) => {
      await run(`select pg_advisory_xact_lock(${migrationLock})`);
      const { rows: known } = await run(`select to_regclass('schema_version') is not null as is_there`);
      const isNew = !known[0]?.is_there;
      const found = isNew ? 0 : await this.#version(run);
      for (const script of pendingMigrations(found, postgresDialect, this.#store)) await run(script);
    });
  }

  async #version(run: Run): Promise<number> {
    const { rows } = await run(`select version from schema_version where product = 'vonggac'`);
    if (rows[0] === undefined) throw new StoreError('database.foreign', { store: this.#store });
    return Number(rows[0].version);
  }
}

/** Some servers are set to report a commit before it is on the disk. Settings that are stricter than needed stay. */
async function insistOnDurability(client: ClientBase): Promise<void> {
  await client.query(`select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'`);
}
