/** What the register says of the revoked -> the broker's files: its list of revoked certificates and the rights of boxes; and in force at once. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual, promisify } from 'node:util';
import type { Authority, RevokedCertificate } from '../authority/authority.ts';
import { readRevocationList } from '../authority/revocation-list.ts';
import { writeWhole } from '../authority/whole-file.ts';
import { placedFiles } from '../broker/layout.ts';
import { writeBoxesAccess } from '../broker/write-config.ts';
import type { CentreFolder } from '../centre-folder.ts';
import { brokerLayoutOf } from '../init/broker-layout.ts';
import { type RevokedInRegister, revokedInRegister } from './revoked.ts';

/** For its owner and the group of the broker. */
const listMode = 0o640;
const reloadTimeoutMs = 30_000;
/** Each time somebody else revoked a box within some milliseconds. */
const writesMax = 20;

/**
 * Writes the list anew. Who stands in the one before stays in it, also where the register has forgotten: an old copy of the register that was put
 * back must let nobody in.
 */
export async function writeRevocationList(path: string, authority: Authority, revoked: readonly RevokedCertificate[]): Promise<void> {
  const known = await listAt(path, authority.certificatePem);
  // Of two entries for one certificate the later one counts: the register's.
  const pem = await authority.revocationList([...(known?.revoked ?? []), ...revoked], Date.now());
  writeWhole(path, pem, listMode);
}

/** Undefined where there is none, or none of this authority. */
export async function listAt(path: string, authorityPem: string) {
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  return readRevocationList(pem, authorityPem);
}

/** The list of revoked boxes' certificates of this centre. */
export function writeBoxesList({ file }: CentreFolder, register: DatabaseSync, authority: Authority): Promise<void> {
  const path = join(file('broker'), placedFiles.boxesRevoked);
  return untilSettled(register, ({ certificates }) => writeRevocationList(path, authority, certificates));
}

/** Takes the rights of revoked boxes, and gives back those of boxes that were enrolled again. Needs no key. Rejects with `EditedFiles`. */
export function writeBoxesRights(folder: CentreFolder, register: DatabaseSync): Promise<void> {
  return untilSettled(register, ({ boxes }) => writeBoxesAccess(brokerLayoutOf(folder), boxes));
}

/**
 * Another process may revoke, and write the same file, between our reading of the register and our writing: ours, the later one, would let in whom it has
 * just shut out. So whoever has written looks at the register once more.
 */
async function untilSettled(register: DatabaseSync, write: (revoked: RevokedInRegister) => Promise<void>): Promise<void> {
  for (let written = 0; written < writesMax; written++) {
    const revoked = revokedInRegister(register);
    await write(revoked);
    if (isDeepStrictEqual(revokedInRegister(register), revoked)) return;
  }
  throw new Error('the register never rests; try again');
}

/** Has the broker read its files anew. Rejects with an `Error` that says, for people, why it did not. */
export async function reloadBroker({ path, centre }: CentreFolder): Promise<void> {
  const [program = '', ...words] = centre.reloadBroker;
  try {
    await promisify(execFile)(program.includes('/') ? resolve(path, program) : program, words, { timeout: reloadTimeoutMs });
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    throw new Error(said || (error instanceof Error ? error.message : String(error)));
  }
}
