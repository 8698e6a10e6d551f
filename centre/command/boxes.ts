/** `vonggac-centre boxes`: its options. What it prints is made in `../boxes/`, loaded when asked for. */
import { type Command, Option } from 'commander';
import { type Language, languageOf, languages } from '../../firmware/contract/language.ts';

export interface BoxesFlags {
  store?: string;
  centre?: string;
  lang: Language;
  json?: boolean;
}

export function addBoxes(program: Command): void {
  program
    .command('boxes')
    .description(
      'List every box: how far its enrolment is, whether it is there, when it was last seen and last proved that it sees, and what is wrong with it.',
    )
    .option('--centre <folder>', 'folder of the centre (default: $VONGGAC_CENTRE, here, /var/lib/vonggac-centre)')
    .option('--store <location>', 'a SQLite file, or postgres://user@host/database (default: that of the centre)')
    .addOption(new Option('--lang <language>', 'language of the text').choices(languages).default(languageOf(process.env)))
    .option('--json', 'one JSON object a line, with all that is known of each box')
    .addHelpText(
      'after',
      '\nExamples:\n  vonggac-centre boxes --centre /var/lib/vonggac-centre --lang vi\n  vonggac-centre boxes --store /var/lib/vonggac/centre.db',
    )
    .action(async (flags: BoxesFlags) => (await import('../boxes/boxes.ts')).printBoxes(flags));
}
