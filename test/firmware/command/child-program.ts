/**
 * Program in place of `vonggac sensor` and `vonggac agent`: `child-program.ts NAME CONFIG`. Does what CONFIG, a JSON file, says under NAME at
 * the time of its start, and writes what happens to it into CONFIG.log, a line each.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { exitRestart, onStop, tellState } from '../../../firmware/command/child-state.ts';

/**
 * `wrong`: exit 2 at once. `end`: a capture that is over at once. `again`: asks to be started anew. `lazy`: says nothing for a while. `deaf`: does
 * not end when asked.
 */
export type Deed = 'run' | 'wrong' | 'end' | 'broken' | 'again' | 'lazy' | 'deaf' | 'slow';

const [, , name = '', config = ''] = process.argv;
const lazyMs = 500;
const slowMs = 300;
const lifeMsMax = 40_000;

function note(what: string): void {
  appendFileSync(`${config}.log`, `${name} ${what}\n`);
}

const deed: Deed = JSON.parse(readFileSync(config, 'utf8'))[name];
note('starts');
process.on('SIGHUP', () => note('reloads'));
if (deed === 'wrong') process.exit(2);
if (deed === 'broken') process.exit(75);
if (deed === 'again') process.exit(exitRestart);
onStop(() => {
  note('is asked to stop');
  if (deed === 'deaf') return;
  setTimeout(
    () => {
      note('stops');
      process.exit(0);
    },
    deed === 'slow' ? slowMs : 0,
  );
});
tellState('starting');
if (deed === 'lazy') await new Promise((resolve) => setTimeout(resolve, lazyMs));
tellState('running');
note(`runs ${process.env.VONGGAC_TEST ?? '-'} ${process.env.NOTIFY_SOCKET ?? '-'} ${process.execArgv.join(' ')}`);
if (deed === 'end') {
  tellState('ended');
  process.exit(0);
}
// A test that fails may leave it without a parent: it lives no longer than any of them.
setTimeout(() => process.exit(3), lifeMsMax);
