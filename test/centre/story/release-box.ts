/**
 * `vonggac run` as a box of a centre that gives out releases, with a folder of its own. Where it may, with a small file system for its indicators, in a mount
 * namespace that ends with it. Keeps its log, and says what its processes cost.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PanelReport, panelReportSchema } from '../../../firmware/agent/panel/panel-report.ts';
import { vonggac } from '../../bench/command.ts';
import { dnsQuery, dnsTypes } from '../../bench/traffic/dns-message.ts';
import { Path, Segment } from '../../bench/traffic/path.ts';
import { PcapWriter } from '../../bench/traffic/pcap-writer.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';
import type { ReleaseCentre } from './release-centre.ts';

/** USER_HZ of Linux: the unit of the times in /proc. */
const ticksPerSecond = 100;
const stopTimeoutMs = 20_000;

export interface BoxOptions {
  /** Of `vonggac run --config`, over what the box needs to find its centre. */
  config: object;
  /** Of its releases, over where they come from; a trial is short unless it says otherwise. */
  releases?: object;
  /** Size of a file system for the indicators alone. */
  diskBytes?: number;
}

/** Undefined: a box can have a file system of its own here. */
export function whyNoDisk(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'not root on Linux';
  return spawnSync('unshare', ['--mount', 'true']).status === 0 ? undefined : 'mount namespaces are not allowed';
}

export class ReleaseBox {
  readonly folder: string;
  log = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(centre: ReleaseCentre, { config, releases, diskBytes }: BoxOptions) {
    // Short, for the path of a unix socket has 107 bytes.
    this.folder = mkdtempSync(join(tmpdir(), 'vonggac-rb-'));
    const intelligence = join(this.folder, 'intel');
    mkdirSync(intelligence);
    const { url, caFile, certFile, keyFile } = centre.access;
    const rootFile = join(this.folder, 'root.json');
    writeFileSync(rootFile, centre.repository.trustedRoot());
    const document = {
      box: centre.box,
      uplink: { url, caFile, certFile, keyFile },
      directorKeys: [centre.running.folder.file('directorPublic')],
      releases: { url: centre.serveUrl, rootFile, spreadSeconds: 0, trialSeconds: 2, ...releases },
      trialSeconds: 30,
      healthIntervalSeconds: 0.2,
      ...config,
    };
    writeFileSync(this.configFile, JSON.stringify(document));
    const command = vonggac('run', '--config', this.configFile);
    const mount = `mount -t tmpfs -o size=${diskBytes} vonggac ${intelligence} && exec "$@"`;
    const [program = '', ...words] = diskBytes === undefined ? command : ['unshare', '--mount', 'sh', '-c', mount, 'sh', ...command];
    this.#child = spawn(program, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, STATE_DIRECTORY: this.folder, RUNTIME_DIRECTORY: this.folder },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.log += chunk.toString('utf8');
      });
    process.once('exit', this.#killWithUs);
    this.#ended = once(this.#child, 'exit');
  }

  get configFile(): string {
    return join(this.folder, 'box.json');
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Of its indicators, as the box itself sees it. */
  file(name: string): string {
    const seen = `/proc/${this.pid}/root${this.folder}`;
    return join(existsSync(seen) ? seen : this.folder, 'intel', name);
  }

  get panel(): PanelReport | undefined {
    try {
      return panelReportSchema.parse(JSON.parse(readFileSync(join(this.folder, 'panel.json'), 'utf8')));
    } catch {
      return undefined;
    }
  }

  process(command: 'sensor' | 'agent'): BoxPart | undefined {
    const pid = childrenOf(this.pid).find((child) => wordsOf(child).includes(command));
    return pid === undefined ? undefined : new BoxPart(pid);
  }

  /** That fetches, while it lives. */
  get fetcher(): BoxPart | undefined {
    const agent = this.process('agent');
    const pid = agent && childrenOf(agent.pid).find((child) => wordsOf(child).some((word) => word.endsWith('fetcher/main.ts')));
    return pid === undefined ? undefined : new BoxPart(pid);
  }

  /** Has the sensor read its lists anew. */
  reload(): void {
    this.#child.kill('SIGHUP');
  }

  logged(text: string, timeoutMs?: number): Promise<void> {
    return until(() => this.log.includes(text), `${text} in the log`, timeoutMs);
  }

  async stop(): Promise<void> {
    const killTimer = setTimeout(() => this.#child.kill('SIGKILL'), stopTimeoutMs);
    this.#child.kill('SIGTERM');
    await this.#ended;
    clearTimeout(killTimer);
    process.off('exit', this.#killWithUs);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }

  readonly #killWithUs = () => {
    this.#child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 });
  };
}

/** One process of the box, by proc(5). */
export class BoxPart {
  readonly pid: number;

  constructor(pid: number) {
    this.pid = pid;
  }

  /** User and system time so far; `ofChildren`: of those that have ended. */
  cpuSeconds(ofChildren = false): number {
    // The name in parentheses may hold spaces; the times are fields 14 and 15, of children 16 and 17.
    const fields = textOf(this.pid, 'stat').split(') ')[1]?.split(' ') ?? [];
    const first = ofChildren ? 13 : 11;
    return (Number(fields[first]) + Number(fields[first + 1])) / ticksPerSecond;
  }

  /** 0 once it has ended. */
  get residentMegabytes(): number {
    return this.#megabytes('VmRSS');
  }

  /** Since the start, or since `forgetPeak`. */
  get peakMegabytes(): number {
    return this.#megabytes('VmHWM');
  }

  forgetPeak(): void {
    writeFileSync(`/proc/${this.pid}/clear_refs`, '5');
  }

  #megabytes(name: string): number {
    return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(textOf(this.pid, 'status'))?.[1] ?? 0) / 1024;
  }
}

function childrenOf(pid: number): number[] {
  return textOf(pid, `task/${pid}/children`).trim().split(' ').map(Number);
}

function wordsOf(pid: number): readonly string[] {
  return textOf(pid, 'cmdline').split('\0');
}

function textOf(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return '';
  }
}

/** A capture in which `hosts` machines ask for each name, one after the other. */
export function writeQuestions(path: string, hostsByName: Readonly<Record<string, number>>, gapMs: number): void {
  const macOf = (host: number) => Buffer.from([2, 0, 0, 0, 0, host]);
  const resolver = { mac: macOf(255), address: Buffer.from([10, 20, 0, 53]), port: 53 };
  const writer = new PcapWriter(path);
  const frame = Buffer.alloc(1500);
  const segment = new Segment();
  let tsMicros = Date.UTC(2026, 0, 19) * 1000;
  for (const [name, hosts] of Object.entries(hostsByName))
    for (let host = 1; host <= hosts; host++) {
      const client = { mac: macOf(host), address: Buffer.from([10, 20, 1, host]), port: 40_000 + writer.packets };
      const question = segment.payload(dnsQuery({ id: host, name, type: dnsTypes.a }, true));
      writer.frame(frame.subarray(0, new Path(client, resolver, 17).udp(frame, 0, question)), tsMicros);
      tsMicros += gapMs * 1000;
    }
  writer.close();
}
