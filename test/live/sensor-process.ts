/** `vonggac sensor` inside a network namespace, with a listener in the place of the agent: keeps what it says and waits for it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SensorLink } from '../../firmware/agent/sensor-link.ts';
import type { Alert } from '../../firmware/contract/alert.ts';
import type { SensorReport } from '../../firmware/contract/health.ts';
import { DiskOutbox } from '../../firmware/outbox/disk-outbox.ts';
import type { OutboxCursor } from '../../firmware/outbox/outbox.ts';
import { sensorRuntimeOptions } from '../../firmware/runtime-options.ts';
import { node, projectFile } from '../bench/command.ts';

const cli = projectFile('firmware/cli.ts');
/** Of every configuration that these tests give to a sensor: the default. */
const box = 'local';
const waitMs = 15_000;
const batchMax = 500;
/** USER_HZ of Linux: the unit of the times in /proc, the same on every architecture that Node runs on. */
const ticksPerSecond = 100;

export interface SensorEnd {
  status: number | null;
  signal: NodeJS.Signals | null;
}

export class SensorProcess {
  /** Every revision of every alert, in the order of telling, as the outbox has it. */
  readonly alerts: Alert[] = [];
  report: SensorReport | undefined;
  reports = 0;
  /** Lines of its log, and what it wrote on standard error. */
  log = '';
  errors = '';
  readonly ended: Promise<SensorEnd>;
  private readonly child: ChildProcess;
  private readonly folder = mkdtempSync(join(tmpdir(), 'vonggac-sensor-process-'));
  private readonly link: SensorLink;
  private readonly outbox: DiskOutbox;
  private readonly cursor: OutboxCursor;
  private reading = Promise.resolve();
  private readonly killWithUs = () => {
    this.child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  };

  constructor(namespace: string, config: string) {
    const environment = { RUNTIME_DIRECTORY: this.folder, STATE_DIRECTORY: this.folder };
    this.outbox = new DiskOutbox({ folder: this.folder, box, boot: 'reader' });
    this.cursor = this.outbox.cursor();
    this.link = new SensorLink({
      path: join(this.folder, 'agent.sock'),
      source: '',
      log: { info: () => undefined, warn: () => undefined },
      onReport: (report) => {
        this.report = report;
        this.reports++;
      },
      onAppended: () => this.read(),
      onHandOver: () => false,
    });
    // `ip` becomes the command, and the channel's file goes with it.
    this.child = spawn('ip', ['netns', 'exec', namespace, node, ...sensorRuntimeOptions, cli, 'sensor', '--config', config], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...environment },
    });
    this.child.stdout?.on('data', (text: Buffer) => {
      this.log += text.toString();
    });
    this.child.stderr?.on('data', (text: Buffer) => {
      this.errors += text.toString();
    });
    process.once('exit', this.killWithUs);
    // A sensor that runs already when it begins to listen connects by itself.
    const listening = this.link.open();
    this.ended = listening.then(() => this.end());
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** User and system time of the process so far. */
  cpuSeconds(): number {
    // proc(5): the name in parentheses may hold spaces; utime and stime are fields 14 and 15.
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'latin1').split(') ')[1]!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  }

  residentMegabytes(): number {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${this.pid}/status`, 'latin1'))?.[1]) / 1024;
  }

  async until(isTrue: (report: SensorReport) => boolean, what: string, timeoutMs = waitMs): Promise<SensorReport> {
    const endMs = performance.now() + timeoutMs;
    while (performance.now() < endMs) {
      if (this.report !== undefined && isTrue(this.report)) return this.report;
      await sleep(10);
    }
    throw new Error(`waited in vain for: ${what}; last report ${JSON.stringify(this.report)} ${this.errors}`);
  }

  state(state: SensorReport['capture']['state'], timeoutMs?: number): Promise<SensorReport> {
    return this.until(({ capture }) => capture.state === state, `state ${state}`, timeoutMs);
  }

  /** Waits until so many frames came in or were lost, or no more come. */
  async frames(count: number): Promise<void> {
    for (let seen = -1; ; ) {
      const { packets = 0, kernelDropped = 0 } = this.report?.capture ?? {};
      if (packets + kernelDropped >= count || packets === seen) return;
      seen = packets;
      // Longer than from one report to the next.
      for (const reports = this.reports; this.reports < reports + 2; ) await sleep(20);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends it in order and waits for its last words. */
  stop(): Promise<SensorEnd> {
    this.child.kill('SIGTERM');
    return this.ended;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private async end(): Promise<SensorEnd> {
    // `close` follows when the last message was read, but never where we let go of the channel ourselves.
    const closed = once(this.child, 'close');
    const [status, signal] = await once(this.child, 'exit');
    if (this.child.connected) await closed;
    this.read();
    await this.reading;
    this.link.close();
    await this.outbox.close();
    process.off('exit', this.killWithUs);
    rmSync(this.folder, { recursive: true, force: true });
    return { status, signal };
  }

  private read(): void {
    this.reading = this.reading.then(async () => {
      for (let messages = await this.cursor.next(batchMax); messages.length > 0; messages = await this.cursor.next(batchMax)) {
        for (const { kind, body } of messages) if (kind === 'alert') this.alerts.push(JSON.parse(String(body)));
      }
    });
  }

  /** What the death of the supervisor looks like from inside. */
  disconnect(): void {
    this.child.disconnect();
  }
}
