/** `vonggac-centre serve`: its options. What it does is in `../serve/`, loaded when asked for. */
import type { Command } from 'commander';
import { wholeNumber } from '../director/option-values.ts';
import type { ServeFlags } from '../serve/main.ts';

const portMax = 65_535;

const help = `
Gives boxes what intel publish has put into the repository, by HTTPS, to whoever has a certificate of a box that was not revoked. Any other server
may do that as well: the files below intel/repository are all there is, and what boxes take is checked by its signatures, not by who brings it.
Signs the timestamp anew every day meanwhile. The log goes to standard output as JSON; what needs a person goes to standard error.

Examples:
  vonggac-centre serve
  vonggac-centre serve --centre /var/lib/vonggac-centre --bind 203.0.113.5 --port 8443`;

export function addServe(program: Command): void {
  program
    .command('serve')
    .description('Serve releases of indicators to boxes, and keep them fresh.')
    .option('--centre <folder>', 'of the centre (default: $VONGGAC_CENTRE, here, /var/lib/vonggac-centre)')
    .option('--port <number>', 'to listen on (8443, or what the centre says)', wholeNumber(0, portMax))
    .option('--bind <address>', 'address to listen on (all)')
    .addHelpText('after', help)
    .action(async (flags: ServeFlags) => (await import('../serve/main.ts')).runServe(flags));
}
