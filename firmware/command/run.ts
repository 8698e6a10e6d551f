/** `vonggac run`: the box. Starts the sensor as a process of its own and runs the agent in this one. Wiring only. */
import { pino } from 'pino';
import { Agent } from '../agent/main.ts';
import { readConfig } from '../config.ts';
import type { SensorReport } from '../contract/health.ts';
import { MemoryOutbox } from '../outbox/memory-outbox.ts';
import { version } from '../version.ts';
import { Supervisor } from './supervisor.ts';
import { UserError } from './user-error.ts';

/** What waits for the centre at the end of the run gets so long to arrive. */
const drainTimeoutMs = 10_000;

export interface RunOptions {
  config?: string;
}

export async function run(options: RunOptions): Promise<void> {
  const config = readConfig(options.config);
  if (config.capture === undefined || options.config === undefined)
    throw new UserError('vonggac run needs --config FILE with "capture": give capture.interface (or capture.file)');
  const log = pino({ base: { process: 'agent' } });
  const outbox = new MemoryOutbox();
  const { box, agency, uplink, healthIntervalSeconds } = config;
  let report: SensorReport = startingReport(config.capture.file ?? config.capture.interface ?? '');
  const identity = { box, ...(agency === undefined ? {} : { agency }) };
  const agent =
    uplink === undefined
      ? undefined
      : new Agent({ config: { ...identity, uplink, healthIntervalSeconds }, outbox, healthSource: () => report, version, log });
  const supervisor = new Supervisor(['sensor', '--config', options.config], {
    message: (message) => {
      if (message.type === 'report') report = message.report;
      else {
        outbox.append('alert', (seq) => JSON.stringify({ ...message.alert, seq }), message.alert.id);
        const { id, rev, kind, stage, severity, host, remote } = message.alert;
        log.info({ id, rev, kind, stage, severity, host: host.ip, remote: remote.ip ?? remote.name }, 'alert');
        agent?.wake();
      }
    },
    died: (reason, restartInMs) => {
      report = { ...report, capture: { ...report.capture, state: 'failed', error: `the sensor died (${reason})` } };
      log.error({ reason, restartInMs }, 'the sensor died and is started again');
    },
  });
  process.once('SIGTERM', () => supervisor.stop()).once('SIGINT', () => supervisor.stop());
  process.on('SIGHUP', () => supervisor.reload());
  if (agent === undefined) log.warn('no "uplink" in the configuration: alerts are only logged');
  agent?.start();
  process.exitCode = await supervisor.run();
  if (agent !== undefined && !(await agent.drained(drainTimeoutMs))) log.warn({ waiting: outbox.depth }, 'ended before the centre had everything');
  await agent?.stop();
}

function startingReport(source: string): SensorReport {
  return { capture: { state: 'starting', source, shedding: false, packets: 0, bytes: 0 } };
}
