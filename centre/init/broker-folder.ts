/** The folder of the broker, ready to start: what it trusts, what it shows, whom it turns away, and the configuration that says so. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from '../authority/whole-file.ts';
import { type BrokerLayout, placedClaimsFiles, placedFiles } from '../broker/layout.ts';
import { EditedFiles, writeBrokerConfig } from '../broker/write-config.ts';
import type { CentreFolder } from '../centre-folder.ts';
import { UserError } from '../command/user-error.ts';
import { listAt, writeRevocationList } from '../revoke/broker-lists.ts';
import type { RevokedInRegister } from '../revoke/revoked.ts';
import { makeCredential, renewalMs } from './credentials.ts';
import type { Item } from './item.ts';
import type { AuthorityName, KeyRoom } from './key-room.ts';

/** Owner and the group of the broker. */
const mode = 0o640;
const folderMode = 0o750;

export interface BrokerParts {
  folder: CentreFolder;
  layout: BrokerLayout;
  keys: KeyRoom;
  revoked: RevokedInRegister;
  /** Every name by which clients reach it. */
  names: readonly string[];
  force: boolean;
}

/** Rejects with a `UserError`. */
export async function makeBrokerFolder(parts: BrokerParts): Promise<Item[]> {
  const { layout, folder, force, revoked } = parts;
  for (const path of [layout.folder, layout.stateFolder, layout.logFolder]) mkdirSync(path, { recursive: true, mode: folderMode });
  const authorities = [
    copyOf(folder.file('boxesAuthority'), join(layout.folder, placedFiles.boxesAuthority)),
    copyOf(folder.file('serversAuthority'), join(layout.folder, placedFiles.servicesAuthority)),
  ];
  const lists = [await makeList('boxes', parts), await makeList('servers', parts)];
  return [...authorities, ...(await credentials(parts)), ...lists, ...(await configuration(layout, force, revoked.boxes))];
}

/** For programs that may not enter the folder of the authorities. */
function copyOf(source: string, path: string): Item {
  const text = readFileSync(source, 'utf8');
  const isThere = existsSync(path);
  if (isThere && readFileSync(path, 'utf8') === text) return { path, state: 'kept' };
  writeWhole(path, text, mode);
  return { path, state: isThere ? 'renewed' : 'made' };
}

async function credentials({ layout, keys, names }: BrokerParts): Promise<Item[]> {
  const modes = { certificate: mode, key: mode };
  const at = (files: { certificate: string; key: string }) => ({
    certFile: join(layout.folder, files.certificate),
    keyFile: join(layout.folder, files.key),
    modes,
  });
  const server = await makeCredential(
    { ...at(placedFiles), names, issue: (authority, publicKey) => authority.issueServer({ names, publicKey }) },
    keys,
  );
  const claims = await makeCredential(
    { ...at(placedClaimsFiles), names: [], issue: (authority, publicKey) => authority.issueService({ name: 'centre.claims', publicKey }) },
    keys,
  );
  return [server, claims];
}

/** A list of revoked certificates is only ever written anew where it is missing, unsound or about to end: `revoke` keeps it. */
async function makeList(name: AuthorityName, { layout, keys, revoked, folder }: BrokerParts): Promise<Item> {
  const path = join(layout.folder, name === 'boxes' ? placedFiles.boxesRevoked : placedFiles.servicesRevoked);
  const authorityPem = readFileSync(folder.file(name === 'boxes' ? 'boxesAuthority' : 'serversAuthority'), 'utf8');
  const endMs = (await listAt(path, authorityPem))?.nextUpdateMs;
  if (endMs !== undefined && endMs - Date.now() > renewalMs) return { path, state: 'kept', notAfterMs: endMs };
  if (endMs !== undefined && !keys.hasKey(name)) return { path, state: 'due', notAfterMs: endMs };
  await writeRevocationList(path, await keys.authority(name), name === 'boxes' ? revoked.certificates : []);
  return { path, state: endMs === undefined ? 'made' : 'renewed' };
}

async function configuration(layout: BrokerLayout, force: boolean, revoked: readonly string[]): Promise<Item[]> {
  try {
    const { files } = await writeBrokerConfig(layout, { force, revoked });
    return files.map(({ path, state }) => ({ path, state: state === 'same' ? 'kept' : state === 'absent' ? 'made' : 'renewed' }));
  } catch (error) {
    if (error instanceof EditedFiles) throw new UserError(`${error.message}; they were left as they are (--force replaces them)`);
    throw error;
  }
}
