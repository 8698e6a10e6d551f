/** `vonggac run`: the box. Starts sensor and agent as processes of their own and keeps them alive. Wiring only. */
import { pino } from 'pino';
import { privateFolder } from '../boot.ts';
import { readConfig } from '../config.ts';
import { agentCommand, ChildSet, sensorCommand } from './child-set.ts';
import { UserError } from './user-error.ts';

export interface RunOptions {
  config?: string;
}

export async function run(options: RunOptions): Promise<void> {
  const config = readConfig(options.config);
  if (config.capture === undefined || options.config === undefined)
    throw new UserError('vonggac run needs --config FILE with "capture": give capture.interface (or capture.file)');
  const log = pino({ base: { process: 'box' } });
  const folder = privateFolder(config);
  const args = ['--config', options.config];
  const commands = [sensorCommand(args, folder.environment)];
  if (config.uplink === undefined) log.warn('no "uplink" in the configuration: alerts are only logged and kept in the outbox');
  else commands.push(agentCommand(args, folder.environment));
  const children = new ChildSet(commands, {
    died: (name, reason, restartInMs) => log.error({ name, reason, restartInMs }, 'a process died and is started again'),
  });
  const stop = () => children.stop();
  process.once('SIGTERM', stop).once('SIGINT', stop);
  process.on('SIGHUP', () => children.reload());
  process.exitCode = await children.run();
  folder.remove();
}
