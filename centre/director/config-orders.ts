/**
 * What the register holds of orders: which settings and which release were ordered of a box, by whom, in which envelope, and whether the broker has it.
 * Makes the next order of a box: its number is one above the highest ever, given within the transaction, so that two officers never share one.
 */
import type { KeyObject } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { type ConfigDesired, configDesiredSchema, hashOfConfig } from '../../firmware/contract/config-message.ts';
import { type PayloadType, payloadTypes, sealEnvelope } from '../../firmware/contract/envelope.ts';
import type { Release } from '../../firmware/contract/intelligence-message.ts';
import { UserError } from '../command/user-error.ts';
import { inTransaction, recordEvent } from '../register/register-file.ts';

/** Clocks of boxes may be behind that of the centre by so much; an order must not come before its time for it. */
const clockToleranceMs = 600_000;
export const orderLifetimeMsDefault = 30 * 86_400_000;
/** As the broker takes them, with room for the topic. */
export const envelopeBytesMax = 255 * 1024;

/** Of each box: what anybody would go back to. */
const ordersKept = 100;

export interface DirectorKey {
  privateKey: KeyObject;
  publicKey: KeyObject;
}

/** What an order is about; its number, its time and its author stand beside it. */
export interface ConfigDocument {
  settings: ConfigDesired['settings'];
  release?: Release | undefined;
}

export interface ConfigOrder {
  box: string;
  seq: number;
  hash: string;
  desired: ConfigDesired;
  /** As it is published: JSON of the signed envelope. */
  envelope: string;
  author?: string;
  comment?: string;
  createdMs: number;
  /** When the broker had it; undefined: it was never told. */
  publishedMs?: number;
}

export interface OrderRequest {
  boxes: readonly string[];
  /** From what was ordered last (nothing: no settings, no release) to what is ordered now. */
  change: (current: ConfigDocument, box: string) => ConfigDocument;
  author?: string | undefined;
  comment?: string | undefined;
  notBeforeMs?: number | undefined;
  lifetimeMs?: number | undefined;
  /** A number that boxes have seen although the register has not: it was restored from a copy. */
  aboveSeq?: number | undefined;
}

/** Signs and records one order for each box, all or none. Publishes nothing. Throws a `UserError` where an order is too large to be sent. */
export function orderConfig(register: DatabaseSync, key: DirectorKey, request: OrderRequest): ConfigOrder[] {
  return inTransaction(register, () => request.boxes.map((box) => orderOne(register, key, box, request)));
}

function orderOne(register: DatabaseSync, key: DirectorKey, box: string, request: OrderRequest): ConfigOrder {
  const { change, author, comment, notBeforeMs, lifetimeMs = orderLifetimeMsDefault, aboveSeq = 0 } = request;
  const last = latestOrder(register, box);
  const { settings, release } = change({ settings: last?.desired.settings ?? {}, release: last?.desired.release }, box);
  const nowMs = Date.now();
  const document = { settings, ...(release === undefined ? {} : { release }) };
  const desired: ConfigDesired = {
    schema: 'config-desired/1',
    box,
    seq: Math.max(last?.seq ?? 0, aboveSeq) + 1,
    issued: new Date(nowMs - clockToleranceMs).toISOString(),
    notBefore: new Date(notBeforeMs ?? nowMs - clockToleranceMs).toISOString(),
    expires: new Date((notBeforeMs ?? nowMs) + lifetimeMs).toISOString(),
    hash: hashOfConfig(document),
    ...document,
    ...(author === undefined ? {} : { author }),
    ...(comment === undefined ? {} : { comment }),
  };
  const order = { box, seq: desired.seq, hash: desired.hash, desired, envelope: sealed(payloadTypes.configuration, desired, key) };
  if (Buffer.byteLength(order.envelope) > envelopeBytesMax)
    throw new UserError(
      `the order for ${box} has ${Buffer.byteLength(order.envelope)} bytes with its signature; at most ${envelopeBytesMax} can be sent`,
    );
  register
    .prepare('insert into config (box, seq, hash, desired, envelope, author, comment, created_ms) values (?, ?, ?, ?, ?, ?, ?, ?)')
    .run(box, order.seq, order.hash, JSON.stringify(desired), order.envelope, author ?? null, comment ?? null, nowMs);
  register.prepare('delete from config where box = ? and seq <= ?').run(box, order.seq - ordersKept);
  recordEvent(
    register,
    'config',
    box,
    `order ${order.seq}${author === undefined ? '' : ` by ${author}`}${comment === undefined ? '' : `: ${comment}`}`,
    nowMs,
  );
  return { ...order, ...(author === undefined ? {} : { author }), ...(comment === undefined ? {} : { comment }), createdMs: nowMs };
}

/** JSON of the envelope around a message of the director. */
export function sealed(type: PayloadType, message: object, { privateKey, publicKey }: DirectorKey): string {
  return JSON.stringify(sealEnvelope(type, Buffer.from(JSON.stringify(message)), privateKey, publicKey));
}

const columns = 'box, seq, hash, desired, envelope, author, comment, created_ms, published_ms';

/** The newest first. */
export function ordersOf(register: DatabaseSync, box: string): ConfigOrder[] {
  return register.prepare(`select ${columns} from config where box = ? order by seq desc`).all(box).map(orderOf);
}

export function latestOrder(register: DatabaseSync, box: string): ConfigOrder | undefined {
  const row = register.prepare(`select ${columns} from config where box = ? order by seq desc limit 1`).get(box);
  return row && orderOf(row);
}

/** Without reading the document. */
export function newestEnvelope(register: DatabaseSync, box: string): Pick<ConfigOrder, 'box' | 'seq' | 'envelope'> | undefined {
  const row = register.prepare('select seq, envelope from config where box = ? order by seq desc limit 1').get(box);
  return row && { box, seq: Number(row.seq), envelope: String(row.envelope) };
}

export function orderWithSeq(register: DatabaseSync, box: string, seq: number): ConfigOrder | undefined {
  const row = register.prepare(`select ${columns} from config where box = ? and seq = ?`).get(box, seq);
  return row && orderOf(row);
}

export function markPublished(register: DatabaseSync, orders: readonly Pick<ConfigOrder, 'box' | 'seq'>[], nowMs = Date.now()): void {
  const mark = register.prepare('update config set published_ms = ? where box = ? and seq = ?');
  inTransaction(register, () => {
    for (const { box, seq } of orders) mark.run(nowMs, box, seq);
  });
}

function orderOf(row: Record<string, unknown>): ConfigOrder {
  return {
    box: String(row.box),
    seq: Number(row.seq),
    hash: String(row.hash),
    desired: configDesiredSchema.parse(JSON.parse(String(row.desired))),
    envelope: String(row.envelope),
    ...(row.author === null ? {} : { author: String(row.author) }),
    ...(row.comment === null ? {} : { comment: String(row.comment) }),
    createdMs: Number(row.created_ms),
    ...(row.published_ms === null ? {} : { publishedMs: Number(row.published_ms) }),
  };
}
