/** `vonggac-centre boxes`: the store and the register of the centre -> tables on standard output, or one JSON object a line. Reads only. */
import { existsSync } from 'node:fs';
import { type CentreFolder, openCentreFolder, storeLocation } from '../centre-folder.ts';
import type { BoxesFlags } from '../command/boxes.ts';
import { UserError } from '../command/user-error.ts';
import { openRegisterFile } from '../register/register-file.ts';
import { openStore } from '../store/open-store.ts';
import type { BoxRow } from '../store/store.ts';
import { boxTable, type ListedBox, listBoxes } from './box-table.ts';
import { type EnrolledBox, enrolledBoxes } from './enrolment-step.ts';
import { enrolmentTable } from './enrolment-table.ts';

/** Where standard output is no terminal. */
const columnsDefault = 120;

export async function printBoxes({ store: named, centre, lang, json }: BoxesFlags): Promise<void> {
  const folder = folderOf(centre, named);
  const nowMs = Date.now();
  const enrolled = folder === undefined ? [] : registered(folder, nowMs);
  const listed = await listedBoxes(named ?? (folder && presentStore(folder)), nowMs);
  if (json) {
    process.stdout.write(jsonLines(listed, enrolled));
    return;
  }
  const tables = enrolled.length === 0 ? [] : [enrolmentTable(enrolled, lang, nowMs)];
  // The silence of a box that was shut out is as it should be; the first table tells of it.
  const revoked = new Set(enrolled.filter(({ step }) => step === 'revoked').map(({ box }) => box.box));
  const present = listed.filter(({ row }) => !revoked.has(row.box));
  // A centre that has just been made has nobody to tell of but those whom it enrolled.
  if (present.length > 0 || tables.length === 0) tables.push(boxTable(present, lang, nowMs, process.stdout.columns ?? columnsDefault));
  process.stdout.write(`${tables.join('\n\n')}\n`);
}

/** The store alone will do. */
function folderOf(centre: string | undefined, store: string | undefined): CentreFolder | undefined {
  try {
    return openCentreFolder(centre);
  } catch (error) {
    if (store === undefined || centre !== undefined) throw error;
    return undefined;
  }
}

function registered(folder: CentreFolder, nowMs: number): EnrolledBox[] {
  const path = folder.file('register');
  if (!existsSync(path)) return [];
  const register = openRegisterFile(path);
  try {
    return enrolledBoxes(register, nowMs);
  } finally {
    register.close();
  }
}

/** Undefined where the ingest has not stored anything yet. */
function presentStore(folder: CentreFolder): string | undefined {
  const location = storeLocation(folder);
  return location.includes('://') || existsSync(location) ? location : undefined;
}

async function listedBoxes(location: string | undefined, nowMs: number): Promise<ListedBox[]> {
  if (location === undefined) return [];
  // Opening would make one; who only reads has rather mistyped its name.
  if (!location.includes('://') && !existsSync(location))
    throw new UserError(`${location} does not exist: ingest has stored nothing there`);
  const store = await openStore(location);
  try {
    const [rows, centreAlerts] = await Promise.all([store.boxes(), store.openCentreAlerts()]);
    return listBoxes(rows, centreAlerts, nowMs);
  } finally {
    await store.close();
  }
}

function jsonLines(listed: readonly ListedBox[], enrolled: readonly EnrolledBox[]): string {
  const enrolledOf = new Map(enrolled.map((one) => [one.box.box, one]));
  const known = listed.map((one) => jsonLine(one, enrolledOf.get(one.row.box)));
  const heard = new Set(listed.map(({ row }) => row.box));
  const silent = enrolled.filter(({ box }) => !heard.has(box.box)).map((one) => jsonLine(unheard(one), one));
  return [...known, ...silent].join('');
}

function unheard({ box: { box, agency } }: EnrolledBox): ListedBox {
  const row: BoxRow = { box, agency, openAlerts: 0 };
  return { row, state: { life: 'unknown' }, centreAlerts: [], faults: [] };
}

function jsonLine({ row, state, centreAlerts, faults }: ListedBox, enrolled: EnrolledBox | undefined): string {
  const { seenMs, provenMs, storedMs, presenceMs, healthMs, ...rest } = row;
  const times = {
    since: state.sinceMs,
    seen: seenMs,
    proven: provenMs,
    stored: storedMs,
    presenceReceived: presenceMs,
    healthReceived: healthMs,
  };
  const enrolment = enrolled === undefined ? {} : { enrolment: enrolmentJson(enrolled) };
  return `${JSON.stringify({ ...rest, state: state.life, ...asText(times), faults, centreAlerts, ...enrolment })}\n`;
}

function enrolmentJson({ box, step, claim, certificate, firstSeenMs, orderedSeq, config, intelligence }: EnrolledBox) {
  return {
    step,
    agency: box.agency,
    tags: box.tags,
    contacts: box.contacts,
    ...asText({ registered: box.createdMs, revoked: box.revokedMs, firstSeen: firstSeenMs }),
    ...(box.revokeReason === undefined ? {} : { revokeReason: box.revokeReason }),
    ...(claim === undefined ? {} : { claim: { ...asText({ expires: claim.expiresMs, used: claim.usedMs }), refused: claim.refused } }),
    ...(certificate === undefined
      ? {}
      : { certificate: { serial: certificate.serial, ...asText({ notAfter: certificate.notAfterMs, revoked: certificate.revokedMs }) } }),
    ...(orderedSeq === undefined ? {} : { orderedSeq }),
    ...(config === undefined ? {} : { config }),
    ...(intelligence === undefined ? {} : { intelligence }),
  };
}

/** Times as RFC 3339; those that nobody knows are left out. */
function asText(times: Readonly<Record<string, number | undefined>>): Record<string, string> {
  const known = Object.entries(times).filter((entry): entry is [string, number] => entry[1] !== undefined);
  return Object.fromEntries(known.map(([name, ms]) => [name, new Date(ms).toISOString()]));
}
