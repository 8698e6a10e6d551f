/** `vonggac-centre watch`: its options. What it does is in `../watch.ts`, loaded when asked for. */
import { type Command, Option } from 'commander';
import { type Language, languageOf, languages } from '../../firmware/contract/language.ts';
import { addBrokerOptions, type BrokerFlags } from './broker-options.ts';

interface WatchFlags extends BrokerFlags {
  lang: Language;
  json?: boolean;
}

export function addWatch(program: Command): void {
  addBrokerOptions(
    program.command('watch').description('Print alerts as they arrive: those of the boxes, and what the centre itself noticed.'),
  )
    .addOption(new Option('--lang <language>', 'language of the text').choices(languages).default(languageOf(process.env)))
    .option('--json', 'one alert/1 or centre-alert/1 a line, as received, repeats included')
    .addHelpText(
      'after',
      '\nExamples:\n  vonggac-centre watch --centre /var/lib/vonggac-centre --lang vi\n  vonggac-centre watch --broker mqtts://broker:8883 --ca ca.pem --cert duty.pem --key duty.key --lang vi',
    )
    .action(async (flags: WatchFlags) => {
      const [{ brokerAccess }, { watch }] = await Promise.all([import('./broker-access.ts'), import('../watch.ts')]);
      watch(brokerAccess(flags, 'watch'), flags.lang, flags.json ?? false);
    });
}
