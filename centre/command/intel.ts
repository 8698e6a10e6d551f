/** `vonggac-centre intel import|sources|show|forget`: their options. What they do is in `../intel/`, loaded when asked for. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { languageOf, languages } from '../../firmware/contract/language.ts';
import { tlps } from '../../firmware/sensor/intel/indicator.ts';
import { formats } from '../intel/import/formats.ts';
import type { ImportFlags } from '../intel/import/import-command.ts';
import type { LibraryFlags } from '../intel/library/library-command.ts';
import { addIntelRelease } from './intel-release.ts';

const importHelp = `
The format is recognised by the content. Importing a list again replaces what its source said before, and keeps since when each value is known.
What is not understood is counted by reason and kept in a file to look at. A URL is fetched because it was named here, and for no other reason.

A table of another kind is read by naming its columns:
  --as csv --map value=ioc,type=kind,port=dport,family=malware,confidence=score,firstSeen=seen,validUntil=expires,reference=link
NAME=COLUMN, where a column is named as in the header, or numbered from 1. NAME may also be a type: domain=fqdn,address=ip

Examples:
  vonggac-centre intel import threatfox.csv --tlp clear
  vonggac-centre intel import https://feodotracker.abuse.ch/downloads/ipblocklist.csv --source feodo
  vonggac-centre intel import https://threatfox-api.abuse.ch/export/csv/full --key-file abuse-ch.key --dry-run
  vonggac-centre intel import https://taxii.example/api/collections/9f1e/ --user vonggac --key-file taxii.password
  vonggac-centre intel import our-own-names.txt --allow --source our-names
  some-program | vonggac-centre intel import - --source tip --as plain-list --json`;

const mebibytesDefault = 256;
const mebibytesMax = 4096;
const secondsDefault = 300;
const secondsMax = 86_400;
/** The header that abuse.ch asks for. */
const keyHeaderDefault = 'Auth-Key';

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < least || number > most)
      throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
    return number;
  };
}

function headerName(text: string): string {
  if (!/^[A-Za-z0-9-]{1,64}$/.test(text)) throw new InvalidArgumentError('Give the name of an HTTP header.');
  return text;
}

function addShared(command: Command): Command {
  return command
    .option('--centre <folder>', 'of the centre (default: $VONGGAC_CENTRE, here, /var/lib/vonggac-centre)')
    .option('--json', 'one JSON object, for programs')
    .addOption(new Option('--lang <language>', 'language of the text').choices(languages).default(languageOf(process.env)));
}

export function addIntel(program: Command): void {
  const intel = program
    .command('intel')
    .description('Intelligence: import lists, see what is known of a value and from whom; build, check and publish releases.');
  addShared(
    intel.command('import').description('Take a list into the library: a file, a folder with a MISP feed, a URL, or - for standard input.'),
  )
    .argument('<list>', 'file, folder, URL or -')
    .addOption(new Option('--as <format>', 'format, where it is not to be recognised').choices(formats))
    .option('--source <name>', 'name of the source (default: that of the file, or of the server)')
    .addOption(new Option('--tlp <word>', 'where the list says nothing').choices(tlps))
    .option('--confidence <number>', 'from 0 to 100, where the list says nothing (default: 75)', wholeNumber(0, 100))
    .option('--map <columns>', 'which columns mean what, for --as csv and --as json')
    .option('--allow', 'every entry is an allowance: what no list may condemn')
    .option('--dry-run', 'look, and keep nothing')
    .option('--size-limit <MiB>', 'of what is fetched or read from standard input', wholeNumber(1, mebibytesMax), mebibytesDefault)
    .option('--time-limit <seconds>', 'for fetching', wholeNumber(1, secondsMax), secondsDefault)
    .option('--key-file <file>', 'key for the server, in the first line')
    .option('--key-header <name>', 'HTTP header that carries the key', headerName, keyHeaderDefault)
    .option('--user <name>', 'for servers that ask for a name; the key is the password')
    .option('--ca <file>', 'PEM of the authority of the server, instead of the usual ones')
    .addHelpText('after', importHelp)
    .action(async (list: string, flags: ImportFlags) => (await import('../intel/import/import-command.ts')).runImport(list, flags));
  addShared(intel.command('sources').description('List what was imported: format, since when, how many values, how many not understood.'))
    .addHelpText('after', '\nExample:\n  vonggac-centre intel sources')
    .action(async (flags: LibraryFlags) => (await import('../intel/library/library-command.ts')).printSources(flags));
  addShared(intel.command('show').description('Why a value is in: from whom, since when, until when; and what else covers it.'))
    .argument('<value>', 'address, network, address:port, domain, URL, hash or user agent')
    .addHelpText('after', '\nExamples:\n  vonggac-centre intel show evil.example\n  vonggac-centre intel show 192.0.2.7 --json')
    .action(async (value: string, flags: LibraryFlags) => (await import('../intel/library/library-command.ts')).printValue(value, flags));
  addShared(intel.command('forget').description('Take a source out, or one value of it. An import of the list brings it back.'))
    .argument('<source>', 'as intel sources shows it')
    .argument('[value]', 'only this value')
    .addHelpText('after', '\nExamples:\n  vonggac-centre intel forget old-feed\n  vonggac-centre intel forget feodo 192.0.2.7:443')
    .action(async (source: string, value: string | undefined, flags: LibraryFlags) =>
      (await import('../intel/library/library-command.ts')).forget(source, value, flags),
    );
  addIntelRelease(intel);
}
