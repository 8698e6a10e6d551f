/**
 * What arrived -> the rows that it becomes, each table's in the order in which every process writes them: two that hold the same rows then
 * wait for each other instead of for ever. Whatever a box wrote becomes text that both databases take. Touches no database.
 */
import { createHash } from 'node:crypto';
import type { Alert } from '../../firmware/contract/alert.ts';
import type { Loss, LossReason } from '../../firmware/contract/loss.ts';
import { type KnownRange, unionOf } from './number-ranges.ts';
import type { Arrival, Sighting, UnnumberedAlert } from './store.ts';

/** A key longer than this is stored as its hash: an index holds short keys only, and a UUID has 36 characters. */
const keyCharactersMax = 64;
/** Of a text taken out of an alert into a column of its own; the JSON has it whole. */
const columnCharactersMax = 255;
/** Reasons of a record that is written where an outbox is begun in the place of another one. */
const replacements: ReadonlySet<LossReason> = new Set(['damaged', 'foreign']);

export interface MessageRow {
  box: string;
  outbox: string;
  seq: number;
  kind: string;
  receivedMs: number;
  body: string | null;
  bytes: Uint8Array | null;
  alertId: string | null;
  chunk: number | null;
  arrival: Arrival;
}

export interface AlertRow {
  box: string;
  id: string;
  alert: Alert;
  receivedMs: number;
  json: string;
  /** The message that carries the JSON, where the alert was numbered. */
  message: MessageRow | undefined;
}

/** A box that was heard of by what arrived. */
export interface HeardRow {
  box: string;
  agency: string | null;
  receivedMs: number;
  /** By a durable message. */
  isDurable: boolean;
}

export interface Batch {
  messages: MessageRow[];
  /** Messages that were in the batch before. */
  repeats: number;
  /** The highest revision of each. */
  alerts: AlertRow[];
  boxes: HeardRow[];
}

/** What one outbox told: how many messages came, and which of its numbers are accounted for. */
export interface OutboxAccount {
  box: string;
  outbox: string;
  messages: number;
  known: KnownRange[];
  /** When the first of these messages came; absent where none did. */
  begunMs?: number;
  /** A record in it tells what became of the outbox before. */
  isExplained: boolean;
}

/** What a box says it has numbered in an outbox in which nothing waits any more. */
export interface OutboxTail {
  box: string;
  outbox: string;
  last: number;
  receivedMs: number;
}

/** Text as both databases can hold it: PostgreSQL takes no NUL, and neither half of a surrogate pair alone is UTF-8. */
export function storable(text: string): string {
  return (text.includes('\0') ? text.replaceAll('\0', '\u{fffd}') : text).toWellFormed();
}

/** Text as a key: the same text gives the same key, of bounded length. */
export function keyOf(text: string): string {
  return text.length <= keyCharactersMax ? storable(text) : `sha256:${createHash('sha256').update(text).digest('base64url')}`;
}

/** Text of an alert in a column of its own. */
export function columnText(text: string | undefined): string | null {
  return text === undefined ? null : storable(text.slice(0, columnCharactersMax));
}

/** Ms since 1970 of RFC 3339; null where it is none. */
export function timeMs(text: string): number | null {
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : Math.round(time);
}

export function batchOf(arrivals: readonly Arrival[], unnumbered: readonly UnnumberedAlert[]): Batch {
  const sorted = arrivals.map(messageRow).sort(byKey);
  const messages = sorted.filter((row, index) => index === 0 || byKey(row, sorted[index - 1] as MessageRow) !== 0);
  const alerts = new Map<string, AlertRow>();
  const boxes = new Map<string, HeardRow>();
  for (const row of sorted) {
    hear(boxes, { box: row.box, agency: columnText(row.arrival.alert?.agency), receivedMs: row.receivedMs, isDurable: true });
    const { alert } = row.arrival;
    if (alert !== undefined) keepHighest(alerts, alertRow(alert, row));
  }
  for (const { alert, receivedMs, body } of unnumbered) {
    const heard = { box: keyOf(alert.box), receivedMs: Math.round(receivedMs) };
    hear(boxes, { ...heard, agency: columnText(alert.agency), isDurable: false });
    keepHighest(alerts, { ...heard, id: keyOf(alert.id), alert, json: storable(body), message: undefined });
  }
  return {
    messages,
    repeats: sorted.length - messages.length,
    alerts: [...alerts.values()].sort((one, other) => compare(one.box, other.box) || compare(one.id, other.id)),
    boxes: [...boxes.values()].sort((one, other) => compare(one.box, other.box)),
  };
}

/** The numbers that fresh messages account for: their own, and those that losses declare. */
export function accountsOf(fresh: readonly MessageRow[]): OutboxAccount[] {
  const accounts = new Map<string, OutboxAccount>();
  const accountOf = (box: string, outbox: string): OutboxAccount => {
    const key = `${box}\0${outbox}`;
    const account = accounts.get(key) ?? { box, outbox, messages: 0, known: [], isExplained: false };
    accounts.set(key, account);
    return account;
  };
  for (const { box, outbox, seq, receivedMs, arrival } of fresh) {
    const own = accountOf(box, outbox);
    own.messages += 1;
    own.begunMs = Math.min(own.begunMs ?? receivedMs, receivedMs);
    own.known.push({ first: seq, last: seq, receivedMs });
    const { loss } = arrival;
    if (loss !== undefined) own.isExplained ||= explains(loss, arrival.outbox);
    if (loss === undefined || loss.ranges.length === 0) continue;
    const lost = loss.ofOutbox === undefined ? own : accountOf(box, keyOf(loss.ofOutbox));
    for (const [first, last] of loss.ranges) lost.known.push({ first, last, receivedMs });
  }
  return [...accounts.values()]
    .map((account) => ({ ...account, known: unionOf(account.known) }))
    .filter(({ known }) => known.length > 0)
    .sort((one, other) => compare(one.box, other.box) || compare(one.outbox, other.outbox));
}

/** The highest number that each outbox is said to have given, by the healths that were written when it was empty. */
export function tailsOf(sightings: readonly Sighting[]): OutboxTail[] {
  const tails = new Map<string, OutboxTail>();
  for (const { box, receivedMs, isRetained, health } of sightings) {
    const { outboxId = '', lastSeq = 0, depth = 0, unansweredSeconds } = health?.outbox ?? {};
    if (isRetained || outboxId === '' || lastSeq === 0 || depth > 0 || unansweredSeconds !== undefined) continue;
    const tail = { box: keyOf(box), outbox: keyOf(outboxId), last: lastSeq, receivedMs: Math.round(receivedMs) };
    const key = `${tail.box}\0${tail.outbox}`;
    if (lastSeq > (tails.get(key)?.last ?? 0)) tails.set(key, tail);
  }
  return [...tails.values()].sort((one, other) => compare(one.box, other.box) || compare(one.outbox, other.outbox));
}

/** Whether the record, which came in `outbox`, tells what became of the one before. */
function explains({ reason, ofOutbox }: Loss, outbox: string): boolean {
  return replacements.has(reason) || (ofOutbox !== undefined && ofOutbox !== outbox);
}

function messageRow(arrival: Arrival): MessageRow {
  const { box, outbox, seq, kind, receivedMs, body, alertId, chunk } = arrival;
  return {
    box: keyOf(box),
    outbox: keyOf(outbox),
    seq,
    kind,
    receivedMs: Math.round(receivedMs),
    body: typeof body === 'string' ? storable(body) : null,
    bytes: typeof body === 'string' ? null : body,
    alertId: alertId === undefined ? null : keyOf(alertId),
    chunk: chunk ?? null,
    arrival,
  };
}

function alertRow(alert: Alert, message: MessageRow): AlertRow {
  return { box: message.box, id: keyOf(alert.id), alert, receivedMs: message.receivedMs, json: message.body ?? '', message };
}

function keepHighest(alerts: Map<string, AlertRow>, row: AlertRow): void {
  const key = `${row.box}\0${row.id}`;
  const known = alerts.get(key);
  if (known === undefined || row.alert.rev > known.alert.rev) alerts.set(key, row);
}

function hear(boxes: Map<string, HeardRow>, row: HeardRow): void {
  const known = boxes.get(row.box);
  if (known === undefined) boxes.set(row.box, row);
  else {
    known.agency = row.agency ?? known.agency;
    known.receivedMs = Math.max(row.receivedMs, known.receivedMs);
    known.isDurable ||= row.isDurable;
  }
}

function byKey(one: MessageRow, other: MessageRow): number {
  return compare(one.box, other.box) || compare(one.outbox, other.outbox) || one.seq - other.seq;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
