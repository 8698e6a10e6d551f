/** The passphrase that seals the private keys of a new centre: named, typed twice, or made. One and the same for all keys of a centre. */
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { isSealed, readKeyFile } from '../authority/key-file.ts';
import { secretMode, writeWhole } from '../authority/whole-file.ts';
import type { CentreFolder } from '../centre-folder.ts';
import { askPassphrase, namedPassphrase, type PassphraseFlags, passphraseOf, type Terminal, terminalOf } from '../command/passphrase.ts';
import { UserError } from '../command/user-error.ts';

/** Fewer could be tried out, one tenth of a second each. */
const charactersMin = 12;
/** 32 letters and digits without those that look alike: 5 bits each, 160 in all. Easy to copy from a screen to paper. */
const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';
const [groups, charactersOfGroup] = [8, 4];

export interface NewPassphraseFlags extends PassphraseFlags {
  /** False: keys lie open. */
  passphrase?: boolean;
}

const sealedNames = ['serversKey', 'boxesKey', 'directorKey'] as const;

/** Asks at most once, and only when it is asked itself: where nothing is to be sealed or opened, nobody is bothered. */
export class NewPassphrase {
  readonly #folder: CentreFolder;
  readonly #flags: NewPassphraseFlags;
  #passphrase: Promise<string | undefined> | undefined;
  #isMade = false;

  constructor(folder: CentreFolder, flags: NewPassphraseFlags) {
    this.#folder = folder;
    this.#flags = flags;
  }

  /** True once one was made and laid into the folder of the centre. */
  get isMade(): boolean {
    return this.#isMade;
  }

  /** For keys that are there and for those to come. Undefined: they lie open. Rejects with a `UserError`. */
  get(): Promise<string | undefined> {
    this.#passphrase ??= this.#find();
    return this.#passphrase;
  }

  async #find(): Promise<string | undefined> {
    const sealed = sealedNames.map((name) => this.#folder.file(name)).find((path) => isSealed(path));
    if (sealed !== undefined) {
      const known = await passphraseOf(this.#folder, this.#flags);
      // Another one for the keys to come would be found out only on the day when they are needed.
      readKeyFile(sealed, known);
      return known;
    }
    if (this.#flags.passphrase === false) return undefined;
    return namedPassphrase(this.#flags) ?? (await this.#newOne());
  }

  async #newOne(): Promise<string> {
    const kept = this.#folder.file('passphrase');
    if (existsSync(kept)) return (await passphraseOf(this.#folder, this.#flags)) ?? '';
    const terminal = terminalOf();
    if (terminal !== undefined) return askTwice(terminal);
    const made = madePassphrase();
    writeWhole(kept, `${made}\n`, secretMode);
    this.#isMade = true;
    return made;
  }
}

export async function askTwice(terminal: Terminal): Promise<string> {
  const first = await askPassphrase(`New passphrase for the centre’s keys (${charactersMin} characters or more): `, terminal);
  if ([...first].length < charactersMin)
    throw new UserError(`a passphrase has ${charactersMin} characters or more; nothing was sealed yet`);
  if ((await askPassphrase('Once more: ', terminal)) !== first) throw new UserError('the two differ; nothing was sealed yet');
  return first;
}

function madePassphrase(): string {
  const character = () => alphabet[randomInt(alphabet.length)] ?? '';
  return Array.from({ length: groups }, () => Array.from({ length: charactersOfGroup }, character).join('')).join('-');
}
