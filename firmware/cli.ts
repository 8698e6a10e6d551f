#!/usr/bin/env node
/**
 * The `vonggac` command. Starts Node a second time in the same process, with the runtime settings of the product, then hands over to
 * `command/program.ts`.
 *
 * Running TypeScript from source takes a compiler of 16 MB, unless the code is cached; and Node asks where the cache is before it reads this
 * file. With one thread for V8's own work (`runtime-options.ts`): 25 MB less memory, and no longer start.
 */
import { fileURLToPath } from 'node:url';
import { captureFileOptions, commonOptions } from './runtime-options.ts';

const captureCommands: readonly (string | undefined)[] = ['replay', 'observe'];
const runtimeOptions = captureCommands.includes(process.argv[2]) ? [...commonOptions, ...captureFileOptions] : commonOptions;
/** Beside the packages, where only who may change the code can write; where nobody may, there is no cache. */
const cacheFolder = fileURLToPath(new URL('../node_modules/.cache/vonggac', import.meta.url));

// A forked process has a channel to its parent, which would not survive; its parent has set all this for it.
if (process.env.NODE_COMPILE_CACHE === undefined && process.send === undefined && process.execve !== undefined) {
  const parameters = [process.execPath, ...runtimeOptions, ...process.execArgv, ...process.argv.slice(1)];
  process.execve(process.execPath, parameters, { ...process.env, NODE_COMPILE_CACHE: cacheFolder });
}

const { main } = await import('./command/program.ts');
await main();
