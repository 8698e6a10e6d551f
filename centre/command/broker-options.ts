/** The options by which a command of the centre reaches the broker, declared once. What they say is read in `broker-access.ts`. */
import type { Command } from 'commander';

export interface BrokerFlags {
  broker: string;
  username?: string;
  password?: string;
  passwordFile?: string;
  ca?: string;
  cert?: string;
  key?: string;
}

export function addBrokerOptions(command: Command): Command {
  return command
    .requiredOption('--broker <url>', 'the broker: mqtts://host:8883, mqtt://host:1883 …')
    .option('--username <name>')
    .option('--password <text>', 'better: --password-file')
    .option('--password-file <file>')
    .option('--ca <file>', 'PEM of the authority that signed the broker’s certificate')
    .option('--cert <file>', 'PEM of the client certificate')
    .option('--key <file>', 'PEM of its key');
}
