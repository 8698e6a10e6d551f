/** The commands of enrolment alone, in a process of their own: arguments as a person types them. */
import { Command } from 'commander';
import { addBoxes } from '../../../centre/command/boxes.ts';
import { addEnrol } from '../../../centre/command/enrol.ts';
import { addRegistrar } from '../../../centre/command/registrar.ts';
import { addTag } from '../../../centre/command/tag.ts';

const program = new Command('vonggac-centre');
for (const add of [addEnrol, addTag, addBoxes, addRegistrar]) add(program);
try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
