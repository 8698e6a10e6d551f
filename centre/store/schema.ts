/**
 * The tables of the centre, the same in SQLite and PostgreSQL, and how they grew: one migration for each version. Opens no database.
 *
 * Every time is a whole number of milliseconds since 1970 (UTC) by the clock of the centre, in a column that ends in `_ms`; `first_ms`
 * and `last_ms` of an alert alone are by the clock of the box. To read one by hand:
 *   SQLite      select datetime(stored_ms / 1000, 'unixepoch', 'localtime') …
 *   PostgreSQL  select to_timestamp(stored_ms / 1000.0) …
 * JSON is text as it came, so that nothing a box writes can be refused by the database: `body ->> '$.host.ip'`, `body::json #>> '{host,ip}'`.
 */
import { StoreError } from './store-error.ts';

/** What the two databases call the same thing. */
export interface Dialect {
  /** 64 bits: numbers from the wire go up to 2^53. */
  whole: string;
  bytes: string;
  /** Text of keys, compared byte by byte. */
  key: string;
  /** After a table. */
  table: string;
  /** After a table whose rows are changed again and again: room on each page, so that indices need no change. */
  restless: string;
}

export const sqliteDialect: Dialect = { whole: 'integer', bytes: 'blob', key: 'text', table: 'strict', restless: 'strict' };
export const postgresDialect: Dialect = {
  whole: 'bigint',
  bytes: 'bytea',
  key: 'text collate "C"',
  table: '',
  restless: 'with (fillfactor = 50)',
};

/** The statements that bring a database of version `found` (0: empty) to ours. Rejects a newer one; `store` names it. */
export function pendingMigrations(found: number, dialect: Dialect, store: string): string[] {
  if (found > schemaVersion) throw new StoreError('database.newer', { store, found, known: schemaVersion });
  if (found === schemaVersion) return [];
  const begin =
    found === 0
      ? [
          `create table schema_version (product text not null, version ${dialect.whole} not null)`,
          `insert into schema_version values ('vonggac', 0)`,
        ]
      : [];
  return [
    ...begin,
    ...migrations.slice(found).map((migration) => migration(dialect)),
    `update schema_version set version = ${schemaVersion}`,
  ];
}

/** `PRAGMA application_id` of our SQLite files: "Vong". */
export const applicationId = 0x566f6e67;

/** In order; the n-th makes version n of version n - 1. One that was released is never changed. */
const migrations: readonly ((dialect: Dialect) => string)[] = [(dialect) => `${messageTables(dialect)}${boxTables(dialect)}`];
export const schemaVersion = migrations.length;

function messageTables({ whole, bytes, key, table, restless }: Dialect): string {
  return `
    -- Every durable message as it came, once: JSON in body, evidence in bytes, with its alert and its place among the pieces. stored_ms is taken right before the commit.
    create table message (
      box ${key} not null, outbox ${key} not null, seq ${whole} not null, kind text not null,
      received_ms ${whole} not null, stored_ms ${whole} not null, body text, bytes ${bytes}, alert_id ${key}, chunk ${whole},
      primary key (box, outbox, seq)
    ) ${table};
    create index message_received on message (received_ms);
    create index message_evidence on message (box, alert_id, chunk) where alert_id is not null;

    -- Every alert in its latest revision. Its JSON is the body of the message (box, outbox, seq) where body is null; see alert_json.
    create table alert (
      box ${key} not null, id ${key} not null, rev ${whole} not null, state text not null, stage text not null,
      severity ${whole} not null, confidence ${whole} not null, kind text not null, detector text not null, agency text,
      host_ip text, host_mac text, host_name text, remote_ip text, remote_port ${whole}, remote_name text,
      indicator text, family text, times_seen ${whole} not null, first_ms ${whole}, last_ms ${whole},
      received_ms ${whole} not null, stored_ms ${whole} not null, outbox ${key}, seq ${whole}, body text,
      primary key (box, id)
    ) ${table};
    create index alert_received on alert (received_ms);
    create index alert_box_received on alert (box, received_ms);
    create index alert_open on alert (box, received_ms) where state = 'open';

    create view alert_json as
      select alert.*, coalesce(alert.body, message.body) as json
      from alert left join message on message.box = alert.box and message.outbox = alert.outbox and message.seq = alert.seq;

    -- What numbers each outbox of each box has used: last_seq is the highest that came, was declared lost or that the box says it gave.
    -- begun_ms: when its first message came. unexplained is 1 where the box had another outbox before and no record says what became of it.
    create table outbox (
      box ${key} not null, outbox ${key} not null, last_seq ${whole} not null, messages ${whole} not null,
      begun_ms ${whole}, unexplained ${whole} not null default 0,
      primary key (box, outbox)
    ) ${restless};
    create index outbox_unexplained on outbox (box, begun_ms) where unexplained = 1;

    -- Numbers that were passed over and have neither come nor been declared lost, both ends included.
    create table hole (
      box ${key} not null, outbox ${key} not null, first_seq ${whole} not null, last_seq ${whole} not null, since_ms ${whole} not null,
      primary key (box, outbox, first_seq)
    ) ${table};

  `;
}

function boxTables({ whole, key, table, restless }: Dialect): string {
  return `
    -- Every box ever heard of: last sign of life, last proof that it sees, last commit; how far its clock is ahead, and when that was seen.
    create table box (
      box ${key} not null primary key, agency text, seen_ms ${whole}, proven_ms ${whole}, stored_ms ${whole},
      clock_offset_ms ${whole}, clock_seen_ms ${whole}
    ) ${restless};

    -- The latest presence and health of each box. retained is 1 where it came from the memory of the broker: received_ms says little then.
    create table report (
      box ${key} not null, kind ${key} not null, received_ms ${whole} not null, retained ${whole} not null, body text not null,
      primary key (box, kind)
    ) ${table};

    -- What the centre noticed itself.
    create table centre_alert (
      id ${key} not null primary key, rev ${whole} not null, state text not null, box ${key} not null, kind ${key} not null,
      severity ${whole} not null, first_ms ${whole}, last_ms ${whole}, stored_ms ${whole} not null, body text not null
    ) ${table};
    create unique index centre_alert_open on centre_alert (box, kind) where state = 'open';
    create index centre_alert_stored on centre_alert (stored_ms);

    -- What the processes of one centre share and nobody else may know.
    create table secret (name ${key} not null primary key, value text not null) ${table};
  `;
}
