/** `vonggac-centre init` alone, as a process: for tests that end it at any moment. Arguments: those of the command. */
import { Command } from 'commander';
import { addInit } from '../../../centre/command/init.ts';

const program = new Command('vonggac-centre');
addInit(program);
await program.parseAsync(['init', ...process.argv.slice(2)], { from: 'user' });
