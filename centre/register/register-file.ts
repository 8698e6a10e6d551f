/**
 * The register of a centre: which boxes there are, how each came to be one, which certificates it has, what was ordered of it and what it answered. A SQLite
 * file that several commands and the registrar open at once. This file makes and upgrades the tables; what stands in them is written by those whom
 * it concerns.
 */
import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { UserError } from '../command/user-error.ts';

/** Another command holds the file for the time of its transaction, no longer. */
const busyTimeoutMs = 10_000;

/** Each brings the register from its index to the next version. Only ever added to. Times are ms since 1970, `json` and `pem` are text. */
const steps: readonly string[] = [
  `create table box (
     box text primary key, agency text not null, contacts text not null default '[]', created_ms integer not null,
     revoked_ms integer, revoke_reason text
   ) strict;
   create table tag (box text not null references box, tag text not null, primary key (box, tag)) strict, without rowid;
   create table claim (
     claim text primary key, box text not null references box, code text not null, created_ms integer not null, expires_ms integer not null,
     used_ms integer, csr_sha256 text, certificate text, refused integer not null default 0
   ) strict;
   create index claim_box on claim (box);
   create table certificate (
     serial text primary key, box text not null references box, pem text not null, public_key text not null, source text not null,
     not_before_ms integer not null, not_after_ms integer not null, issued_ms integer not null, revoked_ms integer, revoke_reason text
   ) strict;
   create index certificate_box on certificate (box, not_after_ms);
   create table config (
     box text not null references box, seq integer not null, hash text not null, desired text not null, envelope text not null,
     author text, comment text, created_ms integer not null, published_ms integer, primary key (box, seq)
   ) strict, without rowid;
   create table config_reported (box text primary key references box, body text not null, received_ms integer not null) strict, without rowid;
   create table intel_reported (box text primary key references box, body text not null, received_ms integer not null) strict, without rowid;
   create table command (
     id text primary key, box text not null references box, command text not null, request text not null, created_ms integer not null,
     response text, answered_ms integer
   ) strict;
   create index command_box on command (box, created_ms);
   create table event (number integer primary key autoincrement, ms integer not null, box text, kind text not null, text text not null) strict;
   create index event_box on event (box, number);`,
];

/** Throws a `UserError` where the file cannot be opened, or a later version of this program made it. */
export function openRegisterFile(path: string): DatabaseSync {
  try {
    return openedRegister(path);
  } catch (error) {
    throw new UserError(`the register ${path} cannot be opened: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function openedRegister(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
  // Claims in it are as good as keys.
  chmodSync(path, 0o600);
  database.exec('pragma journal_mode = wal; pragma synchronous = full');
  upgrade(database, path);
  return database;
}

function upgrade(database: DatabaseSync, path: string): void {
  database.exec('begin immediate');
  try {
    const version = Number(database.prepare('pragma user_version').get()?.user_version ?? 0);
    if (version > steps.length) throw new Error(`${path} was made by a later version of this program`);
    for (const step of steps.slice(version)) database.exec(step);
    database.exec(`pragma user_version = ${steps.length}`);
    database.exec('commit');
  } catch (error) {
    database.exec('rollback');
    throw error;
  }
}

/** `work` as one transaction: all of it or, where it throws, nothing. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('begin immediate');
  try {
    const result = work();
    database.exec('commit');
    return result;
  } catch (error) {
    database.exec('rollback');
    throw error;
  }
}

/** What happened to a box, for people and for good: who was enrolled, refused, revoked, ordered. */
export function recordEvent(database: DatabaseSync, kind: string, box: string | undefined, text: string, nowMs = Date.now()): void {
  database.prepare('insert into event (ms, box, kind, text) values (?, ?, ?, ?)').run(nowMs, box ?? null, kind, text.slice(0, 1000));
}
