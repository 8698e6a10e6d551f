/** The boxes of the register and their tags: who there is, for whom, and which of them an order is for. Makes no claim and no certificate. */
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { type Contact, contactSchema } from '../../firmware/contract/claim.ts';

/** As people type it after `--tag`. */
export const tagPattern = /^[a-z0-9][a-z0-9-]{0,31}$/;
export const tagsMax = 20;

export interface NewBox {
  box: string;
  agency: string;
  contacts: readonly Contact[];
  tags: readonly string[];
}

export interface RegisteredBox {
  box: string;
  agency: string;
  contacts: Contact[];
  tags: string[];
  createdMs: number;
  revokedMs?: number;
  revokeReason?: string;
}

/** Which boxes are meant; all of the conditions named must hold, and without any it is every box. */
export interface BoxChoice {
  ids?: readonly string[] | undefined;
  tag?: string | undefined;
}

/** Throws the error of SQLite where the id is taken. */
export function insertBox(register: DatabaseSync, { box, agency, contacts, tags }: NewBox, nowMs = Date.now()): void {
  register
    .prepare('insert into box (box, agency, contacts, created_ms) values (?, ?, ?, ?)')
    .run(box, agency, JSON.stringify(contacts), nowMs);
  for (const tag of tags) addTag(register, box, tag);
}

/** In the order of their ids. */
export function registeredBoxes(register: DatabaseSync, { ids, tag }: BoxChoice = {}): RegisteredBox[] {
  const tagsOf = Map.groupBy(register.prepare('select box, tag from tag order by tag').all(), (row) => String(row.box));
  const rows = register.prepare('select box, agency, contacts, created_ms, revoked_ms, revoke_reason from box order by box').all();
  const boxes = rows.map((row) =>
    boxOf(
      row,
      (tagsOf.get(String(row.box)) ?? []).map((one) => String(one.tag)),
    ),
  );
  const wanted = ids === undefined ? undefined : new Set(ids);
  return boxes.filter(({ box, tags }) => wanted?.has(box) !== false && (tag === undefined || tags.includes(tag)));
}

export function findBox(register: DatabaseSync, box: string): RegisteredBox | undefined {
  const row = register.prepare('select box, agency, contacts, created_ms, revoked_ms, revoke_reason from box where box = ?').get(box);
  return row && boxOf(row, tagsOf(register, box));
}

export function boxIds(register: DatabaseSync): string[] {
  return register
    .prepare('select box from box order by box')
    .all()
    .map(({ box }) => String(box));
}

export function tagsOf(register: DatabaseSync, box: string): string[] {
  return register
    .prepare('select tag from tag where box = ? order by tag')
    .all(box)
    .map(({ tag }) => String(tag));
}

/** Harmless where the box has it already. */
export function addTag(register: DatabaseSync, box: string, tag: string): void {
  register.prepare('insert or ignore into tag (box, tag) values (?, ?)').run(box, tag);
}

/** Returns false where the box did not have it. */
export function removeTag(register: DatabaseSync, box: string, tag: string): boolean {
  return register.prepare('delete from tag where box = ? and tag = ?').run(box, tag).changes > 0;
}

const contactsSchema = z.array(contactSchema);

function boxOf(row: Record<string, unknown>, tags: string[]): RegisteredBox {
  return {
    box: String(row.box),
    agency: String(row.agency),
    contacts: contactsSchema.parse(JSON.parse(String(row.contacts))),
    tags,
    createdMs: Number(row.created_ms),
    ...(row.revoked_ms === null ? {} : { revokedMs: Number(row.revoked_ms) }),
    ...(row.revoke_reason === null ? {} : { revokeReason: String(row.revoke_reason) }),
  };
}
