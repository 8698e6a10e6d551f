/** `vonggac run`: the box. Starts the sensor as a process of its own and runs the agent in this one. Wiring only. */
import { type Logger, pino } from 'pino';
import { ClockWatch } from '../agent/health/clock.ts';
import { Agent } from '../agent/main.ts';
import { type BoxConfig, readConfig } from '../config.ts';
import type { Alert } from '../contract/alert.ts';
import type { SensorReport } from '../contract/health.ts';
import type { SensorMessage } from '../contract/sensor-message.ts';
import { MemoryOutbox } from '../outbox/memory-outbox.ts';
import { version } from '../version.ts';
import { Supervisor } from './supervisor.ts';
import { UserError } from './user-error.ts';

/** What waits for the centre at the end of the run gets so long to arrive. */
const drainTimeoutMs = 10_000;
/** The same when somebody waits for us to stop: with the sensor's end and the goodbye it stays within 10 s. */
const drainTimeoutStoppedMs = 2_000;

export interface RunOptions {
  config?: string;
}

export async function run(options: RunOptions): Promise<void> {
  const config = readConfig(options.config);
  if (config.capture === undefined || options.config === undefined)
    throw new UserError('vonggac run needs --config FILE with "capture": give capture.interface (or capture.file)');
  const box = new Box(config, pino({ base: { process: 'agent' } }));
  const supervisor = new Supervisor(['sensor', '--config', options.config], box);
  let isStopped = false;
  const stop = () => {
    isStopped = true;
    supervisor.stop();
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
  process.on('SIGHUP', () => supervisor.reload());
  box.start();
  process.exitCode = await supervisor.run();
  await box.stop(isStopped ? drainTimeoutStoppedMs : drainTimeoutMs);
}

/** What the sensor says, put where the agent looks for it. */
class Box {
  private readonly log: Logger;
  private readonly outbox = new MemoryOutbox();
  private readonly agent: Agent | undefined;
  private readonly clock = new ClockWatch();
  private report: SensorReport;
  private supervision: NonNullable<SensorReport['supervision']> = { restarts: 0 };

  constructor({ box, agency, uplink, healthIntervalSeconds, capture }: BoxConfig, log: Logger) {
    this.log = log;
    const source = capture?.file ?? capture?.interface ?? '';
    this.report = { capture: { state: 'starting', source, shedding: false, packets: 0, bytes: 0 } };
    const identity = { box, ...(agency === undefined ? {} : { agency }) };
    const healthSource = () => ({ ...this.report, supervision: this.supervision });
    if (uplink !== undefined)
      this.agent = new Agent({
        config: { ...identity, uplink, healthIntervalSeconds },
        outbox: this.outbox,
        healthSource,
        version,
        log,
      });
  }

  start(): void {
    if (this.agent === undefined) this.log.warn('no "uplink" in the configuration: alerts are only logged');
    this.clock.start();
    this.agent?.start();
  }

  message(message: SensorMessage): void {
    if (message.type === 'report') this.report = message.report;
    else this.take(message.alert);
  }

  died(reason: string, restartInMs: number): void {
    const error = `the sensor died (${reason}); it is started again in ${restartInMs / 1_000} s`;
    this.report = { ...this.report, capture: { ...this.report.capture, state: 'failed', error } };
    this.supervision = { restarts: this.supervision.restarts + 1, lastDeath: reason };
    this.log.error({ reason, restartInMs }, 'the sensor died and is started again');
  }

  async stop(drainMs: number): Promise<void> {
    this.clock.stop();
    if (this.agent === undefined) return;
    if (!(await this.agent.drained(drainMs))) this.log.warn({ waiting: this.outbox.depth }, 'ended before the centre had everything');
    await this.agent.stop();
  }

  private take(alert: Alert): void {
    const sent: Alert = { ...alert };
    if (this.agent !== undefined) sent.boot = this.agent.boot;
    if (this.clock.state !== undefined) sent.clock = this.clock.state;
    this.outbox.append('alert', (seq) => JSON.stringify({ ...sent, seq }), alert.id);
    const { id, rev, kind, stage, severity, host, remote } = alert;
    this.log.info({ id, rev, kind, stage, severity, host: host.ip, remote: remote.ip ?? remote.name }, 'alert');
    this.agent?.wake();
  }
}
