/** `vonggac-centre revoke`: its options. What it does is in `../revoke/`, loaded when asked for. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Language, languageOf, languages } from '../../firmware/contract/language.ts';
import { boxIdPattern } from '../../firmware/contract/topics.ts';
import { addPassphraseOption } from './passphrase.ts';

export interface RevokeFlags {
  centre?: string;
  reason: string;
  passphraseFile?: string;
  lang: Language;
  json?: boolean;
}

const reasonCharactersMax = 200;

function boxId(text: string): string {
  if (!boxIdPattern.test(text)) throw new InvalidArgumentError('Give the id of a box: 4 to 32 small letters, digits or hyphens.');
  return text;
}

function reason(text: string): string {
  if (text.trim() === '' || text.length > reasonCharactersMax)
    throw new InvalidArgumentError(`Give 1 to ${reasonCharactersMax} characters.`);
  return text.trim();
}

const help = `
Its certificates count no more, its claims have ended, its session is closed and its orders are withdrawn; the other boxes notice nothing. Needs the
private key of the boxes' authority. Where the broker cannot be reached the rest is done, and running the same again finishes it.

There is no way back: to let the box in again, give it a new claim (vonggac-centre enrol --again ID). Where it was stolen, better choose
another id for its successor.

Status: 0 all is done; 1 something is left to do; 2 nothing was changed.

Example:
  vonggac-centre revoke hx-07 --reason "stolen from the office" --passphrase-file /run/passphrase`;

export function addRevoke(program: Command): void {
  const command = program
    .command('revoke')
    .description('Shut a box out, at once: its certificates, its session, its claims.')
    .argument('<box>', 'its id', boxId)
    .option('--reason <text>', 'for the register', reason, 'not given')
    .option('--centre <folder>', 'of the centre (or: $VONGGAC_CENTRE)');
  addPassphraseOption(command)
    .addOption(new Option('--lang <language>', 'language of the text').choices(languages).default(languageOf(process.env)))
    .option('--json', 'one JSON object with every step')
    .addHelpText('after', help)
    .action(async (box: string, flags: RevokeFlags) => (await import('../revoke/revoke.ts')).revoke(box, flags));
}
