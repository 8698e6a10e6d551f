/** `vonggac-centre broker-config` and `broker-disconnect`: their options. What they do is in `../broker/`, loaded when asked for. */
import { hostname } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { boxIdPattern } from '../../firmware/contract/topics.ts';
import { addBrokerOptions, type BrokerFlags } from './broker-options.ts';

export interface BrokerConfigFlags {
  host: string;
  port: number;
  bind?: string;
  servicePort: number;
  serviceBind: string;
  state: string;
  log: string;
  user: string;
  force?: boolean;
}

function port(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > 65_535) throw new InvalidArgumentError('Give a port from 1 to 65535.');
  return number;
}

function boxId(text: string): string {
  if (!boxIdPattern.test(text)) throw new InvalidArgumentError('Give the id of a box: 4 to 32 small letters, digits or hyphens.');
  return text;
}

const configHelp = `
The folder then holds a guide (README.md) that says which certificates and keys to put there, and how to start the broker.
Keys and certificates are never written nor overwritten. Running it again is harmless.

Examples:
  sudo vonggac-centre broker-config /etc/vonggac-broker --host broker.langson.gov.vn
  vonggac-centre broker-config ./broker --host 127.0.0.1 --bind 127.0.0.1 --state /tmp/broker-state --log /tmp/broker-log --user "$USER"`;

const disconnectHelp = `
For a box whose certificate was revoked: first put the new list of revoked certificates in place and reload the broker, else the box is
back at once. What the broker held for the box is thrown away. Needs the certificate of a service of the centre and its port.

Example:
  vonggac-centre broker-disconnect hx-07 --broker mqtts://broker:8884 --ca ca.pem --cert director.pem --key director.key`;

export function addBrokerConfig(program: Command): void {
  program
    .command('broker-config')
    .description('Write the configuration of the message broker (Mosquitto) and its systemd unit into a folder.')
    .argument('<folder>', 'where to; made if need be')
    .option('--host <name>', 'name or address by which boxes reach the broker; its certificate must carry it', hostname())
    .option('--port <number>', 'for boxes', port, 8883)
    .option('--bind <address>', 'address to listen on for boxes (default: all)')
    .option('--service-port <number>', 'for the services of the centre', port, 8884)
    .option('--service-bind <address>', 'address to listen on for the services', '127.0.0.1')
    .option('--state <folder>', 'what the broker keeps over a restart', '/var/lib/vonggac-broker')
    .option('--log <folder>', 'the log of refusals', '/var/log/vonggac-broker')
    .option('--user <name>', 'whom the broker runs as', 'vonggac-broker')
    .option('--force', 'replace files that were edited by hand too')
    .addHelpText('after', configHelp)
    .action(async (folder: string, flags: BrokerConfigFlags) => (await import('../broker/main.ts')).brokerConfig(folder, flags));
  addBrokerOptions(
    program
      .command('broker-disconnect')
      .description('End the session of a box at the broker.')
      .argument('<box>', 'its id', boxId)
      .addHelpText('after', disconnectHelp),
  ).action(async (box: string, flags: BrokerFlags) => {
    const [{ brokerAccess }, { brokerDisconnect }] = await Promise.all([import('./broker-access.ts'), import('../broker/main.ts')]);
    await brokerDisconnect(box, brokerAccess(flags, 'director'));
  });
}
