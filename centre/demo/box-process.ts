/** The box of the demonstration: the real program in a process of its own, with a configuration written for it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Longer than the two processes of the box are given together. */
const stopTimeoutMs = 20_000;
/** Lines of its log kept, to be shown should it fail. */
const logLinesMax = 15;

/** What `vonggac run --config` reads. */
export interface BoxConfiguration {
  box: string;
  agency: string;
  lang: string;
  capture: { file: string; pace: number; once: boolean } | { interface: string };
  intel: readonly string[];
  uplink: { url: string };
  healthIntervalSeconds: number;
}

export interface BoxEnd {
  /** Exit status; null where a signal ended it. */
  status: number | null;
  /** The last lines of its log. */
  log: readonly string[];
}

/** Runs the box until it ends by itself or `signal` is aborted. Rejects only where the program cannot be started. */
export async function runBox(command: readonly string[], configuration: BoxConfiguration, signal: AbortSignal): Promise<BoxEnd> {
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-box-'));
  const file = join(folder, 'box.json');
  writeFileSync(file, `${JSON.stringify(configuration, null, 2)}\n`);
  const [program = '', ...rest] = command;
  const log: string[] = [];
  const child = spawn(program, [...rest, '--config', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its outbox goes with the folder.
    env: { ...process.env, STATE_DIRECTORY: folder },
  });
  const killWithUs = () => child.kill('SIGKILL');
  let killTimer: NodeJS.Timeout | undefined;
  const stop = () => {
    child.kill('SIGTERM');
    killTimer = setTimeout(killWithUs, stopTimeoutMs);
  };
  const keep = (chunk: Buffer) => {
    log.push(
      ...chunk
        .toString('utf8')
        .split('\n')
        .filter((line) => line.trim() !== ''),
    );
    log.splice(0, log.length - logLinesMax);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  process.once('exit', killWithUs);
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (signal.aborted) stop();
    const [status] = await once(child, 'close');
    return { status, log };
  } finally {
    clearTimeout(killTimer);
    signal.removeEventListener('abort', stop);
    process.off('exit', killWithUs);
    rmSync(folder, { recursive: true, force: true });
  }
}
