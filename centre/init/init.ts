/** `vonggac-centre init`: a folder and options in, a whole centre out, and what a person has to do next. What is there already is left alone. */
import { chmodSync, existsSync } from 'node:fs';
import { publicMode, secretMode } from '../authority/whole-file.ts';
import { type CentreFolder, serviceFiles, storeLocation } from '../centre-folder.ts';
import type { InitFlags } from '../command/init.ts';
import { UserError } from '../command/user-error.ts';
import { openRegisterFile } from '../register/register-file.ts';
import { type RevokedInRegister, revokedInRegister } from '../revoke/revoked.ts';
import { openStore } from '../store/open-store.ts';
import { makeBrokerFolder } from './broker-folder.ts';
import { brokerLayoutOf } from './broker-layout.ts';
import { letBrokerIn } from './broker-user.ts';
import { makeCredential } from './credentials.ts';
import type { Item } from './item.ts';
import { KeyRoom } from './key-room.ts';
import { NewPassphrase, type NewPassphraseFlags } from './new-passphrase.ts';
import { makeRepository } from './release-keys.ts';
import { settledFolder } from './settings.ts';

/** The clients of the broker among the services; its bridge has its files with the broker. */
const clients = ['ingest', 'watch', 'director', 'registrar'] as const;

export interface MadeCentre {
  folder: CentreFolder;
  items: Item[];
  /** Why the broker cannot be started by its user yet. */
  brokerUser: ReturnType<typeof letBrokerIn>;
  /** One was made, and lies in the folder. */
  isPassphraseMade: boolean;
}

export async function init(named: string, flags: InitFlags): Promise<void> {
  const made = await makeCentre(named, flags).catch((error: unknown) => {
    // Of the file system, or of SQLite: the person can mend it.
    const isOutside = error instanceof Error && ('syscall' in error || ('code' in error && error.code === 'ERR_SQLITE_ERROR'));
    throw isOutside ? new UserError(`${error.message}; once that is mended, run it again: it goes on from there`) : error;
  });
  const { inWords, asJson } = await import('./report.ts');
  process.stdout.write(flags.json ? `${JSON.stringify(asJson(made))}\n` : inWords(made, flags.lang));
}

/** Rejects with a `UserError`, or a `StoreError` of the store; then the next run goes on from there. */
export async function makeCentre(named: string, flags: InitFlags & NewPassphraseFlags): Promise<MadeCentre> {
  const folder = settledFolder(named, flags);
  const layout = brokerLayoutOf(folder);
  const passphrase = new NewPassphrase(folder, flags);
  const keys = new KeyRoom(folder, passphrase);
  const { item: register, revoked, boxes } = makeRegister(folder);
  if (boxes > 0) requireIdentity(folder);
  const items = [
    ...(await keys.makeAuthority('servers')),
    ...(await keys.makeAuthority('boxes')),
    ...(await keys.makeDirector('director')),
    ...(await keys.makeDirector('spare')),
    ...(await makeRepository(folder, passphrase)),
    ...(await makeServices(folder, keys)),
    ...(await makeBrokerFolder({ folder, layout, keys, revoked, names: namesOf(folder), force: flags.force ?? false })),
    register,
    ...(await makeStore(folder)),
  ];
  return { folder, items, brokerUser: letBrokerIn(folder.path, layout), isPassphraseMade: passphrase.isMade };
}

/** Everything by which its servers may be called, also from the machine itself. */
function namesOf({ centre }: CentreFolder): string[] {
  const { host, otherHosts, serviceHost, serve } = centre;
  return [...new Set([host, ...otherHosts, ...(serve === undefined ? [] : [serve.host]), serviceHost, 'localhost', '127.0.0.1'])];
}

async function makeServices(folder: CentreFolder, keys: KeyRoom): Promise<Item[]> {
  const modes = { certificate: publicMode, key: secretMode };
  const items: Item[] = [];
  for (const name of clients) {
    const service = { ...serviceFiles(folder, name), modes, names: [] };
    items.push(
      await makeCredential({ ...service, issue: (own, publicKey) => own.issueService({ name: `centre.${name}`, publicKey }) }, keys),
    );
  }
  const names = namesOf(folder);
  const server = { ...serviceFiles(folder, 'serve'), modes, names };
  items.push(await makeCredential({ ...server, issue: (own, publicKey) => own.issueServer({ names, publicKey }) }, keys));
  return items;
}

function makeRegister({ file }: CentreFolder): { item: Item; revoked: RevokedInRegister; boxes: number } {
  const path = file('register');
  const isThere = existsSync(path);
  const register = openRegisterFile(path);
  try {
    const boxes = Number(register.prepare('select count(*) as boxes from box').get()?.boxes ?? 0);
    return { item: { path, state: isThere ? 'kept' : 'made' }, revoked: revokedInRegister(register), boxes };
  } finally {
    register.close();
  }
}

/** Boxes trust what they were given: with new authorities or a new director not one of them would ever be heard again. */
function requireIdentity({ file }: CentreFolder): void {
  const lost = (['serversAuthority', 'boxesAuthority', 'directorPublic'] as const).map(file).find((path) => !existsSync(path));
  if (lost !== undefined) throw new UserError(`${lost} is missing, and boxes are enrolled that trust it: put it back from the spare copy`);
}

async function makeStore(folder: CentreFolder): Promise<Item[]> {
  const location = storeLocation(folder);
  const isFile = !/^postgres/i.test(location);
  const isThere = isFile && existsSync(location);
  const store = await openStore(location);
  await store.close();
  if (!isFile) return [];
  // The broker may pass through the folder of the centre.
  if (!isThere) chmodSync(location, secretMode);
  return [{ path: location, state: isThere ? 'kept' : 'made' }];
}
