/** `vonggac agent`: the process that talks to the centre, alone. A sensor finds it by the socket, and both share the outbox. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { Agent } from '../agent/main.ts';
import { readBoot, socketPath } from '../boot.ts';
import { outboxFolder, readConfig } from '../config.ts';
import type { Reason } from '../contract/alert.ts';
import { version } from '../version.ts';
import { onStop, tellState } from './child-state.ts';
import { UserError } from './user-error.ts';

/** What waits for the centre when the box stops gets so long to arrive; the rest stays on disk. With the goodbye it is less than 8 s. */
const drainTimeoutMs = 4_000;

const doctorTimeoutMs = 15_000;
const doctorBytesMax = 64 * 1024;

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
    doctor: () => askDoctor(options.config),
    log,
  });
  try {
    await agent.start();
  } catch (error) {
    throw new UserError(error instanceof Error ? error.message : String(error));
  }
  tellState('running');
  await stopped;
  if (!(await agent.stop(drainTimeoutMs))) log.info({}, 'ended before the centre had everything; what is on disk waits for the next start');
  // What other parts of the runtime still hold open is of no use any more.
  process.exit();
}

/** What `vonggac doctor` finds, in a process of its own: what it loads and waits for is no concern of the agent's. */
function askDoctor(config: string | undefined): Promise<readonly Reason[]> {
  const words = ['doctor', '--json', ...(config === undefined ? [] : ['--config', config])];
  return new Promise((resolve, reject) => {
    const cli = fileURLToPath(new URL('../cli.ts', import.meta.url));
    execFile(process.execPath, [cli, ...words], { timeout: doctorTimeoutMs, maxBuffer: doctorBytesMax }, (error, output) => {
      const reasons = output.split('\n').flatMap(reasonOf);
      // It ends with 1 where it found faults.
      if (reasons.length === 0 && error !== null) reject(error);
      else resolve(reasons);
    });
  });
}

/** One line of the doctor; what is well is left out. */
function reasonOf(line: string): Reason[] {
  try {
    const { code, degree } = JSON.parse(line);
    return degree === 'ok' ? [] : [{ measured: `doctor: ${code}`, value: String(degree) }];
  } catch {
    return [];
  }
}
