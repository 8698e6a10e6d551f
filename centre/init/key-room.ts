/**
 * The two authorities and the director of a centre: made where they are missing, never replaced. A key is written before the certificate or public
 * key that tells of it, so whatever moment a run is ended at, the next one finishes with the same keys.
 */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Authority, nameCharactersMax, newAuthority, newKeyPair } from '../authority/authority.ts';
import { readKeyFile, writeKeyFile } from '../authority/key-file.ts';
import { publicMode, writeWhole } from '../authority/whole-file.ts';
import type { CentreFolder, centreFiles } from '../centre-folder.ts';
import { UserError } from '../command/user-error.ts';
import type { Item } from './item.ts';
import type { NewPassphrase } from './new-passphrase.ts';

type FileName = keyof typeof centreFiles;
export type AuthorityName = 'servers' | 'boxes';

const authorityFiles: Record<AuthorityName, { certificate: FileName; key: FileName }> = {
  servers: { certificate: 'serversAuthority', key: 'serversKey' },
  boxes: { certificate: 'boxesAuthority', key: 'boxesKey' },
};

export class KeyRoom {
  readonly #folder: CentreFolder;
  readonly #passphrase: NewPassphrase;
  readonly #opened = new Map<AuthorityName, Promise<Authority>>();

  constructor(folder: CentreFolder, passphrase: NewPassphrase) {
    this.#folder = folder;
    this.#passphrase = passphrase;
  }

  /** True where its key can be had now. */
  hasKey(name: AuthorityName): boolean {
    return existsSync(this.#folder.file(authorityFiles[name].key));
  }

  /** Rejects with a `UserError` where the key is away. */
  authority(name: AuthorityName): Promise<Authority> {
    const known = this.#opened.get(name) ?? this.#open(name);
    this.#opened.set(name, known);
    return known;
  }

  async makeAuthority(name: AuthorityName): Promise<Item[]> {
    const [certificate, key] = [authorityFiles[name].certificate, authorityFiles[name].key].map((file) => this.#folder.file(file));
    if (certificate === undefined || key === undefined) return [];
    if (existsSync(certificate)) return [{ path: certificate, state: 'kept' }, this.#keyItem(key)];
    const isKeyThere = await this.#makeKey(key, () => newKeyPair().privateKey);
    const commonName = `Vong Gac ${name}: ${this.#folder.centre.name}`.slice(0, nameCharactersMax);
    const made = await newAuthority({ commonName, key: readKeyFile(key, await this.#passphrase.get()) });
    writeWhole(certificate, made.certificatePem, publicMode);
    return [
      { path: certificate, state: 'made' },
      { path: key, state: isKeyThere ? 'kept' : 'made', isOffline: true },
    ];
  }

  /** `spare`: the one that boxes obey too, for the day on which the other one is lost. */
  async makeDirector(which: 'director' | 'spare'): Promise<Item[]> {
    const [publicPath, key] = [this.#folder.file(`${which}Public`), this.#folder.file(`${which}Key`)];
    if (existsSync(publicPath)) return [{ path: publicPath, state: 'kept' }, this.#keyItem(key)];
    const isKeyThere = await this.#makeKey(key, () => generateKeyPairSync('ed25519').privateKey);
    const publicKey = createPublicKey(readKeyFile(key, await this.#passphrase.get()));
    writeWhole(publicPath, publicKey.export({ type: 'spki', format: 'pem' }).toString(), publicMode);
    return [
      { path: publicPath, state: 'made' },
      { path: key, state: isKeyThere ? 'kept' : 'made', isOffline: true },
    ];
  }

  #keyItem(path: string): Item {
    return existsSync(path) ? { path, state: 'kept', isOffline: true } : { path, state: 'away' };
  }

  /** Returns true where it is there already. */
  async #makeKey(path: string, make: () => Parameters<typeof writeKeyFile>[1]): Promise<boolean> {
    if (existsSync(path)) return true;
    const { keysFolder } = this.#folder.centre;
    // A medium that is not mounted would leave an empty folder, or none: keys must not end up below it on the server's disk.
    if (keysFolder !== undefined && !existsSync(keysFolder))
      throw new UserError(`the folder for the keys, ${keysFolder}, is not there: mount the medium, or make the folder on it`);
    try {
      writeKeyFile(path, make(), await this.#passphrase.get());
    } catch (error) {
      if (!(error instanceof Error && 'syscall' in error)) throw error;
      throw new UserError(`no key can be written into ${dirname(path)}: ${error.message}`);
    }
    return false;
  }

  async #open(name: AuthorityName): Promise<Authority> {
    const { certificate, key } = authorityFiles[name];
    const privateKey = readKeyFile(this.#folder.file(key), await this.#passphrase.get());
    return Authority.open(readFileSync(this.#folder.file(certificate), 'utf8'), privateKey);
  }
}
