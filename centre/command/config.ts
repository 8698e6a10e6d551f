/** `vonggac-centre config …`: its options. What it does is in `../director/`, loaded when asked for. */
import { userInfo } from 'node:os';
import { type Command, Option } from 'commander';
import { languageOf, languages } from '../../firmware/contract/language.ts';
import type { OrderFlags, RepublishFlags, RollbackFlags } from '../director/config-set.ts';
import type { ShowFlags } from '../director/config-show.ts';
import { momentMs, spanMs, textUpTo, wholeNumber } from '../director/option-values.ts';
import { addPassphraseOption } from './passphrase.ts';
import { UserError } from './user-error.ts';

const waitMsDefault = 90_000;
const renewWithinMsDefault = 7 * 86_400_000;
/** Far more orders than a box ever gets; a box counts no further than its numbers are exact. */
const seqMax = 1_000_000_000;
/** What an order has room for (config-desired/1, command-request/1). */
const commentCharactersMax = 1_000;
export const authorCharactersMax = 200;
const seq = wholeNumber(1, seqMax);
const subcommands = 'set, get, diff, history, rollback, check and republish';

const setHelp = `
FILE holds settings (centre/SETTINGS.md lists them); - is standard input. It is the whole of what the centre asks: a setting that is not in it is
left as it is in the box's own file. The order is signed, kept by the broker for boxes that are away, and waited for. A box goes back by itself
where it sees no packets, or loses its line, within 60 s: --confirm waits for that too.

Examples:
  vonggac-centre config set ubnd-huyen-cao-loc-1 settings.json --comment "printer suppressed, asked for by Lý Văn Tài"
  vonggac-centre config get ubnd-huyen-cao-loc-1 | jq '.lang = "en"' | vonggac-centre config set ubnd-huyen-cao-loc-1 -
  vonggac-centre config set --tag pilot settings.json --confirm
  vonggac-centre config set --all emergency.json --expires 7d --json

Exit status: 0 all boxes applied it, 1 some did not (yet), 2 the file is not valid or nothing could be ordered.`;

export function addConfig(program: Command): void {
  const config = program
    .command('config')
    .description('Order settings of boxes, and see what was ordered.')
    .argument('[command...]')
    .usage('<command>')
    .action((words: string[]) => {
      const fault = words.length === 0 ? 'a command is missing after config' : `unknown command config ${words[0]}`;
      throw new UserError(`${fault}; there are ${subcommands} (vonggac-centre config --help)`);
    });
  addSet(config);
  addRollback(config);
  addRepublish(config);
  addShowing(config);
  // Commander gives settings to commands made before them only by hand.
  for (const child of config.commands) child.copyInheritedSettings(config);
}

function addSet(config: Command): void {
  const command = config
    .command('set')
    .description('Order settings: signed, sent, and waited for.')
    .argument('<box-and-file...>', 'ids of boxes, unless --tag or --all is given; and the file')
    .usage('[options] (ID… | --tag TAG | --all) FILE');
  addOrderOptions(command)
    .addHelpText('after', setHelp)
    .action(async (words: string[], flags: OrderFlags) => {
      const file = words.at(-1) ?? '';
      await (await import('../director/config-set.ts')).setConfig(words.slice(0, -1), file, flags);
    });
}

function addRollback(config: Command): void {
  const command = config
    .command('rollback')
    .description('Order the settings of a former order again, under a new number.')
    .argument('[box...]', 'ids of boxes')
    .usage('[options] (ID… | --tag TAG | --all)')
    .option('--to <seq>', 'which one; otherwise the last whose settings were others', seq)
    .option('--with-release', 'the release of indicators of that order too, in place of the present one');
  addOrderOptions(command)
    .addHelpText('after', '\nExample:\n  vonggac-centre config rollback --tag pilot --comment "too many alerts"')
    .action(async (ids: string[], flags: RollbackFlags) => (await import('../director/config-set.ts')).rollbackConfig(ids, flags));
}

function addRepublish(config: Command): void {
  const command = config
    .command('republish')
    .description('Send the newest order of each box once more; renew what expires soon.')
    .argument('[box...]', 'ids of boxes; otherwise all')
    .addOption(spanOption('--renew-within <time>', 'orders that expire within this time are signed anew', renewWithinMsDefault, '7d'));
  addPassphraseOption(addBoxOptions(command))
    .option('--author <name>', 'who orders it, where something is renewed', textUpTo(authorCharactersMax), authorDefault())
    .option('--json', 'one JSON object for each box, a line each')
    .addHelpText(
      'after',
      '\nFor a broker that was set up anew or lost its memory, and for orders that were recorded and not sent. A box that has the order already\nis not troubled by it. Run it weekly, so that no order expires.',
    )
    .action(async (ids: string[], flags: RepublishFlags) => (await import('../director/config-set.ts')).republishConfig(ids, flags));
}

function addShowing(config: Command): void {
  const showing = async () => import('../director/config-show.ts');
  addPlace(config.command('get').description('Print the settings that were ordered last, as a file that config set takes.'))
    .argument('<box>', 'its id')
    .option('--seq <number>', 'those of an earlier order', seq)
    .option('--reported', 'what the box reported of its configuration (config-reported/1)')
    .option('--json', 'the whole order (config-desired/1)')
    .action(async (box: string, flags: ShowFlags & { seq?: number; reported?: boolean }) => (await showing()).getConfig(box, flags));
  addPlace(config.command('diff').description('What differs between two documents of settings, by setting.'))
    .argument('<box>', 'its id')
    .argument(
      '[other]',
      'a number: from that order to the last one. A file: from the last order to the file. None: from what the box runs to the last order',
    )
    .option('--json', 'one JSON object for each difference')
    .action(async (box: string, other: string | undefined, flags: ShowFlags) => (await showing()).diffConfig(box, other, flags));
  addPlace(config.command('history').description('Every order of a box: when, by whom, why, and which one it runs.'))
    .argument('<box>', 'its id')
    .option('--json', 'one JSON object for each order')
    .action(async (box: string, flags: ShowFlags) => (await showing()).showHistory(box, flags));
  config
    .command('check')
    .description('Check a file of settings as a box does. Needs no centre.')
    .argument('<file>', 'JSON; - is standard input')
    .addOption(languageOption())
    .option('--json', 'one JSON object for each fault: path and message')
    .addHelpText('after', '\nExit status: 0 valid, 1 not valid, 2 cannot be read.')
    .action(async (file: string, flags: ShowFlags) => (await showing()).checkConfig(file, flags));
}

function addOrderOptions(command: Command): Command {
  return addPassphraseOption(addBoxOptions(command))
    .option('--comment <text>', 'why; the box keeps it in its ledger', textUpTo(commentCharactersMax))
    .option('--author <name>', 'who orders it', textUpTo(authorCharactersMax), authorDefault())
    .option('--expires <time>', 'a box that has not seen it by then will not take it, such as 30d (the default)', spanMs)
    .option('--not-before <moment>', 'not in force before that day or moment', momentMs)
    .option('--above <seq>', 'number it above this, where boxes have seen later orders than the register', seq)
    .option('--no-wait', 'do not wait for the boxes')
    .addOption(spanOption('--timeout <time>', 'how long to wait', waitMsDefault, '90s'))
    .option('--confirm', 'wait until each box keeps it for good')
    .option('--json', 'one JSON object for each box, a line each');
}

export function addBoxOptions(command: Command): Command {
  return addPlace(command).option('--tag <tag>', 'all boxes with this tag').option('--all', 'all boxes');
}

export function addPlace(command: Command): Command {
  return command
    .option('--centre <folder>', 'folder of the centre (default: $VONGGAC_CENTRE, here, /var/lib/vonggac-centre)')
    .addOption(languageOption());
}

export function spanOption(flags: string, description: string, ms: number, words: string): Option {
  return new Option(flags, description).argParser(spanMs).default(ms, words);
}

function languageOption(): Option {
  return new Option('--lang <language>', 'language of the text').choices(languages).default(languageOf(process.env));
}

/** The person behind `sudo`, where there is one. */
export function authorDefault(): string {
  try {
    return process.env.SUDO_USER || userInfo().username;
  } catch {
    // A user id without a name, as in a container.
    return `uid ${process.getuid?.() ?? '?'}`;
  }
}
