/** `vonggac run` inside a network namespace: the pair of agent and sensor, its log, and the ids of both. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vonggac } from '../bench/command.ts';

export class BoxProcess {
  log = '';
  errors = '';
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;
  /** With the outbox in it. */
  private readonly folder = mkdtempSync(join(tmpdir(), 'vonggac-box-process-'));
  private readonly killWithUs = () => {
    this.child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 });
  };

  constructor(namespace: string, config: string) {
    this.child = spawn('ip', ['netns', 'exec', namespace, ...vonggac('run', '--config', config)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, STATE_DIRECTORY: this.folder },
    });
    this.child.stdout?.on('data', (text: Buffer) => {
      this.log += text.toString();
    });
    this.child.stderr?.on('data', (text: Buffer) => {
      this.errors += text.toString();
    });
    process.once('exit', this.killWithUs);
    // Not `close`: a sensor that outlived it would hold its files open, which is what a test asks.
    this.ended = once(this.child, 'exit').then(([status]) => {
      process.off('exit', this.killWithUs);
      rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 });
      return status;
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Undefined while there is none. */
  get sensorPid(): number | undefined {
    return this.pidOf('sensor');
  }

  get agentPid(): number | undefined {
    return this.pidOf('agent');
  }

  private pidOf(command: string): number | undefined {
    const children = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'latin1').trim().split(' ');
    return children.map(Number).find((pid) => pid > 0 && wordsOf(pid).includes(command));
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** Also false for a process that has died and is not yet buried. */
export function isAlive(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.[0] !== 'Z';
  } catch {
    return false;
  }
}

function wordsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
  } catch {
    return [];
  }
}
