/** Starts centre-in-namespace.ts and keeps what it heard. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Alert } from '../../firmware/contract/alert.ts';
import { type Health, healthSchema } from '../../firmware/contract/health.ts';
import { type Presence, presenceSchema } from '../../firmware/contract/presence.ts';
import { node, projectFile } from '../bench/command.ts';

const waitMs = 15_000;

interface Heard {
  topic: string;
  body: unknown;
  heardMs: number;
}

export class Centre {
  url = '';
  readonly alerts: { alert: Alert; heardMs: number }[] = [];
  readonly healths: Health[] = [];
  readonly presences: Presence[] = [];
  private readonly child: ChildProcess;
  private readonly closed: Promise<unknown>;
  private readonly endWithUs = () => this.child.kill('SIGTERM');
  private errors = '';

  private constructor(namespace: string) {
    const words = ['netns', 'exec', namespace, node, projectFile('test/live/centre-in-namespace.ts')];
    this.child = spawn('ip', words, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.closed = once(this.child, 'close');
    process.once('exit', this.endWithUs);
    this.child.stderr?.on('data', (text: Buffer) => {
      this.errors += text.toString();
    });
    if (this.child.stdout !== null) createInterface({ input: this.child.stdout }).on('line', (line) => this.take(JSON.parse(line)));
  }

  static async start(namespace: string): Promise<Centre> {
    const centre = new Centre(namespace);
    await centre.until(() => centre.url !== '', 'the broker');
    return centre;
  }

  get latestHealth(): Health | undefined {
    return this.healths.at(-1);
  }

  async until(isTrue: () => boolean, what: string, timeoutMs = waitMs): Promise<void> {
    const endMs = performance.now() + timeoutMs;
    while (!isTrue()) {
      if (performance.now() > endMs)
        throw new Error(`waited in vain for: ${what}; last health ${JSON.stringify(this.latestHealth)} ${this.errors}`);
      await sleep(10);
    }
  }

  /** The next health, from now on, for which `wanted` holds. */
  async health(wanted: (health: Health) => boolean, what: string, timeoutMs?: number): Promise<Health> {
    const from = this.healths.length;
    const find = () => this.healths.slice(from).find(wanted);
    await this.until(() => find() !== undefined, what, timeoutMs);
    return find()!;
  }

  async stop(): Promise<void> {
    this.child.stdin?.end();
    await this.closed;
    process.off('exit', this.endWithUs);
  }

  private take(line: Heard | { url: string }): void {
    if ('url' in line) this.url = line.url;
    else if (line.topic.endsWith('/alert')) this.alerts.push({ alert: line.body as Alert, heardMs: line.heardMs });
    else if (line.topic.endsWith('/health')) this.healths.push(healthSchema.parse(line.body));
    else if (line.topic.endsWith('/presence')) this.presences.push(presenceSchema.parse(line.body));
  }
}
