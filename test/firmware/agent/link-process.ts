/** One end of the link as a process of its own that can be killed: starts link-end.ts, reads what it says, a JSON object a line. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { node, projectFile } from '../../bench/command.ts';

/** What an end says: the agent's with each report that it has, the sensor's when its link changes. */
export interface LinkSaid {
  packets?: number;
  restarts?: number;
  sensorPid?: number;
  connected?: boolean;
  clockSynced?: boolean;
  /** Of a hand-over, by either end. */
  handedOver?: boolean;
  residentMegabytes?: number;
  error?: string;
}

export class LinkProcess {
  readonly said: LinkSaid[] = [];
  errors = '';
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #killWithUs = () => this.#child.kill('SIGKILL');

  constructor(end: 'agent' | 'sensor', path: string, mode = '') {
    this.#child = spawn(node, [projectFile('test/firmware/agent/link-end.ts'), end, path, mode], { stdio: ['ignore', 'pipe', 'pipe'] });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.said.push(JSON.parse(line)));
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.errors += text.toString();
    });
    process.once('exit', this.#killWithUs);
    this.ended = once(this.#child, 'close').then(() => void process.off('exit', this.#killWithUs));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}
