/** The `vonggac` command: reads the command line and calls the file in `command/` that does the work, loading no other. */
import { setFlagsFromString } from 'node:v8';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { languageOf, languages } from '../contract/language.ts';
import { version } from '../version.ts';
import { addConfig } from './config-command.ts';
import { exitUsage, oneLine, UserError } from './user-error.ts';

// What packets leave behind dies soon: a small heap that is collected often costs no more time than the defaults, and 50 MB less memory.
setFlagsFromString('--semi-space-growth-factor=1');
setFlagsFromString('--heap-growing-percent=15');

/** Those that can be asked for on the command line. */
const panelDriverNames = ['terminal', 'firmata', 'leds'];

function collect(value: string, previous: string[] = []): string[] {
  return [...previous, value];
}

function pathsOption(flags: string, description: string): Option {
  return new Option(flags, `${description}; may be given several times`).argParser(collect).default([], 'none');
}

function languageOption(): Option {
  return new Option('--lang <language>', 'language of the text; otherwise that of LANG').choices(languages);
}

function percent(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0 || number > 100) throw new InvalidArgumentError('Give a whole number from 0 to 100.');
  return number;
}

function program(): Command {
  const command = new Command('vonggac')
    .description('Vọng Gác: finds machines that talk to command-and-control servers of malware.')
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .showHelpAfterError(false);
  addAnalysis(command);
  addBox(command);
  addPanel(command);
  addIntel(command);
  addRetroMatch(command);
  addCentre(command);
  addConfig(command);
  // Commander gives settings to commands made before them only by hand.
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    for (const grandchild of child.commands) grandchild.copyInheritedSettings(command);
  }
  return command;
}

function addAnalysis(command: Command): void {
  command
    .command('replay')
    .description('Run captures through the pipeline of the box and print each alert, with its last revision.')
    .argument('<file...>', 'pcap or pcapng, also .gz; - is standard input')
    .addOption(pathsOption('--intel <path>', 'indicators: a compiled set or a list'))
    .addOption(pathsOption('--allow <file>', 'a list of what is never to be reported'))
    .option('--config <file>', 'configuration of the box (JSON)')
    .option('--json', 'one alert (schema alert/1) a line, in place of words')
    .option('--revisions', 'every revision of every alert, as the centre would receive them')
    .addOption(languageOption())
    .addHelpText(
      'after',
      '\nExamples:\n  vonggac replay --intel bad.txt office.pcap\n  tcpdump -i eth1 -w - | vonggac replay --intel release.vgi --json -\n\nThe summary goes to standard error.',
    )
    .action(async (files: string[], options) => (await import('./replay.ts')).replay(files, options));
  command
    .command('observe')
    .description('Run captures through the pipeline and print all that was observed: DNS, TLS, QUIC, HTTP, DHCP, flows, anomalies.')
    .argument('<file...>', 'pcap or pcapng, also .gz; - is standard input')
    .option('--config <file>', 'configuration of the box (JSON)')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', '\nExample:\n  vonggac observe --json office.pcap | jq \'select(.kind == "tls")\'')
    .action(async (files: string[], options) => (await import('./observe.ts')).observe(files, options));
}

function addBox(command: Command): void {
  command
    .command('run')
    .description('The box: sensor and agent, supervised.')
    .option('--config <file>', 'configuration of the box (JSON)')
    .addHelpText('after', '\nExample:\n  vonggac run --config box.json')
    .action(async (options) => (await import('./run.ts')).run(options));
  command
    .command('sensor')
    .description('The sensor process alone: captures, decodes, detects.')
    .option('--config <file>', 'configuration of the box (JSON)')
    .action(async (options) => (await import('../sensor/main.ts')).runSensor(options));
  command
    .command('agent')
    .description('The agent process alone: everything that talks to the centre.')
    .option('--config <file>', 'configuration of the box (JSON)')
    .action(async (options) => (await import('./agent.ts')).agent(options));
  command
    .command('doctor')
    .description(
      'Say in plain words what is wrong with mirror port, capture, clock, disk, indicators and the link to the centre, and what to do.',
    )
    .option('--interface <name>', 'the interface at the mirror port')
    .option('--config <file>', 'configuration of the box (JSON)')
    .addOption(languageOption())
    .option('--json', 'one JSON object a line: code, degree (ok, note, fault) and what was measured')
    .option('--words', 'with --json: the words of both languages too')
    .addHelpText(
      'after',
      '\nExample:\n  sudo vonggac doctor --interface eth1 --lang en\n\nExit status: 0 all is well, 1 faults were found, 2 wrong usage.',
    )
    .action(async (options) => (await import('./doctor.ts')).doctor(options));
}

function seconds(value: string): number {
  const number = Number(value);
  if (!(number > 0 && number <= 3600)) throw new InvalidArgumentError('Give seconds, above 0 and up to 3600.');
  return number;
}

function addPanel(command: Command): void {
  const panel = command
    .command('panel')
    .description('The four lamps, the buzzer and the button.')
    .argument('[command...]')
    .usage('<command>')
    .action((words: string[]) => {
      const fault = words.length === 0 ? 'a command is missing after panel' : `unknown command panel ${words[0]}`;
      throw new UserError(`${fault}; there are status, demo and flash (vonggac panel --help)`);
    });
  panel
    .command('status')
    .description('Say in words what the lamps show now, and why.')
    .option('--config <file>', 'configuration of the box (JSON)')
    .option('--json', 'as the agent tells it (panel/1)')
    .addOption(languageOption())
    .addHelpText('after', '\nExit status: 0 the lamps are there and driven, 1 they are not.')
    .action(async (options) => (await import('./panel.ts')).panelStatus(options));
  panel
    .command('demo')
    .description('Show every state of the lamps in turn, with words.')
    .addOption(new Option('--driver <driver>', 'terminal, firmata or leds; otherwise that of the configuration').choices(panelDriverNames))
    .option('--port <path>', 'serial port of the panel')
    .option('--seconds <number>', 'how long each state is shown', seconds)
    .option('--config <file>', 'configuration of the box (JSON)')
    .addOption(languageOption())
    .addHelpText('after', '\nExample:\n  vonggac panel demo --driver firmata --port /dev/ttyUSB0 --lang en')
    .action(async (options) => (await import('./panel.ts')).panelDemo(options));
  panel
    .command('flash')
    .description("Build the program of the panel's chip and write it into the chip (make, avr-gcc, avrdude).")
    .option('--port <path>', 'serial port of the panel')
    .option('--programmer <name>', 'optiboot, or a programmer of avrdude such as usbasp')
    .option('--print', 'only print the commands')
    .action(async (options) => (await import('./panel.ts')).panelFlash(options));
}

const listHelp = `
Values of a list, one a line (# begins a comment); the type is seen from the form:
  203.0.113.7, 203.0.113.0/24, 2001:db8::/32   addresses and networks (ip:port: 203.0.113.7:443, [2001:db8::1]:443)
  evil.example, =name.example                  a domain with all below it; with = the name itself only
  http://host.example/mal/gate                 a URL: host and the beginning of the path, up to its end or one of / ? # & . ; =
                                               (/mal/gate covers /mal/gate.php and /mal/gate?x; /mal does not cover /malware)
  JA3, JA4, certificate SHA-1 or SHA-256       as hex; ja3:… sha1:… sha256:… where it must be said
  ua:Mozilla/4.0 (evil)                        a User-Agent, whole
CSV begins with a header. Columns: value (indicator, ioc) or ip, domain, url, ja3, ja4, sha1, sha256, user_agent; and type, port, family,
source, confidence, tlp, first_seen, valid_until, reference, list (allow or block).

Example:
  vonggac intel build release.vgi bad-domains.txt threatfox.csv --allow ours.txt`;

function addIntel(command: Command): void {
  const intel = command
    .command('intel')
    .description('Work with sets of indicators.')
    .argument('[command...]')
    .usage('<command>')
    .action((words: string[]) => {
      const fault = words.length === 0 ? 'a command is missing after intel' : `unknown command intel ${words[0]}`;
      throw new UserError(`${fault}; there are build and load (vonggac intel --help)`);
    });
  intel
    .command('build')
    .description('Compile lists (one value a line, or CSV with a header) into one set.')
    .argument('<out>', 'the set to write')
    .argument('<file...>', 'lists')
    .addOption(pathsOption('--allow <file>', 'a list of what is never to be reported'))
    .option('--source <name>', 'who the lists are from, where they do not say')
    .option('--family <name>', 'malware family, where the lists do not say')
    .option('--confidence <percent>', '0 to 100, where the lists do not say', percent)
    .option('--tlp <label>', 'clear, green, amber, amber+strict or red, where the lists do not say')
    .option('--force', 'write even an empty set, or one less than half as large as the last')
    .option('--json', 'the counts as JSON')
    .addHelpText('after', listHelp)
    .action(async (out: string, files: string[], options) => (await import('./intel.ts')).buildIntel(out, files, options));
  addIntelLoad(intel);
}

function addIntelLoad(intel: Command): void {
  intel
    .command('load')
    .description('Take a release of the centre from a stick or a folder, with the same signatures as one from the line.')
    .argument('<folder>', 'a copy of the centre’s repository: metadata and targets')
    .option('--config <file>', 'configuration of the box (JSON)')
    .option('--json', 'the release as JSON')
    .addOption(languageOption())
    .addHelpText('after', '\nExample:\n  sudo vonggac intel load /media/stick/repository')
    .action(async (folder: string, options) => (await import('./intel-load.ts')).intelLoad(folder, options));
}

function addRetroMatch(command: Command): void {
  command
    .command('retro-match')
    .description('Say which machines met given names, addresses, JA4s or certificates in the last days.')
    .argument('[value...]', 'as in a list of indicators')
    .option('--file <list>', 'one value a line; - is standard input; may be given several times', collect)
    .option('--days <number>', 'today and the days before it (default: 30)', wholeNumber)
    .option('--config <file>', 'configuration of the box (JSON)')
    .option('--json', 'retro-match/1')
    .addOption(languageOption())
    .addHelpText(
      'after',
      '\nExample:\n  sudo vonggac retro-match --days 7 evil.example 203.0.113.0/24\n\nWhat was seen in the last minutes is not on disk yet.\n\nExit status: 0 done, 1 some value could not be asked for, 2 wrong usage.',
    )
    .action(async (values: string[], options) => (await import('./retro-match.ts')).retroMatchCommand(values, options));
}

function wholeNumber(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError('Give a whole number, 0 or more.');
  return number;
}

/** What ties the box to the centre, for people in the room. */
function addCentre(command: Command): void {
  command
    .command('enrol')
    .description('Make this box one of the centre’s, with the claim file that the centre has made for it, and see it happen.')
    .option('--claim <file>', 'the claim file; otherwise vonggac-claim.json on the boot partition')
    .option('--config <file>', 'configuration of the box (JSON)')
    .addOption(languageOption().default(languageOf(process.env)))
    .addHelpText('after', '\nThe box does this by itself at its first start.\n\nExit status: 0 enrolled, 1 not enrolled, 2 wrong usage.')
    .action(async (options) => (await import('./enrol.ts')).enrol(options));
  command
    .command('ledger')
    .description('Say what left this box, and which orders it received: who signed, and what changed.')
    .option('--config <file>', 'configuration of the box (JSON)')
    .option('--lines <number>', 'the last so many; 0 for all (default: 50, or all since a time)', wholeNumber)
    .option('--since <time>', 'since a day (2027-02-06), a time, or for a span (24h, 7d)')
    .option('--json', 'one entry a line, as kept')
    .addOption(languageOption())
    .addHelpText('after', '\nExample:\n  sudo vonggac ledger --since 7d --lang en')
    .action(async (options) => (await import('./ledger.ts')).ledger(options));
}

/** Commander's texts begin with `error: ` and may end with a suggestion in a line of its own. */
function usageLine(error: CommanderError): string {
  return `vonggac: ${oneLine(error.message.replace(/^error: /, '').replace('\n(', ' ('))} (vonggac --help lists commands and options)`;
}

/** Reads the command line and does what it says. */
export async function main(): Promise<void> {
  try {
    if (process.argv.length <= 2) throw new UserError('no command given (vonggac --help lists commands and options)');
    await program().parseAsync();
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    // A command that needs another word has shown its help already.
    if (error instanceof CommanderError && error.code === 'commander.help') process.exitCode = exitUsage;
    else if (error instanceof CommanderError) process.stderr.write(`${usageLine(error)}\n`);
    else if (isForUser(error)) process.stderr.write(`vonggac: ${oneLine(error.message)}\n`);
    else throw error;
    process.exitCode = exitUsage;
  }
}

const namesForUser = new Set(['UserError', 'CaptureError', 'IntelError']);

/** By name, so that no stage has to be loaded to know its errors. */
function isForUser(error: unknown): error is Error {
  return error instanceof UserError || (error instanceof Error && namesForUser.has(error.name));
}

// `vonggac --help | head`: a reader that went away is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
