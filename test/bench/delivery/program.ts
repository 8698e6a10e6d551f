/** A program that the bench starts, its log or its answers (a JSON object a line on standard output), and its end. It ends with the bench. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const waitMs = 30_000;
const linesMax = 20_000;
const errorCharactersMax = 4_000;

export type Line = Readonly<Record<string, unknown>>;

export interface ProgramOptions {
  environment?: Readonly<Record<string, string>>;
  /** Network namespace to run in. */
  namespace?: string;
}

export class Program {
  readonly ended: Promise<unknown>;
  /** The oldest are forgotten. */
  readonly lines: Line[] = [];
  errors = '';
  readonly #child: ChildProcess;
  readonly #killWithUs = () => void this.#child.kill('SIGKILL');

  constructor(command: readonly string[], { environment, namespace }: ProgramOptions = {}) {
    // `ip` becomes the command, so the id is the command's own.
    const [file = '', ...words] = namespace === undefined ? command : ['ip', 'netns', 'exec', namespace, ...command];
    this.#child = spawn(file, words, { stdio: 'pipe', env: { ...process.env, ...environment } });
    process.once('exit', this.#killWithUs);
    this.ended = once(this.#child, 'close').then(() => process.off('exit', this.#killWithUs));
    this.#child.stdin?.on('error', () => undefined);
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.errors = (this.errors + text.toString('utf8')).slice(-errorCharactersMax);
    });
    if (this.#child.stdout !== null) createInterface({ input: this.#child.stdout }).on('line', (line) => this.#take(line));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The first line, of all so far and to come, for which `isIt` holds. */
  async line(isIt: (line: Line) => boolean, what: string, timeoutMs = waitMs): Promise<Line> {
    let found: Line | undefined;
    const find = () => {
      found ??= this.lines.find(isIt);
      return found !== undefined;
    };
    await this.until(find, what, timeoutMs);
    return found ?? {};
  }

  /** Rejects where the program ends first. */
  async until(isTrue: () => boolean, what: string, timeoutMs = waitMs): Promise<void> {
    const endMs = performance.now() + timeoutMs;
    while (!isTrue()) {
      if (!this.isRunning || performance.now() > endMs) throw new Error(`waited in vain for ${what}: ${this.errors || '(nothing said)'}`);
      await sleep(5);
    }
  }

  say(word: string): void {
    this.#child.stdin?.write(`${word}\n`);
  }

  /** Ends its standard input, which is how our own programs are told to end. */
  async finish(): Promise<void> {
    this.#child.stdin?.end();
    await this.ended;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#child.kill(signal);
    await this.ended;
  }

  #take(text: string): void {
    if (!text.startsWith('{')) return;
    this.lines.push(JSON.parse(text));
    if (this.lines.length > linesMax) this.lines.shift();
  }
}

export async function stopAll(programs: readonly (Program | undefined)[], signal?: NodeJS.Signals): Promise<void> {
  await Promise.all(programs.map((program) => (program?.isRunning ? program.stop(signal) : undefined)));
}
