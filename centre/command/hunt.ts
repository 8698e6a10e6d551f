/** `vonggac-centre hunt`: its options. What it does is in `../director/`, loaded when asked for. */
import type { Command } from 'commander';
import type { HuntFlags } from '../director/hunt.ts';
import { textUpTo, wholeNumber } from '../director/option-values.ts';
import { addPlace, authorCharactersMax, authorDefault, spanOption } from './config.ts';
import { addPassphraseOption } from './passphrase.ts';

const daysDefault = 30;
/** What a question may ask for (command-request/1). */
const daysMax = 366;
/** A small box with a full memory takes its time. */
const waitMsDefault = 120_000;

const help = `
Every box is asked at once, by a signed command; the memories themselves stay on the boxes. A box that is away is not waited for.

Examples:
  vonggac-centre hunt evil.example 203.0.113.7
  vonggac-centre hunt --file campaign.txt --days 7 --json | jq -r .value

Exit status: 0 every box answered, 1 some did not, 2 nobody could be asked.`;

export function addHunt(program: Command): void {
  const command = program
    .command('hunt')
    .description('Ask the boxes which machines met an address, a name, a JA4 or a certificate in the last days.')
    .argument('[value...]', 'as in a list of indicators')
    .option('--file <list>', 'values, one a line; # begins a comment; - is standard input')
    .option('--days <number>', 'how far to look back', wholeNumber(1, daysMax), daysDefault)
    .option('--tag <tag>', 'only boxes with this tag');
  addPassphraseOption(addPlace(command))
    .option('--author <name>', 'who asks', textUpTo(authorCharactersMax), authorDefault())
    .addOption(spanOption('--wait <time>', 'how long to wait for the boxes', waitMsDefault, '2m'))
    .option('--json', 'one JSON object for each value that was met, and a last one about the boxes')
    .addHelpText('after', help)
    .action(async (values: string[], flags: HuntFlags) => (await import('../director/hunt.ts')).hunt(values, flags));
}
