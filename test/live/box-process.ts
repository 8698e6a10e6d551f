/** `vonggac run` inside a network namespace: the pair of agent and sensor, its log, and the ids of both. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { vonggac } from '../bench/command.ts';

export class BoxProcess {
  log = '';
  errors = '';
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;
  private readonly killWithUs = () => this.child.kill('SIGKILL');

  constructor(namespace: string, config: string) {
    this.child = spawn('ip', ['netns', 'exec', namespace, ...vonggac('run', '--config', config)], { stdio: ['ignore', 'pipe', 'pipe'] });
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
      return status;
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Undefined while there is none. */
  get sensorPid(): number | undefined {
    const [first] = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'latin1').trim().split(' ');
    return first === undefined || first === '' ? undefined : Number(first);
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
