/** `node centre-process.ts URL`: the acknowledging centre as a process of its own; says "ready" once it hears. */
import { TestCentre } from './test-centre.ts';

await TestCentre.start(process.argv[2] ?? '');
process.stdout.write('ready\n');
