/** The options by which a command of the centre reaches the broker, declared once. What they say is read in `broker-access.ts`. */
import type { Command } from 'commander';

export interface BrokerFlags {
  /** Folder of the centre, which says all the rest. */
  centre?: string;
  broker?: string;
  username?: string;
  password?: string;
  passwordFile?: string;
  ca?: string;
  cert?: string;
  key?: string;
}

export function addBrokerOptions(command: Command): Command {
  return command
    .option(
      '--centre <folder>',
      'folder of the centre, which says how to reach the broker (default: $VONGGAC_CENTRE, here, /var/lib/vonggac-centre)',
    )
    .option('--broker <url>', 'another broker: mqtts://host:8883, mqtt://host:1883 …')
    .option('--username <name>')
    .option('--password <text>', 'better: --password-file')
    .option('--password-file <file>')
    .option('--ca <file>', 'PEM of the authority that signed the broker’s certificate')
    .option('--cert <file>', 'PEM of the client certificate')
    .option('--key <file>', 'PEM of its key');
}
