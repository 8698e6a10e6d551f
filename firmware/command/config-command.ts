/** The command line of `vonggac config`. */
import { type Command, Option } from 'commander';
import { languages } from '../contract/language.ts';
import { UserError } from './user-error.ts';

export function addConfig(command: Command): void {
  const config = command
    .command('config')
    .description('The settings that the centre may order.')
    .argument('[command...]')
    .usage('<command>')
    .action((given: string[]) => {
      const fault = given.length === 0 ? 'a command is missing after config' : `unknown command config ${given[0]}`;
      throw new UserError(`${fault}; there is check (vonggac config --help)`);
    });
  config
    .command('check')
    .description('Say what is wrong with a file of settings, in the words of the box. Needs no centre.')
    .argument('<file>', 'JSON, as vonggac-centre config set takes it; - is standard input')
    .option('--config <file>', 'the box for which they are: also whether they fit its configuration (JSON)')
    .option('--json', 'one JSON object for each fault: path and message')
    .addOption(new Option('--lang <language>', 'language of the text; otherwise that of LANG').choices(languages))
    .addHelpText('after', '\nExample:\n  vonggac config check settings.json\n\nExit status: 0 valid, 1 not valid, 2 cannot be read.')
    .action(async (file: string, options) => (await import('./config-check.ts')).checkConfig(file, options));
}
