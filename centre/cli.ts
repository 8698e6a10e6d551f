#!/usr/bin/env node
/** The `vonggac-centre` command: the IT centre's side. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import type { Alert } from '../firmware/contract/alert.ts';
import { alertInWords, growthInWords, updateInWords } from '../firmware/contract/alert-words.ts';
import { type Language, languageOf, languages, plain } from '../firmware/contract/language.ts';
import { AlertFeed } from './alert-feed.ts';
import { brokerAccessSchema, Subscriber } from './subscriber.ts';

interface WatchFlags {
  broker: string;
  lang: Language;
  json?: boolean;
  username?: string;
  password?: string;
  passwordFile?: string;
  ca?: string;
  cert?: string;
  key?: string;
}

/** What was asked cannot be done: exit status 2 and one line. */
class UsageError extends Error {}

function watch(flags: WatchFlags): void {
  const password = flags.passwordFile === undefined ? flags.password : readFileSync(flags.passwordFile, 'utf8').split(/\r?\n/, 1)[0];
  const access = brokerAccessSchema.safeParse({
    url: flags.broker,
    username: flags.username,
    password,
    caFile: flags.ca,
    certFile: flags.cert,
    keyFile: flags.key,
  });
  if (!access.success) throw new UsageError(`--broker ${flags.broker} ${access.error.issues[0]?.message ?? ''}`);
  const feed = new AlertFeed();
  let lastProblem = '';
  const subscriber = new Subscriber(access.data, {
    alert: (alert) => {
      lastProblem = '';
      const text = flags.json ? JSON.stringify(alert) : describe(alert, feed, flags.lang);
      if (text !== undefined) process.stdout.write(`${text}\n`);
    },
    problem: (text) => {
      // A broker that is away is one line, not a line every two seconds.
      if (text !== lastProblem) process.stderr.write(`vonggac-centre: ${plain(text)}\n`);
      lastProblem = text;
    },
  });
  const stop = () => void subscriber.end().then(() => process.exit(0));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  // A reader that went away (`watch | head`) ends the watch.
  process.stdout.once('error', stop);
}

function describe(alert: Alert, feed: AlertFeed, lang: Language): string | undefined {
  switch (feed.take(alert)) {
    case 'new':
      return `${alertInWords(alert, lang)}\n`;
    case 'grown':
      return `${growthInWords(alert, lang)}\n`;
    case 'update':
      return updateInWords(alert, lang);
    case 'repeat':
      return undefined;
  }
}

const program = new Command('vonggac-centre')
  .description('The IT centre’s side of Vọng Gác.')
  .exitOverride()
  .configureOutput({
    // One line, also where commander adds a guess at what was meant.
    outputError: (text, write) =>
      write(
        `${text
          .trim()
          .replace(/^error: /, 'vonggac-centre: ')
          .replace(/\s*\n\s*/g, ' ')}\n`,
      ),
  });

program
  .command('watch')
  .description('prints alerts as they arrive')
  .requiredOption('--broker <url>', 'the broker: mqtts://host:8883, mqtt://host:1883 …')
  .addOption(new Option('--lang <language>', 'language of the text').choices(languages).default(languageOf(process.env)))
  .option('--json', 'one alert/1 a line, as received, repeats included')
  .option('--username <name>')
  .option('--password <text>', 'better: --password-file')
  .option('--password-file <file>')
  .option('--ca <file>', 'PEM of the authority that signed the broker’s certificate')
  .option('--cert <file>', 'PEM of the client certificate')
  .option('--key <file>', 'PEM of its key')
  .action(watch);

try {
  program.parse();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof UsageError || (error instanceof Error && 'code' in error)) {
    process.stderr.write(`vonggac-centre: ${plain(error.message)}\n`);
    process.exitCode = 2;
  } else throw error;
}
