/** The centre's SQLite file as the bench looks into it: how much of what a box sent is there, and what is wrong. Reads only. */
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from 'node:sqlite';

/** How long a question waits for a writer. */
const busyMs = 5_000;

type Row = Readonly<Record<string, SQLOutputValue>>;

export interface Account {
  alertMessages: number;
  evidenceMessages: number;
  otherMessages: number;
  /** Rows of the table of alerts, one for each id. */
  alerts: number;
  /** Numbers that were used and are not there. */
  missingNumbers: number;
  losses: number;
}

export class StoreFile {
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path, { readOnly: true, timeout: busyMs });
  }

  rows(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#database.prepare(sql).all(...values);
  }

  number(sql: string, ...values: SQLInputValue[]): number {
    return Number(Object.values(this.#database.prepare(sql).get(...values) ?? {})[0] ?? Number.NaN);
  }

  /** Changes whenever another process has committed. */
  get version(): number {
    return this.number('pragma data_version');
  }

  /** Without counting rows: as the store counts them. */
  get messages(): number {
    return this.number('select coalesce(sum(messages), 0) from outbox');
  }

  /** The latest that came from the box itself, not from the memory of the broker. */
  get health(): { capture?: { state: string }; outbox?: { depth: number } } {
    const [row] = this.rows(`select body from report where kind = 'health' and retained = 0`);
    return row === undefined ? {} : JSON.parse(String(row.body));
  }

  /** Messages that the box still has, as it said after the last message that is here. NaN while it has said nothing since. */
  get depth(): number {
    const since = this.number('select coalesce(max(received_ms), 0) from message');
    const isNew = this.number(`select count(*) from report where kind = 'health' and retained = 0 and received_ms > ?`, since) > 0;
    return isNew ? (this.health.outbox?.depth ?? Number.NaN) : Number.NaN;
  }

  account(): Account {
    const of = (kind: string) => this.number('select count(*) from message where kind = ?', kind);
    const [alertMessages, evidenceMessages, losses] = [of('alert'), of('evidence'), of('loss')];
    const all = this.number('select count(*) from message');
    return {
      alertMessages,
      evidenceMessages,
      otherMessages: all - alertMessages - evidenceMessages,
      alerts: this.number('select count(*) from alert'),
      missingNumbers: this.number('select coalesce(sum(last_seq), 0) from outbox') - all,
      losses,
    };
  }

  close(): void {
    this.#database.close();
  }
}
