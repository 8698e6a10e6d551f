/** Starts the sensor process, hands on what it says, and starts it again, with growing waits, when it dies. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isSensorMessage, type SensorMessage } from '../contract/sensor-message.ts';
import { exitUsage } from './user-error.ts';

const restartMinMs = 1_000;
const restartMaxMs = 30_000;
/** A sensor that ran so long was sound: the next wait is short again. */
const soundAfterMs = 60_000;
/** A sensor that does not end by itself when asked is ended. */
const killAfterMs = 5_000;

export interface SupervisorEvents {
  message(message: SensorMessage): void;
  /** The process died and will be started again. */
  died(reason: string, restartInMs: number): void;
}

export class Supervisor {
  private readonly args: readonly string[];
  private readonly events: SupervisorEvents;
  private child: ChildProcess | undefined;
  private timer: NodeJS.Timeout | undefined;
  private waitMs = restartMinMs;
  private stopping = false;
  private settle: ((exitCode: number) => void) | undefined;

  /** `args` are those of `vonggac`, such as `sensor --config FILE`. */
  constructor(args: readonly string[], events: SupervisorEvents) {
    this.args = args;
    this.events = events;
  }

  /** Resolves with the exit code once the sensor has ended for good: its capture is over, it was stopped, or its configuration is wrong. */
  run(): Promise<number> {
    return new Promise((resolve) => {
      this.settle = resolve;
      this.start();
    });
  }

  stop(): void {
    this.stopping = true;
    clearTimeout(this.timer);
    const { child } = this;
    if (child === undefined) this.settle?.(0);
    else {
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), killAfterMs).unref();
    }
  }

  reload(): void {
    this.child?.kill('SIGHUP');
  }

  private start(): void {
    const startedMs = Date.now();
    const child = fork(fileURLToPath(new URL('../cli.ts', import.meta.url)), this.args);
    this.child = child;
    child.on('message', (message) => {
      if (isSensorMessage(message)) this.events.message(message);
    });
    child.on('error', (error) => this.ended(error.message, 1, startedMs));
    child.on('exit', (code, signal) => this.ended(signal === null ? `exit status ${code}` : `signal ${signal}`, code ?? 1, startedMs));
  }

  private ended(reason: string, exitCode: number, startedMs: number): void {
    if (this.child === undefined) return;
    this.child = undefined;
    if (this.stopping || exitCode === 0 || exitCode === exitUsage) {
      this.settle?.(this.stopping ? 0 : exitCode);
      return;
    }
    if (Date.now() - startedMs > soundAfterMs) this.waitMs = restartMinMs;
    this.events.died(reason, this.waitMs);
    this.timer = setTimeout(() => this.start(), this.waitMs);
    this.waitMs = Math.min(restartMaxMs, this.waitMs * 2);
  }
}
