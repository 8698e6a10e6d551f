/**
 * The stage of the story: a centre, its programs and its boxes as processes of their own, and every command typed as a person types it. All of it in one
 * folder and, where that can be made, in a network namespace of its own with a mirror port that carries traffic.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { claimFileName } from '../../../firmware/contract/claim.ts';
import { node, projectFile } from '../../bench/command.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';
import { MirrorPort, whyNotLive } from '../../firmware/sensor/capture/namespaces.ts';
import { freePorts } from '../broker/centre-broker.ts';
import { type Ran, typed } from '../typed.ts';

const stopTimeoutMs = 10_000;
const linesMax = 20_000;
/** The sensor reports once a second, and later on a busy machine: half a trial must hold some of its reports. */
const trialSeconds = 6;
/** Each time a program is started to ask. */
const askEveryMs = 1_000;
/** Of the mirror port; the capture of the demonstration takes some four seconds then. */
const framesPerSecond = 150;

export const demonstration = projectFile('test/captures/demonstration.pcap');
/** Undefined where a mirror port can be made; a box that goes blind takes a real one. */
export const obstacle = whyNotLive();

/** A program that runs on: each line that it says. */
export class Program {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #killWithUs = () => this.#child.kill('SIGKILL');

  constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      if (stream !== null)
        createInterface({ input: stream }).on('line', (line) => {
          if (this.lines.length < linesMax) this.lines.push(line);
        });
    process.once('exit', this.#killWithUs);
    this.#ended = once(child, 'exit').then(() => process.off('exit', this.#killWithUs));
  }

  says(words: string, timeoutMs = 20_000): Promise<void> {
    return until(() => this.lines.some((line) => line.includes(words)), `${words}; it said ${this.lines.slice(-5).join('\n')}`, timeoutMs);
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(this.#killWithUs, stopTimeoutMs);
    await this.#ended;
    clearTimeout(timer);
  }
}

export class Stage {
  /** Short, for the path of a unix socket has 107 bytes. */
  readonly folder = mkdtempSync(join(tmpdir(), 'vonggac-st-'));
  readonly centreFolder = join(this.folder, 'centre');
  readonly passphraseFile = join(this.folder, 'passphrase');
  readonly #port: MirrorPort | undefined;
  readonly #programs: Program[] = [];

  /** Without a mirror port: on the loopback address of this machine, where a test can listen too. */
  constructor({ hasMirrorPort }: { hasMirrorPort: boolean }) {
    this.#port = hasMirrorPort && obstacle === undefined ? new MirrorPort() : undefined;
    this.#port?.setBox('lo', 'up');
    writeFileSync(this.passphraseFile, `${randomBytes(12).toString('hex')}\n`);
  }

  /** `init` on free ports. */
  async makeCentre(): Promise<Ran> {
    const [port, servicePort, claimPort, servePort] = await freePorts(4);
    const ports = ['--port', `${port}`, '--service-port', `${servicePort}`, '--claim-port', `${claimPort}`, '--serve-port', `${servePort}`];
    return this.centre('init', this.centreFolder, '--name', 'Trung tâm', '--host', '127.0.0.1', '--bind', '127.0.0.1', ...ports);
  }

  /** By the scripts that `init` made. Resolves once the broker for claims is joined to the other one. */
  async startBrokers(): Promise<[broker: Program, claims: Program]> {
    const broker = this.start([this.path('centre', 'broker', 'start-broker')]);
    await broker.says(' running');
    const claims = this.start([this.path('centre', 'broker', 'start-claims')]);
    await broker.says(' as centre.claims ');
    return [broker, claims];
  }

  /** `vonggac-centre …`, typed. */
  centre(...words: string[]): Promise<Ran> {
    return this.#type([node, projectFile('centre/cli.ts'), ...words]);
  }

  /** `vonggac …`, typed at the box of this name. */
  box(name: string, ...words: string[]): Promise<Ran> {
    return this.#type([node, projectFile('firmware/cli.ts'), ...words, '--config', this.path(name, 'box.json')]);
  }

  /** Runs until the end of the story. */
  start(words: readonly string[], environment: NodeJS.ProcessEnv = {}): Program {
    const [program = '', ...rest] = this.#within(words);
    const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...this.#environment, ...environment } });
    const started = new Program(child);
    this.#programs.push(started);
    return started;
  }

  service(...words: string[]): Program {
    return this.start([node, projectFile('centre/cli.ts'), ...words]);
  }

  claimOf(box: string): string {
    return this.path('centre', 'claims', box, claimFileName);
  }

  /** A box with this claim on its card, switched on. */
  switchOn(name: string, capture: object, claim: string): Program {
    const card = this.path(name, claimFileName);
    mkdirSync(this.path(name), { recursive: true });
    copyFileSync(claim, card);
    const own = {
      capture,
      outbox: { folder: this.path(name, 'state') },
      socket: this.path(name, 'agent.sock'),
      trialSeconds,
      healthIntervalSeconds: 1,
    };
    this.file(`${name}/box.json`, own);
    return this.start([node, projectFile('firmware/cli.ts'), 'run', '--config', this.path(name, 'box.json')], { VONGGAC_CLAIM: card });
  }

  /** What a box captures: the mirror port, with traffic that goes on until the end, or the same traffic from its file. */
  capture(): object {
    if (this.#port === undefined) return { file: demonstration, pace: 10 };
    const replay = ['tcpreplay', '-q', '-K', '--loop=0', `--pps=${framesPerSecond}`, '-i', 'out0', demonstration];
    const child = spawn('ip', ['netns', 'exec', this.#port.switch, ...replay], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#programs.push(new Program(child));
    return { interface: 'tap0' };
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  file(name: string, document: unknown): string {
    const path = this.path(name);
    writeFileSync(path, typeof document === 'string' ? document : JSON.stringify(document));
    return path;
  }

  async end(): Promise<void> {
    await Promise.all(this.#programs.toReversed().map((program) => program.stop()));
    this.#port?.remove();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }

  get #environment(): NodeJS.ProcessEnv {
    return { ...process.env, LANG: 'C', VONGGAC_CENTRE: this.centreFolder, VONGGAC_PASSPHRASE_FILE: this.passphraseFile };
  }

  #within(words: readonly string[]): string[] {
    return this.#port === undefined ? [...words] : ['ip', 'netns', 'exec', this.#port.box, ...words];
  }

  #type(words: readonly string[]): Promise<Ran> {
    const [program = '', ...rest] = this.#within(words);
    return typed(program, rest, this.#environment);
  }
}

/** Asks until there is an answer. */
export async function eventually<T>(ask: () => Promise<T | undefined>, what: string, timeoutMs = 20_000): Promise<T> {
  const endMs = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > endMs) throw new Error(`waited in vain for: ${what}`);
    await sleep(askEveryMs);
  }
}

export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
