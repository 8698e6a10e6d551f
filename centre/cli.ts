#!/usr/bin/env node
/** The `vonggac-centre` command: the IT centre's side. Reads the command line; each command loads what it needs, and no other. */
import { Command, CommanderError } from 'commander';
import { plain } from '../firmware/contract/language.ts';
import { version } from '../firmware/version.ts';
import { addBoxes } from './command/boxes.ts';
import { addBrokerConfig } from './command/broker-config.ts';
import { addCommand } from './command/command.ts';
import { addConfig } from './command/config.ts';
import { addEnrol } from './command/enrol.ts';
import { addHunt } from './command/hunt.ts';
import { addIngest } from './command/ingest.ts';
import { addInit } from './command/init.ts';
import { addIntel } from './command/intel.ts';
import { addRegistrar } from './command/registrar.ts';
import { addRevoke } from './command/revoke.ts';
import { addServe } from './command/serve.ts';
import { addTag } from './command/tag.ts';
import { exitUsage, UserError } from './command/user-error.ts';
import { addWatch } from './command/watch.ts';

/** By name, so that no command has to be loaded to know its errors. */
const namesForUser = new Set(['UserError', 'StoreError']);
const lineCharactersMax = 1_000;

function program(): Command {
  const command = new Command('vonggac-centre')
    .description('The IT centre’s side of Vọng Gác.')
    .version(version)
    .exitOverride()
    // Its own texts have several lines, and guesses at what was meant; ours is made where the error ends up.
    .configureOutput({ outputError: () => undefined });
  addInit(command);
  addEnrol(command);
  addTag(command);
  addRevoke(command);
  addBoxes(command);
  addConfig(command);
  addCommand(command);
  addHunt(command);
  addIntel(command);
  addServe(command);
  addWatch(command);
  addIngest(command);
  addRegistrar(command);
  addBrokerConfig(command);
  return command;
}

function isForUser(error: unknown): error is Error {
  return error instanceof Error && namesForUser.has(error.name);
}

function say(text: string): void {
  const line = text.trim().replaceAll(/\s*[\r\n]+\s*/g, ' ');
  process.stderr.write(`vonggac-centre: ${plain(line, lineCharactersMax)}\n`);
}

// `vonggac-centre --help | head`: a reader that went away is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  if (process.argv.length <= 2) throw new UserError('no command given (--help lists commands and options)');
  await program().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : exitUsage;
    if (error.exitCode !== 0) say(`${error.message.replace(/^error: /, '')} (--help lists commands and options)`);
  } else if (isForUser(error)) {
    process.exitCode = exitUsage;
    say(error.message);
  } else throw error;
}
