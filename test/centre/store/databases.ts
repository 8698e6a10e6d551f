/** The two databases that the store runs on, each giving empty places to open a store at, and answering plain SQL beside the store. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client, types } from 'pg';
import { type PostgresServer, startPostgres } from './postgres-server.ts';

export interface TestDatabase {
  start(): Promise<void>;
  /** A new empty place. */
  location(): Promise<string>;
  /** Runs plain SQL there, as an analyst would. */
  query(location: string, sql: string): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
}

class SqliteFolder implements TestDatabase {
  #folder = '';
  #count = 0;

  async start(): Promise<void> {
    this.#folder = mkdtempSync(join(tmpdir(), 'vonggac-store-'));
  }

  async location(): Promise<string> {
    return join(this.#folder, `${++this.#count}.db`);
  }

  async query(location: string, sql: string): Promise<Record<string, unknown>[]> {
    const database = new DatabaseSync(location, { timeout: 5_000 });
    try {
      return database
        .prepare(sql)
        .all()
        .map((row) => ({ ...row }));
    } finally {
      database.close();
    }
  }

  async stop(): Promise<void> {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

class PostgresDatabases implements TestDatabase {
  #server: PostgresServer | undefined;
  #count = 0;

  async start(): Promise<void> {
    this.#server = await startPostgres();
  }

  /** A schema of its own is made a hundred times faster than a database. */
  async location(): Promise<string> {
    if (this.#server === undefined) throw new Error('not started');
    const schema = `place_${++this.#count}`;
    await this.query(this.#server.url, `create schema ${schema}`);
    return `${this.#server.url}?options=${encodeURIComponent(`-c search_path=${schema}`)}`;
  }

  async query(location: string, sql: string): Promise<Record<string, unknown>[]> {
    const wholeNumber = 20;
    const client = new Client({
      connectionString: location,
      types: { getTypeParser: (type, format) => (type === wholeNumber ? Number : types.getTypeParser(type, format)) },
    });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }
}

export const databases = [
  ['SQLite', () => new SqliteFolder()],
  ['PostgreSQL', () => new PostgresDatabases()],
] as const satisfies readonly (readonly [string, () => TestDatabase])[];
