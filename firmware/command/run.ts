/** `vonggac run`: the box. Starts sensor and agent as processes of their own and keeps them alive. Wiring only. */
import { pino } from 'pino';
import { privateFolder } from '../boot.ts';
import { outboxFolder, readBoxConfig } from '../config.ts';
import { AgentEnrolment } from './agent-enrolment.ts';
import { agentCommand, ChildSet, sensorCommand } from './child-set.ts';
import { UserError } from './user-error.ts';

export interface RunOptions {
  config?: string;
}

export async function run(options: RunOptions): Promise<void> {
  const { config, faults } = readBoxConfig(options.config);
  if ((config.capture?.file ?? config.capture?.interface) === undefined)
    throw new UserError('vonggac run needs "capture": give --config FILE with capture.interface (or capture.file)');
  const log = pino({ base: { process: 'box' } });
  const folder = privateFolder(config);
  const args = options.config === undefined ? [] : ['--config', options.config];
  const commands = [sensorCommand(args, folder.environment)];
  if (config.uplink === undefined && !new AgentEnrolment(config, outboxFolder(config), log).isNeeded) {
    // With an agent, it is the agent that tells of them.
    for (const reason of faults) log.warn({ reason }, 'something in the state folder is not in force');
    log.warn('no "uplink" in the configuration and no claim file: alerts are only logged and kept in the outbox');
  } else commands.push(agentCommand(args, folder.environment));
  const children = new ChildSet(commands, {
    died: (name, reason, restartInMs) => log.error({ name, reason, restartInMs }, 'a process died and is started again'),
    restarts: (name) => log.info({ name }, 'a process begins anew, as it asked'),
  });
  const stop = () => children.stop();
  process.once('SIGTERM', stop).once('SIGINT', stop);
  process.on('SIGHUP', () => children.reload());
  process.exitCode = await children.run();
  folder.remove();
}
