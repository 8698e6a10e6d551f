/**
 * The keys by which boxes know releases of indicators, and a repository without a release: made with the centre, since what a box trusts comes with its
 * claim. Where the keys are lost is a matter of `intel keys`; here they are made once.
 */
import { existsSync } from 'node:fs';
import type { CentreFolder } from '../centre-folder.ts';
import { repositoryOf } from '../intel/repository/repository.ts';
import { keyPath } from '../intel/repository/role-keys.ts';
import type { Item } from './item.ts';
import type { NewPassphrase } from './new-passphrase.ts';

/** Paths of the keys that a person brings: three of root, of which two sign, and the one that signs each release. */
export function releaseKeys(folder: CentreFolder): { root: string[]; targets: string } {
  const { places } = repositoryOf(folder).folder;
  return { root: [1, 2, 3].map((number) => keyPath(places, 'root', number)), targets: keyPath(places, 'targets') };
}

/** Rejects with a `UserError` where a key cannot be written. */
export async function makeRepository(folder: CentreFolder, passphrase: NewPassphrase): Promise<Item[]> {
  const repository = repositoryOf(folder);
  const { root, targets } = releaseKeys(folder);
  const isThere = repository.exists;
  if (!isThere) repository.create(await passphrase.get(), Date.now());
  const items: Item[] = [...root, targets].map((path) => {
    const state = isThere ? (existsSync(path) ? 'kept' : 'away') : 'made';
    return { path, state, isOffline: true };
  });
  return [{ path: repository.folder.places.folder, state: isThere ? 'kept' : 'made' }, ...items];
}
