/** `vonggac-centre ingest`: its options. What it does is in `../ingest/main.ts`, loaded when asked for. */
import { type Command, InvalidArgumentError } from 'commander';
import { limitsInWords } from '../ingest/notice/limits.ts';
import { addBrokerOptions, type BrokerFlags } from './broker-options.ts';

export interface IngestFlags extends BrokerFlags {
  store?: string;
  name?: string;
  limits?: string;
  keepDays: number;
  brokerLog?: boolean;
}

/** Two years: what an investigation may still ask for. */
const keepDaysDefault = 730;
const keepDaysMax = 36_500;

const help = () => `
Several of these may run against one broker and one store: they share the work, and where one dies the others carry on.
The log goes to standard output as JSON, one line a minute at rest; what needs a person goes to standard error.

Examples:
  vonggac-centre ingest --centre /var/lib/vonggac-centre --broker-log
  vonggac-centre ingest --broker mqtts://broker:8883 --ca ca.pem --cert ingest.pem --key ingest.key --store /var/lib/vonggac/centre.db
  vonggac-centre ingest --broker mqtt://127.0.0.1:1883 --store postgres://vonggac@127.0.0.1/vonggac --name ingest-2

--limits, with their defaults; a file names those that shall differ, as in {"holeSeconds": 300}:
${limitsInWords()}`;

/** MQTT 5 §3.1.3.1: what every broker takes as a client id. */
function clientName(text: string): string {
  if (!/^[0-9a-zA-Z-]{1,23}$/.test(text)) throw new InvalidArgumentError('Give 1 to 23 letters, digits or hyphens.');
  return text;
}

function days(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > keepDaysMax)
    throw new InvalidArgumentError(`Give a whole number from 1 to ${keepDaysMax}.`);
  return number;
}

export function addIngest(program: Command): void {
  addBrokerOptions(program.command('ingest').description('Store what the boxes send, acknowledge it, and notice what is wrong with them.'))
    .option('--store <location>', 'a SQLite file, or postgres://user@host/database (default: that of the centre)')
    .option('--name <id>', 'name of this process towards the broker, another one for each; otherwise made up', clientName)
    .option('--limits <file>', 'when the centre raises an alert of its own (JSON, see below)')
    .option('--keep-days <days>', 'messages and closed alerts that are older are removed', days, keepDaysDefault)
    .option('--broker-log', 'report whom the broker turns away, where it lets this user read its log')
    .addHelpText('after', help)
    .action(async (flags: IngestFlags) => {
      const [{ brokerAccess }, { runIngest }] = await Promise.all([import('./broker-access.ts'), import('../ingest/main.ts')]);
      const store = flags.store ?? (await storeOfCentre(flags.centre));
      await runIngest({ ...flags, store, access: brokerAccess(flags, 'ingest') });
    });
}

async function storeOfCentre(centre: string | undefined): Promise<string> {
  const { openCentreFolder, storeLocation } = await import('../centre-folder.ts');
  return storeLocation(openCentreFolder(centre));
}
