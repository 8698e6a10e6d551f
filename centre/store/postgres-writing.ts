/**
 * Rows of a batch -> statements of one PostgreSQL transaction: many rows in one statement, so that the way to the server and back counts
 * little. Each table's rows are locked in one order, so that two processes do not wait for each other for ever. Opens no connection.
 */
import { alertColumns, onKnownAlert } from './alert-columns.ts';
import type { AlertRow, HeardRow, MessageRow, OutboxAccount, OutboxTail } from './batch.ts';
import { advance, type Gap, type NumberRange, without } from './number-ranges.ts';
import type { Parameter, Run } from './postgres-connection.ts';
import type { Row } from './questions.ts';

/** Of one statement; its parameters are held in memory here and at the server. */
const rowsMax = 1_000;
const bytesMax = 8 * 1024 * 1024;

/** `unnest` makes rows of arrays; each column's type must be said. */
const unnest = (...columnTypes: readonly string[]) => `unnest(${columnTypes.map((type) => `?::${type}[]`).join(', ')})`;

/**
 * Bodies go as one run of bytes with the place of each: as an array of text every quote in them would be escaped here and read again there,
 * which takes twice the time. Answers with the rows that were there already.
 */
const insertMessages = `
  with given as materialized (
    select * from ${unnest('text', 'text', 'bigint', 'text', 'bigint', 'text', 'bigint', 'int', 'int', 'bool')}
      with ordinality as row (box, outbox, seq, kind, received_ms, alert_id, chunk, start, size, is_text, place)
  ), bodies as (select ?::bytea as bytes, ?::bigint as stored_ms), put as (
    insert into message (box, outbox, seq, kind, received_ms, stored_ms, alert_id, chunk, body, bytes)
      select box, outbox, seq, kind, received_ms, stored_ms, alert_id, chunk,
        case when is_text then convert_from(substring(bodies.bytes from start for size), 'UTF8') end,
        case when not is_text then substring(bodies.bytes from start for size) end
      from given, bodies order by place on conflict do nothing returning box, outbox, seq
  )
  select given.place from given left join put using (box, outbox, seq) where put.box is null`;

/** Resolves with those that were not there before. */
export async function putMessages(run: Run, messages: readonly MessageRow[], storedMs: number): Promise<MessageRow[]> {
  const fresh: MessageRow[] = [];
  for (const piece of pieces(messages, ({ body, bytes }) => body?.length ?? bytes?.length ?? 0)) {
    const bodies = piece.map(({ body, bytes }) => (body === null ? (bytes ?? Buffer.alloc(0)) : Buffer.from(body)));
    const starts: number[] = [];
    let start = 1; // SQL counts from one
    for (const { length } of bodies) {
      starts.push(start);
      start += length;
    }
    const { rows } = await run(insertMessages, [
      piece.map(({ box }) => box),
      piece.map(({ outbox }) => outbox),
      piece.map(({ seq }) => seq),
      piece.map(({ kind }) => kind),
      piece.map(({ receivedMs }) => receivedMs),
      piece.map(({ alertId }) => alertId),
      piece.map(({ chunk }) => chunk),
      starts,
      bodies.map(({ length }) => length),
      piece.map(({ body }) => body !== null),
      Buffer.concat(bodies),
      storedMs,
    ]);
    const known = new Set(rows.map(({ place }) => Number(place) - 1));
    fresh.push(...piece.filter((_, index) => !known.has(index)));
  }
  return fresh;
}

const insertAlerts = `
  insert into alert (${alertColumns.map(({ name }) => name).join(', ')})
  select * from ${unnest(...alertColumns.map(({ type }) => (type === 'whole' ? 'bigint' : 'text')))}
  ${onKnownAlert}`;

/** Resolves with how many were opened or raised in revision. */
export async function putAlerts(run: Run, alerts: readonly AlertRow[], fresh: ReadonlySet<MessageRow>, storedMs: number): Promise<number> {
  let changed = 0;
  for (const piece of pieces(alerts, ({ json }) => json.length)) {
    const contexts = piece.map(({ message }) => ({ storedMs, isBodyStored: message !== undefined && fresh.has(message) }));
    const columns = alertColumns.map(({ value }) => piece.map((row, index) => value(row, contexts[index] as (typeof contexts)[number])));
    changed += (await run(insertAlerts, columns)).changed;
  }
  return changed;
}

const readOutboxes = `select box, outbox, last_seq from outbox where (box, outbox) in (select * from ${unnest('text', 'text')})`;
const lockOutboxes = `${readOutboxes} order by box, outbox for update`;
const endOutboxes = `update outbox set last_seq = row.last_seq from ${unnest('text', 'text', 'bigint')} as row (box, outbox, last_seq)
  where outbox.box = row.box and outbox.outbox = row.outbox`;
const beginOutboxes = `insert into outbox (box, outbox, last_seq, messages)
  select box, outbox, 0, 0 from ${unnest('text', 'text')} as row (box, outbox) on conflict do nothing`;
const advanceOutboxes = `update outbox set last_seq = row.last_seq, messages = outbox.messages + row.messages,
    begun_ms = coalesce(outbox.begun_ms, row.begun_ms),
    unexplained = case
      when row.is_explained then 0
      when outbox.begun_ms is null and outbox.outbox <> '' and exists (
        select 1 from outbox as earlier where earlier.box = row.box and earlier.outbox <> '' and earlier.begun_ms < row.begun_ms
      ) then 1
      else outbox.unexplained end
  from ${unnest('text', 'text', 'bigint', 'bigint', 'bigint', 'bool')}
    as row (box, outbox, last_seq, messages, begun_ms, is_explained)
  where outbox.box = row.box and outbox.outbox = row.outbox`;

/** Numbers that came or were lost: into the outboxes and out of the holes. The outboxes stay locked until the commit, and with them their holes. */
export async function putAccounts(run: Run, accounts: readonly OutboxAccount[]): Promise<void> {
  if (accounts.length === 0) return;
  const names = namesOf(accounts);
  const lasts = await lockedLasts(run, accounts);
  const advances = accounts.map(({ box, outbox, known }) => ({ box, outbox, ...advance(lasts.get(`${box}\0${outbox}`) ?? 0, known) }));
  await run(advanceOutboxes, [
    ...names,
    advances.map(({ last }) => last),
    accounts.map(({ messages }) => messages),
    accounts.map(({ begunMs }) => begunMs ?? null),
    accounts.map(({ isExplained }) => isExplained),
  ]);
  const late = advances.flatMap(({ box, outbox, late: ranges }) => ranges.map((range) => ({ box, outbox, ...range })));
  if (late.length > 0) await mend(run, late);
  await putHoles(
    run,
    advances.flatMap(({ box, outbox, gaps }) => gaps.map((gap) => ({ box, outbox, ...gap }))),
  );
}

/** What boxes say of the ends of outboxes in which nothing waits: numbers that the store does not have are a hole. */
export async function putTails(run: Run, tails: readonly OutboxTail[]): Promise<void> {
  const { rows } = await run(readOutboxes, namesOf(tails));
  const above = (lasts: ReadonlyMap<string, number>) => tails.filter((tail) => tail.last > (lasts.get(outboxKey(tail)) ?? 0));
  const candidates = above(lastsOf(rows));
  if (candidates.length === 0) return;
  const lasts = await lockedLasts(run, candidates);
  const missing = above(lasts);
  await run(endOutboxes, [...namesOf(missing), missing.map(({ last }) => last)]);
  await putHoles(
    run,
    missing.map(({ box, outbox, last, receivedMs }) => ({
      box,
      outbox,
      first: (lasts.get(`${box}\0${outbox}`) ?? 0) + 1,
      last,
      sinceMs: receivedMs,
    })),
  );
}

/** The highest numbers of these outboxes, which stay locked; those not known are begun. */
async function lockedLasts(run: Run, outboxes: readonly InOutbox[]): Promise<Map<string, number>> {
  const names = namesOf(outboxes);
  let { rows } = await run(lockOutboxes, names);
  if (rows.length < outboxes.length) {
    await run(beginOutboxes, names);
    rows = (await run(lockOutboxes, names)).rows;
  }
  return lastsOf(rows);
}

function lastsOf(rows: readonly Row[]): Map<string, number> {
  return new Map(rows.map((row) => [`${row.box}\0${row.outbox}`, Number(row.last_seq)]));
}

function namesOf(outboxes: readonly InOutbox[]): Parameter[] {
  return [outboxes.map(({ box }) => box), outboxes.map(({ outbox }) => outbox)];
}

interface InOutbox {
  box: string;
  outbox: string;
}

const closeHoles = `delete from hole using ${unnest('text', 'text', 'bigint', 'bigint')} as late (box, outbox, first_seq, last_seq)
  where hole.box = late.box and hole.outbox = late.outbox and hole.first_seq between late.first_seq and late.last_seq
    and hole.last_seq <= late.last_seq`;
// Holes do not overlap: of those that begin at or before the end of a range, at most the last two reach into it without lying in it.
const cutHoles = `
  select distinct near.* from ${unnest('text', 'text', 'bigint', 'bigint')} as late (box, outbox, first_seq, last_seq)
  cross join lateral (
    select * from hole where hole.box = late.box and hole.outbox = late.outbox and hole.first_seq <= late.last_seq
    order by hole.first_seq desc limit 2
  ) as near where near.last_seq >= late.first_seq`;
const removeHoles = `delete from hole using ${unnest('text', 'text', 'bigint')} as gone (box, outbox, first_seq)
  where hole.box = gone.box and hole.outbox = gone.outbox and hole.first_seq = gone.first_seq`;
const insertHoles = `insert into hole (box, outbox, first_seq, last_seq, since_ms)
  select * from ${unnest('text', 'text', 'bigint', 'bigint', 'bigint')}`;

/** Takes the numbers out of the holes. Only holes that a range cuts are read: those that lie in one just go. */
async function mend(run: Run, late: readonly (InOutbox & NumberRange)[]): Promise<void> {
  const columns = [...keysOf(late), late.map(({ last }) => last)];
  await run(closeHoles, columns);
  const { rows } = await run(cutHoles, columns);
  if (rows.length === 0) return;
  const cut = rows.map(({ box, outbox, first_seq: first, last_seq: last, since_ms: sinceMs }) => ({
    ...{ box: String(box), outbox: String(outbox) },
    ...{ first: Number(first), last: Number(last), sinceMs: Number(sinceMs) },
  }));
  await run(removeHoles, keysOf(cut));
  const ranges = Map.groupBy(late, outboxKey);
  const left: (InOutbox & Gap)[] = [];
  for (const [key, gaps] of Map.groupBy(cut, outboxKey)) {
    gaps.sort((one, other) => one.first - other.first);
    const { box, outbox } = gaps[0]!;
    for (const gap of without(gaps, ranges.get(key) ?? [])) left.push({ box, outbox, ...gap });
  }
  await putHoles(run, left);
}

async function putHoles(run: Run, holes: readonly (InOutbox & Gap)[]): Promise<void> {
  if (holes.length === 0) return;
  await run(insertHoles, [...keysOf(holes), holes.map(({ last }) => last), holes.map(({ sinceMs }) => sinceMs)]);
}

function keysOf(ranges: readonly (InOutbox & { first: number })[]): Parameter[] {
  return [ranges.map(({ box }) => box), ranges.map(({ outbox }) => outbox), ranges.map(({ first }) => first)] as Parameter[];
}

const outboxKey = ({ box, outbox }: InOutbox) => `${box}\0${outbox}`;

const insertHeard = `insert into box (box, agency, seen_ms, stored_ms)
  select * from ${unnest('text', 'text', 'bigint', 'bigint')}
  on conflict (box) do update set agency = coalesce(excluded.agency, box.agency), seen_ms = greatest(box.seen_ms, excluded.seen_ms),
    stored_ms = coalesce(excluded.stored_ms, box.stored_ms)`;

export async function putHeard(run: Run, boxes: readonly HeardRow[], storedMs: number): Promise<void> {
  await run(insertHeard, [
    boxes.map(({ box }) => box),
    boxes.map(({ agency }) => agency),
    boxes.map(({ receivedMs }) => receivedMs),
    boxes.map(({ isDurable }) => (isDurable ? storedMs : null)),
  ]);
}

/** Into pieces of bounded size; what is larger alone stands alone. */
function* pieces<Item>(items: readonly Item[], sizeOf: (item: Item) => number): Generator<Item[]> {
  let piece: Item[] = [];
  let size = 0;
  for (const item of items) {
    if (piece.length > 0 && (piece.length >= rowsMax || size + sizeOf(item) > bytesMax)) {
      yield piece;
      piece = [];
      size = 0;
    }
    piece.push(item);
    size += sizeOf(item);
  }
  if (piece.length > 0) yield piece;
}
