/**
 * A centre that gives out releases of indicators: its brokers, its HTTPS server and its commands as people type them, a box in its register, and what that
 * box says. All on free ports of the loopback interface, in a folder of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { orderConfig } from '../../../centre/director/config-orders.ts';
import { Director } from '../../../centre/director/director.ts';
import { sendOrders } from '../../../centre/director/send-orders.ts';
import { ReleaseFolder } from '../../../centre/intel/release/release-folder.ts';
import { publishRelease } from '../../../centre/intel/repository/publish-release.ts';
import { type Repository, repositoryOf } from '../../../centre/intel/repository/repository.ts';
import type { Alert } from '../../../firmware/contract/alert.ts';
import { type Health, healthSchema } from '../../../firmware/contract/health.ts';
import { type IntelligenceReported, intelligenceReportedSchema, type Release } from '../../../firmware/contract/intelligence-message.ts';
import { up } from '../../../firmware/contract/topics.ts';
import { node, projectFile } from '../../bench/command.ts';
import { listen, type TestListener, until } from '../../firmware/agent/uplink/listener.ts';
import type { TestAccess } from '../broker/centre-broker.ts';
import { type RunningCentre, startCentre } from '../running-centre.ts';
import { type Ran, typed } from '../typed.ts';

const cli = projectFile('centre/cli.ts');

export class ReleaseCentre {
  readonly box: string;
  readonly access: TestAccess;
  readonly running: RunningCentre;
  readonly repository: Repository;
  readonly releases: ReleaseFolder;
  readonly #listener: TestListener;
  readonly #director: Director;
  #serve: ChildProcess | undefined;

  /** The brokers run, and the keys are there; the server does not run yet, nor is there any release. */
  static async start(box: string): Promise<ReleaseCentre> {
    const running = await startCentre();
    const access = await running.box(box);
    const { url, caFile, certFile, keyFile } = running.service('ingest');
    const listener = await listen(url, { ca: readFileSync(caFile), cert: readFileSync(certFile), key: readFileSync(keyFile) });
    return new ReleaseCentre(box, access, running, listener);
  }

  private constructor(box: string, access: TestAccess, running: RunningCentre, listener: TestListener) {
    this.box = box;
    this.access = access;
    this.running = running;
    this.repository = repositoryOf(running.folder);
    this.releases = new ReleaseFolder(running.folder.file('intelligence'));
    this.#listener = listener;
    this.#director = new Director({ centre: running.folder.path });
    process.once('exit', this.#killWithUs);
  }

  /** `vonggac-centre …` */
  run(...words: readonly string[]): Promise<Ran> {
    return typed(node, [cli, ...words], { ...process.env, VONGGAC_CENTRE: this.running.folder.path, LANG: 'C' });
  }

  /** The same, and it must end well. */
  async done(...words: readonly string[]): Promise<string> {
    const { status, out, err } = await this.run(...words);
    if (status !== 0) throw new Error(`vonggac-centre ${words.join(' ')} ended with ${status}: ${err}${out}`);
    return out;
  }

  /** A list, one value a line, in the place of what `name` said before. */
  importList(name: string, values: readonly string[]): Promise<string> {
    const file = join(this.running.folder.path, `${name}.txt`);
    writeFileSync(file, `${values.join('\n')}\n`);
    return this.done('intel', 'import', file, '--source', name);
  }

  /** Signs what was built last, and orders nothing. */
  async publish(version = this.releases.versions().at(-1) ?? 0): Promise<Release> {
    const { releases, repository } = this;
    await publishRelease({ repository, releases, version, passphrase: undefined, nowMs: Date.now() });
    return this.release(version);
  }

  release(version: number): Release {
    const { channel, sha256 } = this.releases.read(version);
    return { channel, version, sha256 };
  }

  /** Orders the box to run a release. */
  async order(release: Release): Promise<void> {
    const { key, link } = await this.#director.ready();
    orderConfig(this.#director.register, key, { boxes: [this.box], change: ({ settings }) => ({ settings, release }) });
    const { failed } = await sendOrders(this.#director.register, link, [this.box]);
    const [fault] = failed.values();
    if (fault !== undefined) throw new Error(fault);
  }

  get serveUrl(): string {
    return `https://127.0.0.1:${this.running.centre.serve?.port}`;
  }

  /** `vonggac-centre serve`, in a process of its own. */
  async serve(): Promise<void> {
    const child = spawn(node, [cli, 'serve', '--centre', this.running.folder.path, '--bind', '127.0.0.1'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#serve = child;
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString('utf8')).slice(-10_000);
      });
    await until(() => said.includes('"serving"') || child.exitCode !== null, 'the server', 15_000);
    if (child.exitCode !== null) throw new Error(`serve ended with ${child.exitCode}: ${said}`);
  }

  async endServe(): Promise<void> {
    const child = this.#serve;
    this.#serve = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }

  /** What the box said of its indicators, oldest first. */
  get reports(): IntelligenceReported[] {
    return this.#bodies(up.intelReported(this.box)).map((body) => intelligenceReportedSchema.parse(body));
  }

  get alerts(): Alert[] {
    return this.#bodies(up.alert(this.box)) as Alert[];
  }

  get health(): Health | undefined {
    const body = this.#bodies(up.health(this.box)).at(-1);
    return body === undefined ? undefined : healthSchema.parse(body);
  }

  /** The box has said so of a release, after `from` reports. */
  async reported(
    version: number,
    state: IntelligenceReported['state'],
    more: Partial<IntelligenceReported> = {},
    from = 0,
    timeoutMs = 20_000,
  ) {
    const isIt = (report: IntelligenceReported) =>
      report.wanted?.version === version &&
      report.state === state &&
      Object.entries(more).every(([name, value]) => report[name as keyof IntelligenceReported] === value);
    const find = () => this.reports.slice(from).find(isIt);
    await until(() => find() !== undefined, `${state} of release ${version}`, timeoutMs).catch((error: unknown) => {
      throw new Error(`${String(error)}; it said ${JSON.stringify(this.reports.slice(-4))}`);
    });
    return find() as IntelligenceReported;
  }

  async stop(): Promise<void> {
    await this.endServe();
    await this.#director.close();
    await this.#listener.client.endAsync(true);
    await this.running.stop();
    process.off('exit', this.#killWithUs);
  }

  #bodies(topic: string): unknown[] {
    return this.#listener.of(topic).map(({ body }) => JSON.parse(body));
  }

  readonly #killWithUs = () => this.#serve?.kill('SIGKILL');
}
