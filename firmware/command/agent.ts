/** `vonggac agent`: the process that talks to the centre, alone. A sensor finds it by the socket, and both share the outbox. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { Agent } from '../agent/main.ts';
import { readBoot, socketPath } from '../boot.ts';
import { type BoxConfigInForce, outboxFolder, readBoxConfig } from '../config.ts';
import type { Reason } from '../contract/alert.ts';
import { stateFiles } from '../state-folder.ts';
import { version } from '../version.ts';
import { type DirectionSetup, directionFor } from './agent-direction.ts';
import { AgentEnrolment } from './agent-enrolment.ts';
import { exitRestart, onStop, tellState } from './child-state.ts';
import { UserError } from './user-error.ts';

/** What waits for the centre when the box stops gets so long to arrive; the rest stays on disk. With the goodbye it is less than 8 s. */
const drainTimeoutMs = 4_000;

const doctorTimeoutMs = 15_000;
const doctorBytesMax = 64 * 1024;

export async function agent(options: { config?: string }): Promise<void> {
  const found = readBoxConfig(options.config);
  const log = pino({ base: { process: 'agent' } });
  const folder = outboxFolder(found.config);
  for (const reason of found.faults) log.warn({ reason }, 'something in the state folder is not in force');
  const stopping = new AbortController();
  onStop(() => stopping.abort());
  let exitCode: number | undefined;
  const end = (status: number) => {
    exitCode = status;
    stopping.abort();
  };
  const enrolment = new AgentEnrolment(found.config, folder, log);
  if (enrolment.need === 'first' || enrolment.need === 'finish') {
    tellState('running');
    // Everything reads the new identity from the start.
    process.exit((await enrolment.run(stopping.signal)) ? exitRestart : 0);
  }
  if (enrolment.need === 'again') void enrolment.run(stopping.signal).then((isEnrolled) => isEnrolled && end(exitRestart));
  const running = makeAgent(found, options.config, { folder, end, log });
  try {
    await running.start();
  } catch (error) {
    throw new UserError(error instanceof Error ? error.message : String(error));
  }
  tellState('running');
  await stopped(stopping.signal);
  if (!(await running.stop(drainTimeoutMs)))
    log.info({}, 'ended before the centre had everything; what is on disk waits for the next start');
  // What other parts of the runtime still hold open is of no use any more.
  process.exit(exitCode);
}

function makeAgent(found: BoxConfigInForce, configPath: string | undefined, setup: Pick<DirectionSetup, 'folder' | 'end' | 'log'>): Agent {
  const { config } = found;
  const { folder, log } = setup;
  const { uplink } = config;
  if (uplink === undefined)
    throw new UserError('vonggac agent needs "uplink" in --config FILE (uplink.url of the broker), or a claim file on the card');
  const doctor = () => askDoctor(configPath);
  const boot = readBoot();
  const direction = directionFor({ ...setup, found, boot, doctor });
  return new Agent({
    config: { ...config, uplink },
    folder,
    ledgerFolder: stateFiles.ledgerFolder(folder),
    socket: socketPath(config),
    boot,
    version,
    doctor: async () => reasonsOf(await doctor()),
    ...(direction === undefined ? {} : { direction }),
    log,
  });
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** A line of `vonggac doctor --json --words`. */
export interface DoctorFinding {
  code: string;
  degree: string;
  vi: string;
  en: string;
}

/** What `vonggac doctor` finds, in a process of its own: what it loads and waits for is no concern of the agent's. */
function askDoctor(config: string | undefined): Promise<readonly DoctorFinding[]> {
  const words = ['doctor', '--json', '--words', ...(config === undefined ? [] : ['--config', config])];
  return new Promise((resolve, reject) => {
    const cli = fileURLToPath(new URL('../cli.ts', import.meta.url));
    execFile(process.execPath, [cli, ...words], { timeout: doctorTimeoutMs, maxBuffer: doctorBytesMax }, (error, output, said) => {
      const findings = output.split('\n').flatMap(findingOf);
      // It ends with 1 where it found faults, and says so in its findings alone.
      const isWhole = error === null || (error.code === 1 && said.trim() === '');
      if (findings.length === 0 && error !== null) reject(error);
      else resolve(isWhole ? findings : [...findings, incomplete]);
    });
  });
}

const incomplete: DoctorFinding = {
  code: 'doctor.incomplete',
  degree: 'fault',
  vi: '✘ Việc kiểm tra bị dở dang: chạy vonggac doctor ngay trên thiết bị để biết vì sao. [doctor.incomplete]',
  en: '✘ The examination did not come to its end: run vonggac doctor on the box to see why. [doctor.incomplete]',
};

function findingOf(line: string): DoctorFinding[] {
  try {
    const { code, degree, vi, en } = JSON.parse(line);
    return [{ code: String(code), degree: String(degree), vi: String(vi), en: String(en) }];
  } catch {
    return [];
  }
}

/** What is well is left out. */
function reasonsOf(findings: readonly DoctorFinding[]): Reason[] {
  return findings.filter(({ degree }) => degree !== 'ok').map(({ code, degree }) => ({ measured: `doctor: ${code}`, value: degree }));
}
