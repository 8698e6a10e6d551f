/** `vonggac-centre registrar`: its options. What it does is in `../registrar/main.ts`, loaded when asked for. */
import type { Command } from 'commander';
import { addPassphraseOption } from './passphrase.ts';

export interface RegistrarFlags {
  centre?: string;
  passphraseFile?: string;
}

const help = `
Boxes with a claim file come to it, and those that are in renew their certificates with it: let it always run. It needs the key of the boxes'
authority, and no other. Several of these may run on one register. The log goes to standard output as JSON.

Example:
  vonggac-centre registrar --centre /var/lib/vonggac-centre --passphrase-file /run/vonggac/passphrase`;

export function addRegistrar(program: Command): void {
  addPassphraseOption(
    program
      .command('registrar')
      .description('Give certificates to boxes that may have them, keep the register up to date, and notice ids that are used twice.')
      .option('--centre <folder>', 'folder of the centre (default: $VONGGAC_CENTRE, here, /var/lib/vonggac-centre)')
      .addHelpText('after', help),
  ).action(async (flags: RegistrarFlags) => (await import('../registrar/main.ts')).runRegistrar(flags));
}
