/** `npm start`: the demonstration on a local default. Wiring only. */
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { display, displayLimitsSchema } from '../../firmware/agent/panel/display.ts';
import { TerminalPanel } from '../../firmware/agent/panel/terminal.ts';
import { type Language, languageOf, languages, plain } from '../../firmware/contract/language.ts';
import { demonstrate } from './demonstration.ts';

/** The bundled indicators are as old as the capture, and on purpose: their age is no fault here. */
const limits = { ...displayLimitsSchema.parse({}), intelligenceAgeSecondsMax: Number.MAX_SAFE_INTEGER };

const fromRoot = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

interface Flags {
  once?: boolean;
  lang: Language;
  interface?: string;
  speed: number;
}

function speedOf(text: string): number {
  const speed = Number(text);
  if (!(speed > 0 && Number.isFinite(speed))) throw new InvalidArgumentError('It must be a number above 0.');
  return speed;
}

async function run(flags: Flags): Promise<void> {
  const terminal = new TerminalPanel(process.stdout, flags.lang);
  const panel = {
    show: (state: Parameters<typeof display>[0]) => terminal.show(display(state, limits)),
    print: (text: string) => terminal.print(text),
    close: () => terminal.close(),
  };
  const stopping = new AbortController();
  process.once('SIGINT', () => stopping.abort()).once('SIGTERM', () => stopping.abort());
  try {
    process.exitCode = await demonstrate(
      {
        lang: flags.lang,
        once: flags.once ?? false,
        speed: flags.speed,
        ...(flags.interface === undefined ? {} : { interface: flags.interface }),
        capture: fromRoot('test/captures/demonstration.pcap'),
        intel: [fromRoot('test/captures/demonstration.indicators.csv')],
        boxCommand: [process.execPath, fromRoot('firmware/cli.ts'), 'run'],
      },
      panel,
      stopping.signal,
    );
  } catch (error) {
    process.stderr.write(`vonggac: ${plain(error instanceof Error ? error.message : String(error))}\n`);
    process.exitCode = 1;
  }
}

try {
  await new Command('npm start --')
    .description('A demonstration: broker, box and centre on this machine.')
    .exitOverride()
    .configureOutput({
      outputError: (text, write) =>
        write(
          `${text
            .trim()
            .replace(/^error: /, 'vonggac: ')
            .replace(/\s*\n\s*/g, ' ')}\n`,
        ),
    })
    .option('--once', 'end after one pass of the bundled capture')
    .option('--interface <name>', 'watch a live interface instead of the bundled capture')
    .option('--speed <factor>', 'replay faster (2) or slower (0.5) than recorded', speedOf, 1)
    .addOption(new Option('--lang <language>', 'language of the text').choices(languages).default(languageOf(process.env)))
    .action(run)
    .parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
