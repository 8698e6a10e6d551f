/** `vonggac-centre command`: its options. What it does is in `../director/`, loaded when asked for. */
import { type Command, Option } from 'commander';
import type { CommandFlags } from '../director/command-boxes.ts';
import { textUpTo, wholeNumber } from '../director/option-values.ts';
import { addBoxOptions, authorCharactersMax, authorDefault, spanOption } from './config.ts';
import { addPassphraseOption } from './passphrase.ts';

const waitMsDefault = 30_000;
/** What a command may ask for (command-request/1). */
const secondsMax = 600;

const help = `
Commands:
  identify       blink, so that somebody finds the box in the room (--seconds, 60 by default)
  lamp-test      show every lamp once
  restart        start the sensor anew, or the agent (--process)
  doctor         look for what is wrong, and say it in words
  evidence ID    send the packets that prove the alert of this id
  rotate-key     make a new key and ask for a certificate for it

Each is signed for one box, done once, and out of date after five minutes. Question and answer are kept in the register.

Examples:
  vonggac-centre command ubnd-huyen-cao-loc-1 identify --seconds 120
  vonggac-centre command --tag pilot doctor --lang vi
  vonggac-centre command --all restart --process sensor

Exit status: 0 every box has done it, 1 some have not, 2 nobody could be asked.`;

export function addCommand(program: Command): void {
  const command = program
    .command('command')
    .description('Have boxes do something once, and see what they answer.')
    .argument('<box-and-command...>', 'ids of boxes, unless --tag or --all is given; and the command')
    .usage('[options] (ID… | --tag TAG | --all) COMMAND');
  addPassphraseOption(addBoxOptions(command))
    .option('--seconds <number>', 'how long to blink (identify)', wholeNumber(1, secondsMax))
    .addOption(new Option('--process <name>', 'which one to start anew (restart)').choices(['sensor', 'agent']))
    .option('--author <name>', 'who asks', textUpTo(authorCharactersMax), authorDefault())
    .addOption(spanOption('--wait <time>', 'how long to wait for the boxes', waitMsDefault, '30s'))
    .option('--json', 'one JSON object for each box, a line each')
    .addHelpText('after', help)
    .action(async (words: string[], flags: CommandFlags) => (await import('../director/command-boxes.ts')).commandBoxes(words, flags));
}
