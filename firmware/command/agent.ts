/** `vonggac agent`: the process that talks to the centre, alone. A sensor finds it by the socket, and both share the outbox. */
import { pino } from 'pino';
import { Agent } from '../agent/main.ts';
import { readBoot, socketPath } from '../boot.ts';
import { outboxFolder, readConfig } from '../config.ts';
import { version } from '../version.ts';
import { onStop, tellState } from './child-state.ts';
import { UserError } from './user-error.ts';

/** What waits for the centre when the box stops gets so long to arrive; the rest stays on disk. With the goodbye it is less than 8 s. */
const drainTimeoutMs = 4_000;

export async function agent(options: { config?: string }): Promise<void> {
  const config = readConfig(options.config);
  const { uplink } = config;
  if (uplink === undefined) throw new UserError('vonggac agent needs --config FILE with "uplink": give uplink.url of the broker');
  const log = pino({ base: { process: 'agent' } });
  const stopped = new Promise<void>((resolve) => onStop(resolve));
  const agent = new Agent({
    config: { ...config, uplink },
    folder: outboxFolder(config),
    socket: socketPath(config),
    boot: readBoot(),
    version,
    log,
  });
  try {
    await agent.start();
  } catch (error) {
    throw new UserError(error instanceof Error ? error.message : String(error));
  }
  tellState('running');
  await stopped;
  if (!(await agent.stop(drainTimeoutMs))) log.info({}, 'ended before the centre had everything; the rest is kept in the outbox');
  // What other parts of the runtime still hold open is of no use any more.
  process.exit();
}
