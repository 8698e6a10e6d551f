/**
 * What people and programs ask of the store: the questions in the SQL that both databases speak (`?` stands for a value), and their rows ->
 * the shapes of the contract. Opens no database.
 */
import type { Alert } from '../../firmware/contract/alert.ts';
import type { CentreAlert, CentreAlertKind } from '../../firmware/contract/centre-alert.ts';
import type { Health } from '../../firmware/contract/health.ts';
import type { Presence } from '../../firmware/contract/presence.ts';
import { keyOf, timeMs } from './batch.ts';
import type { BoxState } from './sighting.ts';
import type { BoxRow, Hole, NewOutbox } from './store.ts';

export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

export interface Question {
  sql: string;
  values: readonly Value[];
}

/** Alerts given where no limit is asked for, and at most. */
const alertsDefault = 1_000;
const alertsMax = 100_000;
/** Holes told of one box: enough to say that it is in trouble, and no box can hide those of another. */
const holesOfBoxMax = 100;
/** New outboxes told of one box, for the same reason. */
const newOutboxesOfBoxMax = 3;
/** Far more than 2,000 boxes with each kind open; names that strangers gave to the broker are among them. */
const centreAlertsMax = 50_000;

const stateColumns = `box.*, presence.body as presence, presence.received_ms as presence_ms, presence.retained as presence_retained,
  health.body as health, health.received_ms as health_ms, health.retained as health_retained`;
const stateTables = `box
  left join report as presence on presence.box = box.box and presence.kind = 'presence'
  left join report as health on health.box = box.box and health.kind = 'health'`;

/** What `boxStateOf` reads; a condition follows. */
export const boxStateSql = `select ${stateColumns} from ${stateTables}`;

export const boxesQuestion: Question = {
  sql: `select ${stateColumns}, coalesce(opened.alerts, 0) as open_alerts from ${stateTables}
    left join (select box, count(*) as alerts from alert where state = 'open' group by box) as opened on opened.box = box.box
    order by box.box`,
  values: [],
};

export function boxRowOf(row: Row): BoxRow {
  const state = boxStateOf(row);
  const { presence, health } = state;
  return {
    box: String(row.box),
    ...(state.agency === undefined ? {} : { agency: state.agency }),
    ...(state.seenMs === undefined ? {} : { seenMs: state.seenMs }),
    ...(state.provenMs === undefined ? {} : { provenMs: state.provenMs }),
    ...(typeof row.stored_ms === 'number' ? { storedMs: row.stored_ms } : {}),
    ...(presence === undefined ? {} : { presence: presence.body }),
    ...(presence === undefined || presence.isRetained ? {} : { presenceMs: presence.receivedMs }),
    ...(health === undefined ? {} : { health: health.body }),
    ...(health === undefined || health.isRetained ? {} : { healthMs: health.receivedMs }),
    ...(state.clockOffsetMs === undefined ? {} : { clockOffsetMs: state.clockOffsetMs }),
    openAlerts: Number(row.open_alerts ?? 0),
  };
}

export function boxStateOf(row: Row): BoxState {
  const report = <Body>(kind: 'presence' | 'health') => {
    const body = row[kind];
    if (typeof body !== 'string') return undefined;
    // Written by this program from what had been checked against its schema.
    return { body: JSON.parse(body) as Body, receivedMs: Number(row[`${kind}_ms`]), isRetained: row[`${kind}_retained`] === 1 };
  };
  return {
    agency: typeof row.agency === 'string' ? row.agency : undefined,
    seenMs: numberOf(row.seen_ms),
    provenMs: numberOf(row.proven_ms),
    clockOffsetMs: numberOf(row.clock_offset_ms),
    clockSeenMs: numberOf(row.clock_seen_ms),
    presence: report<Presence>('presence'),
    health: report<Health>('health'),
  };
}

// Box by box, each up to its limit: however many holes one box makes, the rest of them is not even read.
export const holesQuestions = {
  sqlite: {
    sql: `select hole.* from box join hole on hole.rowid in (
        select rowid from hole as near where near.box = box.box order by near.outbox, near.first_seq limit ?
      ) order by hole.box, hole.outbox, hole.first_seq`,
    values: [holesOfBoxMax],
  },
  postgres: {
    sql: `select hole.* from box cross join lateral (
        select * from hole as near where near.box = box.box order by near.outbox, near.first_seq limit ?
      ) as hole order by hole.box, hole.outbox, hole.first_seq`,
    values: [holesOfBoxMax],
  },
} as const satisfies Record<string, Question>;

export function holeOf(row: Row): Hole {
  return {
    box: String(row.box),
    outbox: String(row.outbox),
    first: Number(row.first_seq),
    last: Number(row.last_seq),
    sinceMs: Number(row.since_ms),
  };
}

/** Box by box and newest first, as far as the index of the unexplained ones leads: whatever one box begins. */
export function newOutboxesQuestion(database: 'sqlite' | 'postgres', sinceMs: number): Question {
  const near = `from outbox as near where near.box = box.box and near.unexplained = 1 and near.begun_ms > ? order by near.begun_ms desc limit ?`;
  const join = {
    sqlite: `join outbox on outbox.rowid in (select rowid ${near})`,
    postgres: `cross join lateral (select * ${near}) as outbox`,
  }[database];
  const sql = `select outbox.box, outbox.outbox, outbox.begun_ms from box ${join} order by outbox.box, outbox.begun_ms`;
  return { sql, values: [Math.round(sinceMs), newOutboxesOfBoxMax] };
}

export function newOutboxOf(row: Row): NewOutbox {
  return { box: String(row.box), outbox: String(row.outbox), sinceMs: Number(row.begun_ms) };
}

export function explanationOf({ box, outbox }: Pick<NewOutbox, 'box' | 'outbox'>): Question {
  return { sql: 'update outbox set unexplained = 0 where box = ? and outbox = ?', values: [keyOf(box), keyOf(outbox)] };
}

/** Newest is what changed last, by the clock of the centre: that of a box may be wrong. */
export function alertsQuestion({ box, state, limit = alertsDefault }: { box?: string; state?: Alert['state']; limit?: number }): Question {
  const { where, values } = conditions({ box: box === undefined ? undefined : keyOf(box), state });
  const rowsMax = Math.max(0, Math.min(Math.trunc(limit) || 0, alertsMax));
  return { sql: `select json from alert_json ${where} order by received_ms desc limit ?`, values: [...values, rowsMax] };
}

export function alertOf({ json }: Row): Alert[] {
  // As it was checked against its schema when it came. Absent only where somebody deleted its message by hand.
  return typeof json === 'string' ? [JSON.parse(json) as Alert] : [];
}

export function centreAlertsQuestion({ box, kind }: { box?: string; kind?: CentreAlertKind }): Question {
  const { where, values } = conditions({ state: 'open', box: box === undefined ? undefined : keyOf(box), kind });
  return { sql: `select body from centre_alert ${where} order by stored_ms, id limit ?`, values: [...values, centreAlertsMax] };
}

export function centreAlertOf({ body }: Row): CentreAlert {
  return JSON.parse(String(body)) as CentreAlert;
}

export function openingOf(alert: CentreAlert, storedMs: number): Question {
  const { id, rev, state, box, kind, severity, tsFirst, tsLast } = alert;
  return {
    sql: `insert into centre_alert (id, rev, state, box, kind, severity, first_ms, last_ms, stored_ms, body)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`,
    values: [keyOf(id), rev, state, keyOf(box), kind, severity, timeMs(tsFirst), timeMs(tsLast), storedMs, JSON.stringify(alert)],
  };
}

export function updateOf(alert: CentreAlert, storedMs: number): Question {
  const { id, rev, state, severity, tsFirst, tsLast } = alert;
  return {
    sql: `update centre_alert set rev = ?, state = ?, severity = ?, first_ms = ?, last_ms = ?, stored_ms = ?, body = ?
      where id = ? and state = 'open' and rev < ?`,
    values: [rev, state, severity, timeMs(tsFirst), timeMs(tsLast), storedMs, JSON.stringify(alert), keyOf(id), rev],
  };
}

/** Of a secret: nobody guesses it. */
export const secretBytes = 16;

/** The first to come decides; `secretQuestion` tells what it decided. */
export function secretProposal(name: string, value: string): Question {
  return { sql: 'insert into secret (name, value) values (?, ?) on conflict do nothing', values: [keyOf(name), value] };
}

export function secretQuestion(name: string): Question {
  return { sql: 'select value from secret where name = ?', values: [keyOf(name)] };
}

export const outboxesQuestion: Question = { sql: 'select box, outbox, messages, last_seq from outbox order by box, outbox', values: [] };

export function outboxOf(row: Row): { box: string; outbox: string; messages: number; last: number } {
  return { box: String(row.box), outbox: String(row.outbox), messages: Number(row.messages), last: Number(row.last_seq) };
}

function conditions(wanted: Readonly<Record<string, string | undefined>>): { where: string; values: Value[] } {
  const given = Object.entries(wanted).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const where = given.length === 0 ? '' : `where ${given.map(([column]) => `${column} = ?`).join(' and ')}`;
  return { where, values: given.map(([, value]) => value) };
}

function numberOf(value: Value | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
