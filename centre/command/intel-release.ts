/** `vonggac-centre intel build|check|publish|keys|timestamp`: their options. What they do is in `../intel/`, loaded when asked for. */
import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { languageOf, languages } from '../../firmware/contract/language.ts';
import { spanMs, textUpTo, wholeNumber } from '../director/option-values.ts';
import type { BuildFlags, CheckFlags } from '../intel/release/release-command.ts';
import type { KeysFlags } from '../intel/repository/keys-command.ts';
import type { PublishFlags, TimestampFlags } from '../intel/repository/publish-command.ts';
import type { RoleName } from '../intel/repository/repository-folder.ts';
import { authorCharactersMax, authorDefault, spanOption } from './config.ts';
import { addPassphraseOption } from './passphrase.ts';

const confidenceFloorDefault = 25;
const hostsMaxDefault = 20;
const hostsMaxMost = 1_000_000;
const versionMax = 1_000_000_000;
const waitMsDefault = 60_000;
const overMsDefault = 30 * 60_000;

const buildHelp = `
Every value is joined over its sources: what one more source says too is trusted a little more, the family is that of the surest one. Left out is
what expired, was revoked, is less sure than the floor, or would do harm on any box whatever a list says: private and reserved addresses, networks that
hold half of the Internet, public suffixes, resolvers and names that everybody asks for, and what belongs to the centre itself. JA3 and User-Agents
are never trusted far: many programs share one. Nothing goes out by this; see intel check and intel publish.

Examples:
  vonggac-centre intel build
  vonggac-centre intel build --confidence-floor 50 --out /tmp/try.vgi && vonggac replay --intel /tmp/try.vgi office.pcap`;

const checkHelp = `
Says before it goes out what would go wrong: growth and shrinkage, popular domains, whole hosting ranges, what an allow list holds, and on how many
machines each new value was seen in the last 30 days, which every box is asked for. Only what is new since the last release is judged.
A list of popular domains is a rank list such as Tranco's (1,google.com), or a name a line; intel/popular.txt in the centre's folder is used by itself.

Examples:
  vonggac-centre intel check --popular tranco.csv
  vonggac-centre intel check 12 --no-ask --json

Exit status: 0 it may be published, 1 it should not be as it is, 2 it could not be checked.`;

const publishHelp = `
Checks, signs and puts the release where boxes fetch it, with what leads there from the last five releases. With --rollout boxes are ordered to
take it, so many percent of them after each wave, in steps; a wave waits until the boxes of the one before have said how it went. Where more than
--failures percent of them fail, give it back or are silent, it stops by itself, and the rest stays as it is. Boxes that are away are not waited for.

Examples:
  vonggac-centre intel publish --rollout 1,10,50,100 --over 30m
  vonggac-centre intel publish --tag pilot --rollout 100 --over 1m
  vonggac-centre intel publish --resume

Exit status: 0 done, 1 refused by the check or stopped, 2 it could not be begun, 130 interrupted.`;

const keysHelp = `
Four roles sign what boxes fetch. root says which keys count: three keys, two of which are needed, kept apart and offline. targets signs each release,
with the passphrase of the centre's keys. snapshot and timestamp are the server's own; it signs with them every day (intel keys show: when each ends).
A key that was lost or seen by others is changed with rotate; boxes follow by themselves.

Examples:
  vonggac-centre intel keys create
  vonggac-centre intel keys rotate targets --root-key /media/a/root-1.key --root-key /media/b/root-3.key
  vonggac-centre intel keys renew --root-key /media/a/root-1.key --root-key /media/b/root-2.key`;

const version = wholeNumber(1, versionMax);
const versionArgument = () => new Argument('[release]', 'its number; otherwise the newest that was built').argParser(version);
const also = (path: string, former: string[] | undefined) => [...(former ?? []), path];

function percents(text: string): number[] {
  const numbers = text.split(',').map(Number);
  if (numbers.some((number) => Number.isNaN(number))) throw new InvalidArgumentError('Give shares in percent, as in 1,10,50,100.');
  return numbers;
}

function addPlace(command: Command): Command {
  return command
    .option('--centre <folder>', 'of the centre (default: $VONGGAC_CENTRE, here, /var/lib/vonggac-centre)')
    .option('--json', 'one JSON object, for programs')
    .addOption(new Option('--lang <language>', 'language of the text').choices(languages).default(languageOf(process.env)));
}

function addCheckOptions(command: Command): Command {
  return addPassphraseOption(addPlace(command))
    .option('--popular <file>', 'popular domains by rank')
    .option('--hosts-max <number>', 'machines that one new value may light', wholeNumber(0, hostsMaxMost), hostsMaxDefault)
    .option('--no-ask', 'do not ask the boxes what they saw')
    .addOption(spanOption('--wait <time>', 'how long to wait for the boxes', waitMsDefault, '60s'));
}

export function addIntelRelease(intel: Command): void {
  addPlace(intel.command('build').description('Make a release of all sources.'))
    .option('--out <file>', 'a copy of the compiled set, to try')
    .option('--confidence-floor <number>', 'what is less sure is left out', wholeNumber(0, 100), confidenceFloorDefault)
    .addHelpText('after', buildHelp)
    .action(async (flags: BuildFlags) => (await import('../intel/release/release-command.ts')).runBuild(flags));
  addCheckOptions(intel.command('check').description('Say what would go wrong with a release, before it goes out.'))
    .addArgument(versionArgument())
    .addHelpText('after', checkHelp)
    .action(async (named: number | undefined, flags: CheckFlags) =>
      (await import('../intel/release/release-command.ts')).runCheck(named, flags),
    );
  addPublish(intel);
  addPlace(intel.command('timestamp').description('Sign anew what the server signs, where it would soon end. serve does it by itself.'))
    .addHelpText('after', '\nFor those who let another server serve the repository: run it every hour.')
    .action(async (flags: TimestampFlags) => (await import('../intel/repository/publish-command.ts')).runTimestamp(flags));
  addKeys(intel);
}

function addPublish(intel: Command): void {
  addCheckOptions(intel.command('publish').description('Check, sign and put out a release; have boxes take it in waves.'))
    .addArgument(versionArgument())
    .option('--rollout <percents>', 'shares of boxes after each wave, rising to 100', percents)
    .addOption(spanOption('--over <time>', 'in which the boxes are ordered', overMsDefault, '30m'))
    .option('--report-within <time>', 'a box that is not armed by then counts as failed (half of --over, at least 1m)', spanMs)
    .option('--failures <percent>', 'of boxes, above which it stops', wholeNumber(0, 100))
    .option('--tag <tag>', 'only boxes with this tag')
    .option('--resume', 'go on with a rollout that was stopped or interrupted')
    .option('--abort', 'end such a rollout; boxes that have the release keep it')
    .option('--yes-really', 'publish it although the check says no')
    .option('--author <name>', 'who orders it', textUpTo(authorCharactersMax), authorDefault())
    .addHelpText('after', publishHelp)
    .action(async (named: number | undefined, flags: PublishFlags) =>
      (await import('../intel/repository/publish-command.ts')).runPublish(named, flags),
    );
}

function addKeys(intel: Command): void {
  const keys = intel.command('keys').description('The keys that sign what boxes fetch.').addHelpText('after', keysHelp);
  const add = (name: string, description: string) => addPassphraseOption(addPlace(keys.command(name).description(description)));
  const load = () => import('../intel/repository/keys-command.ts');
  const rootKey = ['--root-key <file>', 'a root key, two of which are needed (otherwise those that are here)', also] as const;
  add('create', 'Make keys and an empty repository.').action(async (flags: KeysFlags) => (await load()).createKeys(flags));
  add('rotate', 'Another key for a role, in the place of the present one.')
    .addArgument(new Argument('<role>').choices(['root', 'targets', 'snapshot', 'timestamp']))
    .option(...rootKey)
    .action(async (role: RoleName, flags: KeysFlags) => (await load()).rotateKeys(role, flags));
  add('renew', 'The same keys for another year.')
    .option(...rootKey)
    .action(async (flags: KeysFlags) => (await load()).renewRoot(flags));
  add('show', 'Which keys count, and until when what they signed is good.').action(async (flags: KeysFlags) =>
    (await load()).showKeys(flags),
  );
  for (const child of keys.commands) child.copyInheritedSettings(keys);
}
