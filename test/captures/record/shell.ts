/**
 * Runs the programs that are being recorded: a command line in, its output or a running child out. Every command has a time limit, and every
 * started child is stopped by its own process. It knows nothing of networks or captures.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** No client of a recording needs longer; a hung one must not hold up the script. */
const commandTimeoutMs = 15_000;
const stopTimeoutMs = 3_000;

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

interface RunOptions {
  /** Written to the program's standard input. */
  input?: string;
  /** Exit codes that count as done; all when the recording is about a failure. */
  accept?: 'any' | readonly number[];
  env?: Readonly<Record<string, string>>;
  timeoutMs?: number;
}

/** Runs one program to its end. Throws when it ends with a code that was not to be expected or takes too long. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const [program = '', ...rest] = argv;
  const child = spawn(program, rest, { stdio: 'pipe', env: { ...process.env, ...options.env } });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // A server that is already gone closes our pipe: that is the program's outcome, told by its exit code.
  child.stdin.on('error', (error) => {
    stderr += `\nstandard input: ${error.message}`;
  });
  child.stdin.end(options.input ?? '');
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? commandTimeoutMs);
  const code = await ended(child);
  clearTimeout(timer);
  const accept = options.accept ?? [0];
  if (accept !== 'any' && !accept.includes(code)) {
    throw new Error(`${argv.join(' ')}: ended with ${code}\n${stderr.trim().slice(-800)}`);
  }
  return { code, stdout, stderr };
}

export function inside(namespace: string, argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return run(['ip', 'netns', 'exec', namespace, ...argv], options);
}

/** A program that runs on until it is stopped. */
export interface Running {
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Resolves when the text has been written to either output. */
  says(text: string, timeoutMs?: number): Promise<void>;
}

const running = new Set<Running>();

/** Starts a program inside a namespace; what it writes is kept in memory for `says` and appended to `logFile`. */
export function start(namespace: string, argv: readonly string[], logFile: string, env: Readonly<Record<string, string>> = {}): Running {
  const log = openSync(logFile, 'a');
  const child = spawn('ip', ['netns', 'exec', namespace, ...argv], { stdio: ['ignore', log, 'pipe'], env: { ...process.env, ...env } });
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  const self: Running = {
    async stop(signal = 'SIGTERM') {
      running.delete(self);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const end = ended(child);
      child.kill(signal);
      const killer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
      await end;
      clearTimeout(killer);
    },
    async says(wanted, timeoutMs = 5_000) {
      for (let waitedMs = 0; !text.includes(wanted); waitedMs += 20) {
        if (waitedMs > timeoutMs) throw new Error(`${argv.join(' ')}: did not say '${wanted}'\n${text.slice(-800)}`);
        await delay(20);
      }
    },
  };
  running.add(self);
  return self;
}

/** Ends every child that is still running, the newest first. */
export async function stopAll(): Promise<void> {
  for (const child of [...running].reverse()) await child.stop();
}

function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    if (child.exitCode !== null) resolve(child.exitCode);
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? -1));
  });
}
