/**
 * What an order needs: the register, the director's key and the line to the broker, each opened when it is first asked for; and which boxes an order is
 * for. Opened by a command, closed at its end.
 */
import { createPublicKey } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { plain } from '../../firmware/contract/language.ts';
import { readKeyFile } from '../authority/key-file.ts';
import { type CentreFolder, openCentreFolder, serviceAccess } from '../centre-folder.ts';
import { type PassphraseFlags, passphraseOf } from '../command/passphrase.ts';
import { UserError } from '../command/user-error.ts';
import { registeredBoxes } from '../register/boxes.ts';
import { openRegisterFile } from '../register/register-file.ts';
import type { DirectorKey } from './config-orders.ts';
import { DirectorLink } from './director-link.ts';

export interface DirectorFlags extends PassphraseFlags {
  centre?: string;
}

/** Whom an order is for: one of these. */
export interface BoxFlags {
  tag?: string;
  all?: boolean;
}

export class Director {
  readonly folder: CentreFolder;
  readonly register: DatabaseSync;
  readonly #flags: DirectorFlags;
  #key: Promise<DirectorKey> | undefined;
  #link: Promise<DirectorLink> | undefined;

  /** Throws a `UserError` where there is no centre. */
  constructor(flags: DirectorFlags) {
    this.#flags = flags;
    this.folder = openCentreFolder(flags.centre);
    this.register = openRegisterFile(this.folder.file('register'));
  }

  /** Unlocked once. Throws a `UserError` where key or passphrase cannot be had. */
  key(): Promise<DirectorKey> {
    this.#key ??= this.#unlock();
    return this.#key;
  }

  /** Connected once. Throws a `UserError` where the broker is away. */
  link(): Promise<DirectorLink> {
    let last = '';
    const tell = (text: string) => {
      // A broker that is away is one line, not a line for each attempt.
      if (text !== last) process.stderr.write(`vonggac-centre: ${plain(text)}\n`);
      last = text;
    };
    this.#link ??= DirectorLink.open(serviceAccess(this.folder, 'director'), tell);
    return this.#link;
  }

  /** Key and connection at once, for an order: where either cannot be had, nothing has happened yet. */
  async ready(): Promise<{ key: DirectorKey; link: DirectorLink }> {
    const link = this.link();
    // The key is asked of a person first; what fails meanwhile is told after it.
    link.catch(() => undefined);
    return { key: await this.key(), link: await link };
  }

  async close(): Promise<void> {
    const link = await this.#link?.catch(() => undefined);
    await link?.end();
    this.register.close();
  }

  async #unlock(): Promise<DirectorKey> {
    const path = this.folder.file('directorKey');
    const privateKey = readKeyFile(path, await passphraseOf(this.folder, this.#flags));
    if (privateKey.asymmetricKeyType !== 'ed25519') throw new UserError(`${path} is no key of a director (Ed25519)`);
    return { privateKey, publicKey: createPublicKey(privateKey) };
  }
}

/** The ids of the boxes meant, without those whose certificate was revoked. Throws a `UserError` where none or an unknown one is meant. */
export function chosenBoxes(register: DatabaseSync, ids: readonly string[], { tag, all = false }: BoxFlags): string[] {
  const ways = [ids.length > 0, tag !== undefined, all].filter(Boolean).length;
  if (ways === 0) throw new UserError('say which boxes: their ids, --tag TAG or --all');
  if (ways > 1) throw new UserError('say which boxes in one way: their ids, --tag TAG or --all');
  const known = registeredBoxes(register, tag === undefined ? {} : { tag });
  const fit = known.filter(({ revokedMs }) => revokedMs === undefined).map(({ box }) => box);
  if (ids.length > 0) {
    const strange = ids.find((id) => !known.some(({ box }) => box === id));
    if (strange !== undefined) throw new UserError(`there is no box ${strange} (vonggac-centre boxes lists them)`);
    const revoked = ids.find((id) => !fit.includes(id));
    if (revoked !== undefined) throw new UserError(`the box ${revoked} was revoked: it obeys nobody`);
    return [...new Set(ids)];
  }
  if (fit.length === 0) throw new UserError(tag === undefined ? 'no box is enrolled yet' : `no box has the tag ${tag}`);
  return fit;
}

/** Aborted by the first SIGINT or SIGTERM; a second one ends the program as always. */
export function untilInterrupted(): { signal: AbortSignal; release: () => void } {
  const interrupted = new AbortController();
  const abort = () => interrupted.abort();
  process.once('SIGINT', abort).once('SIGTERM', abort);
  const release = () => void process.off('SIGINT', abort).off('SIGTERM', abort);
  return { signal: interrupted.signal, release };
}

/** As a shell counts a program that was ended by Ctrl-C. */
export const exitInterrupted = 130;
