/** `vonggac-centre enrol`: its options. What it does is in `../enrol/`, loaded when asked for. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Language, languageOf, languages } from '../../firmware/contract/language.ts';

export interface EnrolFlags {
  agency?: string;
  id?: string;
  tag?: string[];
  contact?: string[];
  csv?: string;
  again?: string;
  days: number;
  out?: string;
  centre?: string;
  lang: Language;
  json?: boolean;
}

/** A box is set up within days; a claim that lies around for longer is a risk for nothing. */
const daysDefault = 14;
const daysMax = 365;

const help = `
A claim file brings one box in, once. It is as good as a key until then: carry it by hand, and delete the copy.
CSV: a header with agency and, where wanted, id, tags, contacts; tags parted by blanks, a contact is name;role;phone;email, two are parted by |.

Examples:
  vonggac-centre enrol --agency "UBND huyện Cao Lộc" --tag huyen --contact "Lý Văn Tài;cán bộ CNTT;0912345678"
  vonggac-centre enrol --csv boxes.csv --out /media/usb/claims
  vonggac-centre enrol --again ubnd-huyen-cao-loc-1`;

const collected = (value: string, before: string[] = []) => [...before, value];

function days(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > daysMax)
    throw new InvalidArgumentError(`Give a whole number from 1 to ${daysMax}.`);
  return number;
}

export function addEnrol(program: Command): void {
  program
    .command('enrol')
    .description('Register boxes and write the claim file that makes each of them one of the centre’s.')
    .option('--agency <name>', 'in whose rooms the box will stand')
    .option('--id <id>', 'of the box; otherwise made from the agency’s name')
    .option('--tag <tag>', 'to name several boxes by; may be repeated', collected)
    .option('--contact <text>', '"name;role;phone;email" of whom to call; may be repeated', collected)
    .option('--csv <file>', 'many boxes at once: all of them or, where one is wrong, none')
    .option('--again <id>', 'a new claim for a box that is known, for a replaced card; what it had is revoked when the claim is used')
    .option('--days <number>', 'how long the claim is good for', days, daysDefault)
    .option('--out <folder>', 'where claim files go (default: claims/ in the folder of the centre)')
    .option('--centre <folder>', 'folder of the centre (default: $VONGGAC_CENTRE, here, /var/lib/vonggac-centre)')
    .addOption(new Option('--lang <language>', 'language of the text').choices(languages).default(languageOf(process.env)))
    .option('--json', 'one JSON object for each claim, a line each')
    .addHelpText('after', help)
    .action(async (flags: EnrolFlags) => (await import('../enrol/enrol.ts')).enrol(flags));
}
