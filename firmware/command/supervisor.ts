/** Starts the sensor process, hands on what it says, and starts it again, with growing waits, when it dies. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CaptureState } from '../contract/health.ts';
import { isSensorMessage, type SensorMessage } from '../contract/sensor-message.ts';
import { exitUsage } from './user-error.ts';

const restartMinMs = 1_000;
const restartMaxMs = 30_000;
/** A sensor that ran so long was sound: the next wait is short again. */
const soundAfterMs = 60_000;
/** A sensor that does not end by itself when asked is ended. Longer than it holds its event loop at overload (capture/live.ts). */
const killAfterMs = 3_500;

/**
 * Of the runtime: keeps its young generation small. Left alone that grows by tens of megabytes, whenever it pleases, and stays so, though
 * the sensor leaves little garbage behind; measured: no more time for a packet.
 */
export const sensorRuntimeOptions: readonly string[] = ['--max-semi-space-size=4'];

export interface SupervisorEvents {
  message(message: SensorMessage): void;
  /** The process died and will be started again. */
  died(reason: string, restartInMs: number): void;
}

export class Supervisor {
  private readonly args: readonly string[];
  private readonly events: SupervisorEvents;
  private readonly log: 'inherit' | 'ignore';
  private child: ChildProcess | undefined;
  private timer: NodeJS.Timeout | undefined;
  private waitMs = restartMinMs;
  private stopping = false;
  /** The present sensor has spoken, so it listens for signals; one that is still loading would die of them. */
  private isListening = false;
  private isReloadWanted = false;
  /** A sensor of this configuration once captured: whatever is wrong with the next one, the box stays and says so. */
  private hasCaptured = false;
  private state: CaptureState = 'starting';
  private settle: ((exitCode: number) => void) | undefined;

  /** `args` are those of `vonggac`, such as `sensor --config FILE`. Its log goes where ours goes, or nowhere. */
  constructor(args: readonly string[], events: SupervisorEvents, log: 'inherit' | 'ignore' = 'inherit') {
    this.args = args;
    this.events = events;
    this.log = log;
  }

  /**
   * Resolves with the exit code once the sensor has ended for good and all that it said was handed on: its capture is over, it was
   * stopped, or its configuration was wrong from the start.
   */
  run(): Promise<number> {
    return new Promise((resolve) => {
      this.settle = resolve;
      this.start();
    });
  }

  /** Harmless twice. */
  stop(): void {
    if (this.stopping) return;
    this.stopping = true;
    clearTimeout(this.timer);
    const { child } = this;
    if (child === undefined) this.settle?.(0);
    else {
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), killAfterMs).unref();
    }
  }

  /** Has the sensor read its intelligence anew, at once or when it is ready to. */
  reload(): void {
    this.isReloadWanted = !this.isListening;
    if (this.isListening) this.child?.kill('SIGHUP');
  }

  private start(): void {
    const startedMs = performance.now();
    const child = fork(fileURLToPath(new URL('../cli.ts', import.meta.url)), this.args, {
      execArgv: [...process.execArgv, ...sensorRuntimeOptions],
      stdio: ['inherit', this.log, this.log, 'ipc'],
    });
    this.child = child;
    child.on('message', (message) => {
      if (isSensorMessage(message)) this.heard(message);
    });
    child.on('error', (error) => this.ended(child, error.message, 1, startedMs));
    // Not `exit`: what the process said last may still be in the channel then.
    child.on('close', (code, signal) =>
      this.ended(child, signal === null ? `exit status ${code}` : `signal ${signal}`, code ?? 1, startedMs),
    );
  }

  private heard(message: SensorMessage): void {
    this.isListening = true;
    if (message.type === 'report') {
      this.state = message.report.capture.state;
      this.hasCaptured ||= this.state === 'running';
    }
    if (this.isReloadWanted) this.reload();
    this.events.message(message);
  }

  private ended(child: ChildProcess, reason: string, exitCode: number, startedMs: number): void {
    if (this.child !== child) return;
    this.child = undefined;
    this.isListening = false;
    const isWrong = exitCode === exitUsage && !this.hasCaptured;
    // A capture file comes to an end; a mirror port never does, whatever the sensor was told by others.
    const isOver = exitCode === 0 && this.state === 'ended';
    if (this.stopping || isWrong || isOver) {
      this.settle?.(this.stopping ? 0 : exitCode);
      return;
    }
    if (performance.now() - startedMs > soundAfterMs) this.waitMs = restartMinMs;
    this.events.died(reason, this.waitMs);
    this.timer = setTimeout(() => this.start(), this.waitMs);
    this.waitMs = Math.min(restartMaxMs, this.waitMs * 2);
  }
}
