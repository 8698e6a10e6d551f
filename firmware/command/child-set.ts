/** The processes of the box together: started at once, ended one after the other. What each is and how it is started stands here too. */
import type { CaptureState } from '../contract/health.ts';
import { agentRuntimeOptions, sensorRuntimeOptions } from '../runtime-options.ts';
import { type ChildCommand, Supervisor, type SupervisorOptions } from './supervisor.ts';

/** Longer than a capture holds the event loop at overload (3 s, capture/live.ts) and what was found then takes to reach the disk. */
const sensorKillAfterMs = 8_000;
/** Longer than the last messages and the goodbye take with a broker that does not answer. */
const agentKillAfterMs = 10_000;

/** What the service manager tells a service of itself: whoever parses hostile bytes shall not speak in the name of the box. */
const notForTheSensor = { NOTIFY_SOCKET: undefined, WATCHDOG_USEC: undefined, WATCHDOG_PID: undefined };
/** The watchdog of the service waits for its main process, which is us; the agent speaks for it. */
const forTheAgent = { WATCHDOG_PID: undefined };

type Environment = ChildCommand['environment'];

export function sensorCommand(args: readonly string[], environment: Environment = {}): ChildCommand {
  return {
    name: 'sensor',
    args: ['sensor', ...args],
    runtimeOptions: sensorRuntimeOptions,
    environment: { ...environment, ...notForTheSensor },
    killAfterMs: sensorKillAfterMs,
    reloads: true,
  };
}

export function agentCommand(args: readonly string[], environment: Environment = {}): ChildCommand {
  return {
    name: 'agent',
    args: ['agent', ...args],
    runtimeOptions: agentRuntimeOptions,
    environment: { ...environment, ...forTheAgent },
    killAfterMs: agentKillAfterMs,
    reloads: false,
  };
}

export interface ChildSetEvents {
  state?(name: string, state: CaptureState): void;
  /** A process died and will be started again. */
  died(name: string, reason: string, restartInMs: number): void;
  /** A process ended in order to be started again, which is done at once. */
  restarts?(name: string): void;
}

export class ChildSet {
  private readonly supervisors: readonly Supervisor[];
  private asked: (() => void) | undefined;
  private isStopping = false;

  /** In the order of ending: the sensor first, so that the agent still hears of what it found. */
  constructor(commands: readonly ChildCommand[], events: ChildSetEvents, options: SupervisorOptions = {}) {
    this.supervisors = commands.map((command) => {
      const state = (state: CaptureState) => events.state?.(command.name, state);
      const died = (reason: string, restartInMs: number) => events.died(command.name, reason, restartInMs);
      const restarts = () => events.restarts?.(command.name);
      return new Supervisor(command, { state, died, restarts }, options);
    });
  }

  /**
   * Resolves once all have ended: with the exit code of the first that ended for good, after which the others are stopped, or with 0 after
   * `stop`.
   */
  async run(): Promise<number> {
    const asked = new Promise<number>((resolve) => {
      this.asked = () => resolve(0);
    });
    const runs = this.supervisors.map((supervisor) => supervisor.run());
    if (this.isStopping) this.asked?.();
    const exitCode = await Promise.race([asked, ...runs]);
    for (const [index, supervisor] of this.supervisors.entries()) {
      supervisor.stop();
      await runs[index];
    }
    return exitCode;
  }

  /** Harmless twice. What was asked is done when `run` has resolved. */
  stop(): void {
    this.isStopping = true;
    this.asked?.();
  }

  reload(): void {
    for (const supervisor of this.supervisors) supervisor.reload();
  }
}
