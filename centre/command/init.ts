/** `vonggac-centre init`: its options. What it does is in `../init/`, loaded when asked for. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Language, languageOf, languages } from '../../firmware/contract/language.ts';
import { addPassphraseOption } from './passphrase.ts';

export interface InitFlags {
  name?: string;
  host?: string[];
  port?: number;
  servicePort?: number;
  claimPort?: number;
  servePort?: number;
  bind?: string;
  user?: string;
  state?: string;
  log?: string;
  keys?: string;
  passphraseFile?: string;
  /** False: keys lie open. */
  passphrase?: boolean;
  force?: boolean;
  lang: Language;
  json?: boolean;
}

function port(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > 65_535) throw new InvalidArgumentError('Give a port from 1 to 65535.');
  return number;
}

const also = (text: string, former: string[] | undefined) => [...(former ?? []), text];

const help = `
The folder then holds all that the centre consists of: two authorities (one for servers, one for boxes), the key of the director whose orders the
boxes obey, certificates of the services, the configuration of the broker, an empty register and an empty store. Three private keys must not stay
on a server: they are sealed with a passphrase, or lie in --keys FOLDER on a medium of their own. What must go offline is said at the end.

Running it again does no harm: keys are never replaced, what is missing is made, certificates that end within a year are renewed, and options
that are given change the settings (centre.json). Options that are not given leave them as they are.

Examples:
  vonggac-centre init ./centre --host 127.0.0.1
  sudo vonggac-centre init /var/lib/vonggac-centre --name "Trung tâm CNTT tỉnh Lạng Sơn" --host broker.langson.gov.vn --host 203.0.113.7
  vonggac-centre init /var/lib/vonggac-centre --keys /media/keys --passphrase-file /run/passphrase`;

export function addInit(program: Command): void {
  const command = program
    .command('init')
    .description('Make a centre: authorities, keys, certificates, the configuration of the broker, an empty store.')
    .argument('<folder>', 'of the centre; made if need be')
    .option('--name <text>', 'of the centre, for people')
    .option('--host <name>', 'name or address by which boxes reach the centre; more of them are taken too, the first counts', also)
    .option('--port <number>', 'of the broker, for boxes (8883)', port)
    .option('--service-port <number>', 'of the broker, for the services of the centre (8884)', port)
    .option('--claim-port <number>', 'of the broker for claims of new boxes (8885)', port)
    .option('--serve-port <number>', 'where boxes fetch indicators by HTTPS (8443)', port)
    .option('--bind <address>', 'address to listen on for boxes and claims (all)')
    .option('--user <name>', 'whom the broker runs as')
    .option('--state <folder>', 'what the broker keeps over a restart (broker-state in the folder)')
    .option('--log <folder>', 'the log of refusals (broker-log in the folder)')
    .option('--keys <folder>', 'for the three private keys, on a medium of its own');
  addPassphraseOption(command)
    .option('--no-passphrase', 'leave the private keys open (only with --keys, or to try things out)')
    .option('--force', 'replace files of the broker that were edited by hand too')
    .addOption(new Option('--lang <language>', 'language of the text').choices(languages).default(languageOf(process.env)))
    .option('--json', 'one JSON object with every file and what was done about it')
    .addHelpText('after', help)
    .action(async (folder: string, flags: InitFlags) => (await import('../init/init.ts')).init(folder, flags));
}
