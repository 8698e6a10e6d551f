/** The store in a PostgreSQL database. One transaction for a commit; several may run at once. What it writes stands in `postgres-writing.ts`. */
import { randomBytes } from 'node:crypto';
import type { CentreAlert } from '../../firmware/contract/centre-alert.ts';
import { accountsOf, type Batch, batchOf, columnText, keyOf, tailsOf } from './batch.ts';
import { PostgresConnection, type Run } from './postgres-connection.ts';
import { putAccounts, putAlerts, putHeard, putMessages, putTails } from './postgres-writing.ts';
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
  secretBytes,
  secretProposal,
  secretQuestion,
  updateOf,
} from './questions.ts';
import { retentionSteps, rowsOfStepMax } from './retention.ts';
import { afterSighting, type BoxState, unknownBox } from './sighting.ts';
import type { Arrival, CommitResult, Sighting, Store, UnnumberedAlert } from './store.ts';

export async function openPostgresStore(location: string): Promise<Store> {
  return new PostgresStore(await PostgresConnection.open(location));
}

const beginBoxes = 'insert into box (box) select * from unnest(?::text[]) on conflict do nothing';
const lockBoxes = 'select box from box where box = any (?::text[]) order by box for update';
const updateBoxes = `update box set agency = row.agency, seen_ms = row.seen_ms, proven_ms = row.proven_ms,
    clock_offset_ms = row.clock_offset_ms, clock_seen_ms = row.clock_seen_ms
  from unnest(?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[])
    as row (box, agency, seen_ms, proven_ms, clock_offset_ms, clock_seen_ms)
  where box.box = row.box`;
const putReports = `insert into report (box, kind, received_ms, retained, body)
  select * from unnest(?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::text[])
  on conflict (box, kind) do update set received_ms = excluded.received_ms, retained = excluded.retained, body = excluded.body`;

class PostgresStore implements Store {
  readonly #connection: PostgresConnection;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  async commit(arrivals: readonly Arrival[], unnumbered: readonly UnnumberedAlert[] = []): Promise<CommitResult> {
    if (arrivals.length === 0 && unnumbered.length === 0) return { fresh: 0, repeats: 0, alertsChanged: 0 };
    const batch = batchOf(arrivals, unnumbered);
    return this.#connection.transaction((run) => commit(run, batch));
  }

  async saw(sightings: readonly Sighting[]): Promise<void> {
    if (sightings.length > 0) await this.#connection.transaction((run) => saw(run, sightings));
    const tails = tailsOf(sightings);
    // On its own: a commit locks outboxes before boxes.
    if (tails.length > 0) await this.#connection.transaction((run) => putTails(run, tails));
  }

  async boxes() {
    return (await this.#connection.all(boxesQuestion)).map(boxRowOf);
  }

  async holes() {
    return (await this.#connection.all(holesQuestions.postgres)).map(holeOf);
  }

  async newOutboxes(sinceMs: number) {
    return (await this.#connection.all(newOutboxesQuestion('postgres', sinceMs))).map(newOutboxOf);
  }

  async explainOutbox(outbox: Parameters<Store['explainOutbox']>[0]): Promise<void> {
    await this.#connection.change(explanationOf(outbox));
  }

  async alerts(query: Parameters<Store['alerts']>[0] = {}) {
    return (await this.#connection.all(alertsQuestion(query))).flatMap(alertOf);
  }

  async openCentreAlert(alert: CentreAlert): Promise<boolean> {
    return (await this.#connection.change(openingOf(alert, Date.now()))) > 0;
  }

  async updateCentreAlert(alert: CentreAlert): Promise<boolean> {
    return (await this.#connection.change(updateOf(alert, Date.now()))) > 0;
  }

  async openCentreAlerts(filter: Parameters<Store['openCentreAlerts']>[0] = {}) {
    return (await this.#connection.all(centreAlertsQuestion(filter))).map(centreAlertOf);
  }

  async outboxes() {
    return (await this.#connection.all(outboxesQuestion)).map(outboxOf);
  }

  async secret(name: string): Promise<string> {
    const proposed = randomBytes(secretBytes).toString('hex');
    await this.#connection.change(secretProposal(name, proposed));
    const [row] = await this.#connection.all(secretQuestion(name));
    return String(row?.value ?? proposed);
  }

  async forget(beforeMs: number): Promise<number> {
    let forgotten = 0;
    for (const step of retentionSteps(beforeMs)) {
      const changed = await this.#connection.change(step);
      forgotten += changed;
      if (changed >= rowsOfStepMax) break;
    }
    return forgotten;
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }
}

async function commit(run: Run, { messages, repeats, alerts, boxes }: Batch): Promise<CommitResult> {
  const storedMs = Date.now();
  const fresh = await putMessages(run, messages, storedMs);
  const alertsChanged = await putAlerts(run, alerts, new Set(fresh), storedMs);
  await putAccounts(run, accountsOf(fresh));
  await putHeard(run, boxes, storedMs);
  return { fresh: fresh.length, repeats: repeats + messages.length - fresh.length, alertsChanged };
}

async function saw(run: Run, sightings: readonly Sighting[]): Promise<void> {
  const sightingsOf = Map.groupBy(sightings, ({ box }) => keyOf(box));
  const names = [...sightingsOf.keys()].sort();
  await run(beginBoxes, [names]);
  await run(lockBoxes, [names]);
  // Read only now: what another process has just written is seen by a statement that begins after the lock was got.
  const { rows } = await run(`${boxStateSql} where box.box = any (?::text[])`, [names]);
  const known = new Map<string, BoxState>(rows.map((row) => [String(row.box), boxStateOf(row)]));
  const states = names.map((box) => {
    const before = known.get(box) ?? unknownBox;
    return { box, before, now: (sightingsOf.get(box) ?? []).reduce(afterSighting, before) };
  });
  await run(updateBoxes, [
    names,
    states.map(({ now }) => columnText(now.agency)),
    states.map(({ now }) => now.seenMs ?? null),
    states.map(({ now }) => now.provenMs ?? null),
    states.map(({ now }) => now.clockOffsetMs ?? null),
    states.map(({ now }) => now.clockSeenMs ?? null),
  ]);
  const reports = states.flatMap(({ box, before, now }) =>
    (['presence', 'health'] as const).flatMap((kind) => {
      const report = now[kind];
      return report === undefined || report === before[kind] ? [] : [{ box, kind, ...report }];
    }),
  );
  if (reports.length === 0) return;
  await run(putReports, [
    reports.map(({ box }) => box),
    reports.map(({ kind }) => kind),
    reports.map(({ receivedMs }) => receivedMs),
    reports.map(({ isRetained }) => (isRetained ? 1 : 0)),
    reports.map(({ body }) => JSON.stringify(body)),
  ]);
}
