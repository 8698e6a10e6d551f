/** A program that is started again whenever it dies, as the service manager of the box or the centre would. Knows how often it was killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** systemd's RestartSec= in small. */
const restartAfterMs = 150;
/** Of what it wrote last, for the report of a failure. */
const outputCharactersMax = 4_000;

export interface Program {
  name: string;
  command: readonly string[];
  environment?: Readonly<Record<string, string>>;
}

export class RestartedProcess {
  readonly name: string;
  kills = 0;
  starts = 0;
  /** What it wrote last, on both outputs. */
  output = '';
  private readonly program: () => Program | undefined;
  private child: ChildProcess | undefined;
  private isStopping = false;
  private readonly running: Promise<void>;
  private readonly killWithUs = () => this.child?.kill('SIGKILL');

  /** `program` is asked before each start; undefined: there is nothing more to run. */
  constructor(name: string, program: () => Program | undefined) {
    this.name = name;
    this.program = program;
    process.once('exit', this.killWithUs);
    this.running = this.run();
  }

  /** False where it was not alive at this moment. */
  kill(): boolean {
    if (this.child === undefined || this.child.exitCode !== null || this.child.signalCode !== null) return false;
    this.kills++;
    return this.child.kill('SIGKILL');
  }

  /** Resolves when there is nothing more to run. */
  get ended(): Promise<void> {
    return this.running;
  }

  /** Ends it in order; by force after `timeoutMs`. */
  async stop(timeoutMs = 10_000): Promise<void> {
    this.isStopping = true;
    this.child?.kill('SIGTERM');
    const timer = setTimeout(this.killWithUs, timeoutMs);
    await this.running;
    clearTimeout(timer);
    process.off('exit', this.killWithUs);
  }

  private async run(): Promise<void> {
    for (let program = this.program(); program !== undefined && !this.isStopping; program = this.program()) {
      await this.once(program);
      if (!this.isStopping) await sleep(restartAfterMs);
    }
  }

  private async once({ command: [file = '', ...words], environment }: Program): Promise<void> {
    this.starts++;
    const child = spawn(file, words, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } });
    this.child = child;
    const keep = (chunk: Buffer) => {
      this.output = (this.output + chunk.toString()).slice(-outputCharactersMax);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const [status] = await once(child, 'close');
    this.ranToEnd = status === 0;
  }

  /** How the last run ended: by itself and well, or by a kill or a fault. */
  ranToEnd = false;
}
