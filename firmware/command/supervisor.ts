/** Starts one process of the box, and starts it again, with growing waits, when it dies. Hears its state and nothing else. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CaptureState } from '../contract/health.ts';
import { exitRestart, isStateMessage } from './child-state.ts';
import { exitUsage } from './user-error.ts';

const restartMinMs = 1_000;
const restartMaxMs = 30_000;
/** A process that ran so long was sound: the next wait is short again. */
const soundAfterMs = 60_000;
/** A process that asks again and again to be started anew is not sound, whatever it says: beyond so many in the time, it waits as after a death. */
const restartsAtOnceMax = 5;
const restartsAtOnceWithinMs = 60_000;

const cli = fileURLToPath(new URL('../cli.ts', import.meta.url));

export interface ChildCommand {
  /** For people. */
  name: string;
  /** Of `vonggac`, such as `sensor --config FILE`. */
  args: readonly string[];
  /** Of Node, beside our own. */
  runtimeOptions: readonly string[];
  /** What differs from our own environment; undefined takes a name away. */
  environment: Readonly<Record<string, string | undefined>>;
  /** A process that does not end by itself within this time when asked is ended. */
  killAfterMs: number;
  /** It reads its lists anew at SIGHUP. */
  reloads: boolean;
}

export interface SupervisorEvents {
  state?(state: CaptureState): void;
  /** The process died and will be started again. */
  died(reason: string, restartInMs: number): void;
  /** The process ended in order to be started again, which is done at once. */
  restarts?(): void;
}

export interface SupervisorOptions {
  /** The log of the process goes where ours goes, or nowhere. */
  log?: 'inherit' | 'ignore';
  /** In place of `vonggac`. */
  program?: string;
}

export class Supervisor {
  readonly command: ChildCommand;
  private readonly events: SupervisorEvents;
  private readonly log: 'inherit' | 'ignore';
  private readonly program: string;
  private child: ChildProcess | undefined;
  private timer: NodeJS.Timeout | undefined;
  private waitMs = restartMinMs;
  /** When processes asked to be started again, the latest ones. */
  private askedAtMs: number[] = [];
  private stopping = false;
  /** The present process has spoken, so it listens for signals; one that is still loading would die of them. */
  private isListening = false;
  private isReloadWanted = false;
  /** A process of this configuration once worked: whatever is wrong with the next one, the box stays and says so. */
  private hasRun = false;
  private state: CaptureState = 'starting';
  private settle: ((exitCode: number) => void) | undefined;

  constructor(command: ChildCommand, events: SupervisorEvents, { log = 'inherit', program = cli }: SupervisorOptions = {}) {
    this.command = command;
    this.events = events;
    this.log = log;
    this.program = program;
  }

  /**
   * Resolves with the exit code once the process has ended for good: its capture is over, it was stopped, or its configuration was wrong
   * from the start.
   */
  run(): Promise<number> {
    return new Promise((resolve) => {
      this.settle = resolve;
      this.start();
    });
  }

  /** Harmless twice. What was asked is done when `run` has resolved. */
  stop(): void {
    if (this.stopping) return;
    this.stopping = true;
    clearTimeout(this.timer);
    const { child } = this;
    if (child === undefined) this.settle?.(0);
    else {
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), this.command.killAfterMs).unref();
    }
  }

  /** Has the process read its lists anew, at once or when it is ready to. */
  reload(): void {
    if (!this.command.reloads) return;
    this.isReloadWanted = !this.isListening;
    if (this.isListening) this.child?.kill('SIGHUP');
  }

  private start(): void {
    const startedMs = performance.now();
    const { args, runtimeOptions, environment } = this.command;
    const child = fork(this.program, args, {
      execArgv: [...process.execArgv, ...runtimeOptions],
      env: { ...process.env, ...environment },
      stdio: ['inherit', this.log, this.log, 'ipc'],
    });
    this.child = child;
    this.state = 'starting';
    child.on('message', (message) => {
      if (isStateMessage(message)) this.heard(message.state);
    });
    child.on('error', (error) => this.ended(child, error.message, 1, startedMs));
    // Not `exit`: what the process said last may still be in the channel then.
    child.on('close', (code, signal) =>
      this.ended(child, signal === null ? `exit status ${code}` : `signal ${signal}`, code ?? 1, startedMs),
    );
  }

  private heard(state: CaptureState): void {
    this.isListening = true;
    this.state = state;
    this.hasRun ||= state === 'running';
    if (this.isReloadWanted) this.reload();
    this.events.state?.(state);
  }

  private ended(child: ChildProcess, reason: string, exitCode: number, startedMs: number): void {
    if (this.child !== child) return;
    this.child = undefined;
    this.isListening = false;
    const isWrong = exitCode === exitUsage && !this.hasRun;
    // A capture file comes to an end; a mirror port and an agent never do, whatever they were told by others.
    const isOver = exitCode === 0 && this.state === 'ended';
    if (this.stopping || isWrong || isOver) {
      this.settle?.(this.stopping ? 0 : exitCode);
      return;
    }
    if (performance.now() - startedMs > soundAfterMs) this.waitMs = restartMinMs;
    if (exitCode === exitRestart && this.mayRestartAtOnce()) {
      this.events.restarts?.();
      this.start();
      return;
    }
    this.events.died(reason, this.waitMs);
    this.timer = setTimeout(() => this.start(), this.waitMs);
    this.waitMs = Math.min(restartMaxMs, this.waitMs * 2);
  }

  private mayRestartAtOnce(): boolean {
    const nowMs = performance.now();
    this.askedAtMs = this.askedAtMs.filter((atMs) => nowMs - atMs < restartsAtOnceWithinMs);
    if (this.askedAtMs.length >= restartsAtOnceMax) return false;
    this.askedAtMs.push(nowMs);
    return true;
  }
}
