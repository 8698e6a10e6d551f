/**
 * The store in a SQLite file. One transaction for a commit, in one go on this thread: nothing else of the process comes between its
 * statements, and other processes wait for it. (A thread of its own costs a fifth more and wins nothing where two processes share the
 * work; 500 alerts hold this thread up for some 20 ms.) What arrives is turned into rows elsewhere (`batch.ts`).
 */
import { randomBytes } from 'node:crypto';
import type { StatementSync } from 'node:sqlite';
import type { CentreAlert } from '../../firmware/contract/centre-alert.ts';
import { alertColumns, onKnownAlert } from './alert-columns.ts';
import {
  accountsOf,
  type Batch,
  batchOf,
  columnText,
  keyOf,
  type MessageRow,
  type OutboxAccount,
  type OutboxTail,
  tailsOf,
} from './batch.ts';
import { advance, type Gap, type NumberRange, without } from './number-ranges.ts';
import {
  alertOf,
  alertsQuestion,
  boxesQuestion,
  boxRowOf,
  boxStateOf,
  boxStateSql,
  centreAlertOf,
  centreAlertsQuestion,
  explanationOf,
  holeOf,
  holesQuestions,
  newOutboxesQuestion,
  newOutboxOf,
  openingOf,
  outboxesQuestion,
  outboxOf,
  type Row,
  secretBytes,
  secretProposal,
  secretQuestion,
  updateOf,
} from './questions.ts';
import { retentionSteps, rowsOfStepMax } from './retention.ts';
import { afterSighting, type BoxState, unknownBox } from './sighting.ts';
import { SqliteFile } from './sqlite-file.ts';
import type { Arrival, CommitResult, Sighting, Store, UnnumberedAlert } from './store.ts';

export async function openSqliteStore(location: string): Promise<Store> {
  return new SqliteStore(await SqliteFile.open(location));
}

const marks = (count: number) => Array(count).fill('?').join(', ');

function statementsOf(file: SqliteFile) {
  return {
    message: file.prepare(
      `insert into message (box, outbox, seq, kind, received_ms, stored_ms, body, bytes, alert_id, chunk) values (${marks(10)}) on conflict do nothing`,
    ),
    alert: file.prepare(
      `insert into alert (${alertColumns.map(({ name }) => name).join(', ')}) values (${marks(alertColumns.length)}) ${onKnownAlert}`,
    ),
    outboxState: file.prepare('select last_seq, begun_ms, unexplained from outbox where box = ? and outbox = ?'),
    hasEarlierOutbox: file.prepare(`select 1 from outbox where box = ? and outbox <> '' and begun_ms < ? limit 1`),
    outbox: file.prepare(
      `insert into outbox (box, outbox, last_seq, messages, begun_ms, unexplained) values (${marks(6)})
        on conflict do update set last_seq = excluded.last_seq, messages = messages + excluded.messages,
          begun_ms = coalesce(begun_ms, excluded.begun_ms), unexplained = excluded.unexplained`,
    ),
    outboxTail: file.prepare(
      `insert into outbox (box, outbox, last_seq, messages) values (?, ?, ?, 0) on conflict do update set last_seq = excluded.last_seq`,
    ),
    hasHole: file.prepare('select 1 from hole where box = ? and outbox = ? limit 1'),
    closeHoles: file.prepare('delete from hole where box = ? and outbox = ? and first_seq between ? and ? and last_seq <= ?'),
    // Holes do not overlap: of those that begin at or before the end of a range, at most the last two reach into it without lying in it.
    cutHoles: file.prepare(
      `select first_seq, last_seq, since_ms from hole where box = ? and outbox = ? and first_seq <= ? order by first_seq desc limit 2`,
    ),
    removeHole: file.prepare('delete from hole where box = ? and outbox = ? and first_seq = ?'),
    hole: file.prepare('insert into hole (box, outbox, first_seq, last_seq, since_ms) values (?, ?, ?, ?, ?)'),
    heard: file.prepare(
      `insert into box (box, agency, seen_ms, stored_ms) values (?, ?, ?, ?)
        on conflict do update set agency = coalesce(excluded.agency, agency), seen_ms = max(coalesce(seen_ms, 0), excluded.seen_ms),
          stored_ms = coalesce(excluded.stored_ms, stored_ms)`,
    ),
    state: file.prepare(`${boxStateSql} where box.box = ?`),
    sighting: file.prepare(
      `insert into box (box, agency, seen_ms, proven_ms, clock_offset_ms, clock_seen_ms) values (?, ?, ?, ?, ?, ?)
        on conflict do update set agency = excluded.agency, seen_ms = excluded.seen_ms, proven_ms = excluded.proven_ms,
          clock_offset_ms = excluded.clock_offset_ms, clock_seen_ms = excluded.clock_seen_ms`,
    ),
    report: file.prepare('insert or replace into report (box, kind, received_ms, retained, body) values (?, ?, ?, ?, ?)'),
  } satisfies Record<string, StatementSync>;
}

class SqliteStore implements Store {
  readonly #file: SqliteFile;
  readonly #run: ReturnType<typeof statementsOf>;

  constructor(file: SqliteFile) {
    this.#file = file;
    this.#run = statementsOf(file);
  }

  async commit(arrivals: readonly Arrival[], unnumbered: readonly UnnumberedAlert[] = []): Promise<CommitResult> {
    if (arrivals.length === 0 && unnumbered.length === 0) return { fresh: 0, repeats: 0, alertsChanged: 0 };
    const batch = batchOf(arrivals, unnumbered);
    return this.#file.write(() => this.#commit(batch));
  }

  async saw(sightings: readonly Sighting[]): Promise<void> {
    if (sightings.length === 0) return;
    await this.#file.write(() => {
      for (const sighting of sightings) this.#saw(sighting);
      for (const tail of tailsOf(sightings)) this.#tail(tail);
    });
  }

  async boxes() {
    return (await this.#file.all(boxesQuestion)).map(boxRowOf);
  }

  async holes() {
    return (await this.#file.all(holesQuestions.sqlite)).map(holeOf);
  }

  async newOutboxes(sinceMs: number) {
    return (await this.#file.all(newOutboxesQuestion('sqlite', sinceMs))).map(newOutboxOf);
  }

  async explainOutbox(outbox: Parameters<Store['explainOutbox']>[0]): Promise<void> {
    await this.#file.change(explanationOf(outbox));
  }

  async alerts(query: Parameters<Store['alerts']>[0] = {}) {
    return (await this.#file.all(alertsQuestion(query))).flatMap(alertOf);
  }

  async openCentreAlert(alert: CentreAlert): Promise<boolean> {
    return (await this.#file.change(openingOf(alert, Date.now()))) > 0;
  }

  async updateCentreAlert(alert: CentreAlert): Promise<boolean> {
    return (await this.#file.change(updateOf(alert, Date.now()))) > 0;
  }

  async openCentreAlerts(filter: Parameters<Store['openCentreAlerts']>[0] = {}) {
    return (await this.#file.all(centreAlertsQuestion(filter))).map(centreAlertOf);
  }

  async outboxes() {
    return (await this.#file.all(outboxesQuestion)).map(outboxOf);
  }

  async secret(name: string): Promise<string> {
    const proposed = randomBytes(secretBytes).toString('hex');
    await this.#file.change(secretProposal(name, proposed));
    const [row] = await this.#file.all(secretQuestion(name));
    return String(row?.value ?? proposed);
  }

  async forget(beforeMs: number): Promise<number> {
    let forgotten = 0;
    for (const step of retentionSteps(beforeMs)) {
      const changed = await this.#file.change(step);
      forgotten += changed;
      if (changed >= rowsOfStepMax) break;
    }
    return forgotten;
  }

  async close(): Promise<void> {
    this.#file.close();
  }

  #commit({ messages, repeats, alerts, boxes }: Batch): CommitResult {
    const storedMs = Date.now();
    const fresh = new Set<MessageRow>();
    for (const row of messages) {
      const { box, outbox, seq, kind, receivedMs, body, bytes, alertId, chunk } = row;
      if (this.#run.message.run(box, outbox, seq, kind, receivedMs, storedMs, body, bytes, alertId, chunk).changes !== 0) fresh.add(row);
    }
    let alertsChanged = 0;
    for (const row of alerts) {
      const context = { storedMs, isBodyStored: row.message !== undefined && fresh.has(row.message) };
      alertsChanged += Number(this.#run.alert.run(...alertColumns.map(({ value }) => value(row, context))).changes);
    }
    for (const account of accountsOf([...fresh])) this.#account(account);
    for (const { box, agency, receivedMs, isDurable } of boxes) this.#run.heard.run(box, agency, receivedMs, isDurable ? storedMs : null);
    return { fresh: fresh.size, repeats: repeats + messages.length - fresh.size, alertsChanged };
  }

  #account({ box, outbox, messages, known, begunMs, isExplained }: OutboxAccount): void {
    const before = this.#run.outboxState.get(box, outbox);
    const { last, gaps, late } = advance(Number(before?.last_seq ?? 0), known);
    const isNew = outbox !== '' && begunMs !== undefined && typeof before?.begun_ms !== 'number';
    const wasUnexplained = isNew ? this.#run.hasEarlierOutbox.get(box, begunMs) !== undefined : before?.unexplained === 1;
    this.#run.outbox.run(box, outbox, last, messages, begunMs ?? null, wasUnexplained && !isExplained ? 1 : 0);
    if (late.length > 0 && this.#run.hasHole.get(box, outbox) !== undefined) this.#mend(box, outbox, late);
    for (const gap of gaps) this.#run.hole.run(box, outbox, gap.first, gap.last, gap.sinceMs);
  }

  /** Takes the numbers out of the holes. Only holes that a range cuts are read: those that lie in one just go. */
  #mend(box: string, outbox: string, late: readonly NumberRange[]): void {
    const cut = new Map<number, Gap>();
    for (const { first, last } of late) {
      this.#run.closeHoles.run(box, outbox, first, last, last);
      for (const row of this.#run.cutHoles.all(box, outbox, last)) {
        const gap = { first: Number(row.first_seq), last: Number(row.last_seq), sinceMs: Number(row.since_ms) };
        if (gap.last >= first) cut.set(gap.first, gap);
      }
    }
    for (const { first } of cut.values()) this.#run.removeHole.run(box, outbox, first);
    const sorted = [...cut.values()].sort((one, other) => one.first - other.first);
    for (const gap of without(sorted, late)) this.#run.hole.run(box, outbox, gap.first, gap.last, gap.sinceMs);
  }

  #tail({ box, outbox, last, receivedMs }: OutboxTail): void {
    const before = Number(this.#run.outboxState.get(box, outbox)?.last_seq ?? 0);
    if (last <= before) return;
    this.#run.outboxTail.run(box, outbox, last);
    this.#run.hole.run(box, outbox, before + 1, last, receivedMs);
  }

  #saw(sighting: Sighting): void {
    const box = keyOf(sighting.box);
    const row = this.#run.state.get(box);
    const known: BoxState = row === undefined ? unknownBox : boxStateOf(row as Row);
    const now = afterSighting(known, sighting);
    const { seenMs = null, provenMs = null, clockOffsetMs = null, clockSeenMs = null } = now;
    this.#run.sighting.run(box, columnText(now.agency), seenMs, provenMs, clockOffsetMs, clockSeenMs);
    for (const kind of ['presence', 'health'] as const) {
      const report = now[kind];
      if (report === undefined || report === known[kind]) continue;
      this.#run.report.run(box, kind, report.receivedMs, report.isRetained ? 1 : 0, JSON.stringify(report.body));
    }
  }
}
