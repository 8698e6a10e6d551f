/**
 * Asks V8 to collect garbage soon, off the current stack. Only for the moment after a large buffer was let go: without it a replaced
 * indicator set of 80 MB was still there after two million small allocations.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { type: 'major'; execution: 'async' }) => Promise<void>;

let collect: Collect | undefined;

/** The function that `--expose-gc` gives, without that option on the command line: a new context gets it once the flag is set. */
function exposeCollect(): Collect {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as Collect;
}

export async function collectGarbage(): Promise<void> {
  collect ??= exposeCollect();
  await collect({ type: 'major', execution: 'async' });
}
