/** `vonggac-centre ingest` as a process of its own, and a box at the other end of the broker: what it sends, and what it was told is safe. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectAsync, type MqttClient } from 'mqtt';
import { ackSchema } from '../../../firmware/contract/ack.ts';
import type { Alert } from '../../../firmware/contract/alert.ts';
import type { Health } from '../../../firmware/contract/health.ts';
import type { Presence } from '../../../firmware/contract/presence.ts';
import { down, up } from '../../../firmware/contract/topics.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';
import { alertOf } from '../alert-sample.ts';

const cli = fileURLToPath(new URL('../../../centre/cli.ts', import.meta.url));

export interface IngestProcess {
  child: ChildProcess;
  said: { out: string; err: string };
  ended: Promise<number | null>;
  /** Lines of its log with this text. */
  logged(text: string): Record<string, unknown>[];
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export async function startIngest(broker: string, store: string, ...flags: string[]): Promise<IngestProcess> {
  const ingest = spawnIngest([cli, 'ingest', '--broker', broker, '--store', store, ...flags]);
  try {
    await until(() => ingest.logged('connected to the broker').length > 0 || ingest.child.exitCode !== null, 'ingest to connect', 20_000);
    if (ingest.child.exitCode === null) return ingest;
  } catch {
    ingest.child.kill('SIGKILL');
  }
  throw new Error(`ingest did not connect: ${ingest.said.err}${ingest.said.out}`);
}

export function spawnIngest(words: readonly string[]): IngestProcess {
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    said.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.err += chunk;
  });
  const ended = once(child, 'close').then(([status]) => status);
  const lines = () => said.out.split('\n').filter((line) => line.startsWith('{'));
  return {
    child,
    said,
    ended,
    logged: (text) => lines().flatMap((line) => (line.includes(JSON.stringify(text)) ? [JSON.parse(line)] : [])),
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
}

export interface TestBox {
  client: MqttClient;
  /** Numbers that the centre said are safe, in the order of its saying, repeats included; by outbox. */
  acked: Map<string, number[]>;
  isAcked(seq: number, outbox?: string): boolean;
  alert(seq: number, changes?: Partial<Alert>): Promise<void>;
  /** Any text or bytes to a topic. */
  send(
    topic: string,
    body: string | Buffer,
    options?: { retain?: boolean; qos?: 0 | 1; properties?: Record<string, string> },
  ): Promise<void>;
  end(): Promise<void>;
}

export interface BoxFiles {
  caFile: string;
  certFile: string;
  keyFile: string;
}

export async function connectBox(broker: string, box = 'hx-lang-son', files?: BoxFiles): Promise<TestBox> {
  const tls =
    files === undefined ? {} : { ca: readFileSync(files.caFile), cert: readFileSync(files.certFile), key: readFileSync(files.keyFile) };
  const client = await connectAsync(broker, { protocolVersion: 5, clientId: box, reconnectPeriod: 50, ...tls });
  client.on('error', () => {
    // Brokers are stopped in these tests; the client connects anew by itself.
  });
  const acked = new Map<string, number[]>();
  client.on('message', (_, payload) => {
    const { outboxId: outbox = '', seqs } = ackSchema.parse(JSON.parse(payload.toString('utf8')));
    acked.set(outbox, [...(acked.get(outbox) ?? []), ...seqs]);
  });
  await client.subscribeAsync(down.ack(box), { qos: 1 });
  const send: TestBox['send'] = async (topic, body, { retain = false, qos = 1, properties } = {}) => {
    await client.publishAsync(topic, body, {
      qos,
      retain,
      ...(properties === undefined ? {} : { properties: { userProperties: properties } }),
    });
  };
  return {
    client,
    acked,
    isAcked: (seq, outbox = 'o1') => acked.get(outbox)?.includes(seq) ?? false,
    alert: (seq, changes = {}) => send(up.alert(box), onTheWire(numberedAlert(box, seq, changes))),
    send,
    end: () => client.endAsync(true),
  };
}

/** As the outbox writes a message: its numbers first. */
export function onTheWire({ seq, outboxId, ...rest }: Alert): string {
  return JSON.stringify({ seq, outboxId, ...rest });
}

/** Another alert for each number, as the outbox `o1` would send it. */
export function numberedAlert(box: string, seq: number, changes: Partial<Alert> = {}): Alert {
  const id = `01940000-0000-7000-8000-${String(seq).padStart(12, '0')}`;
  return { ...alertOf(), seq, outboxId: 'o1', box, id, ...changes };
}

export function presenceOf(box: string, changes: Partial<Presence> = {}): Presence {
  const versions = { firmware: '0.3.0', node: '24.21.0', intel: 'release-7' };
  return {
    schema: 'presence/1',
    box,
    agency: 'UBND huyện Mẫu',
    online: true,
    boot: 'b1',
    session: 1,
    ts: new Date().toISOString(),
    versions,
    ...changes,
  };
}

export function healthOf(box: string, changes: Partial<Health> = {}): Health {
  return {
    schema: 'health/1',
    box,
    agency: 'UBND huyện Mẫu',
    boot: 'b1',
    session: 1,
    ts: new Date().toISOString(),
    uptimeSeconds: Math.round(performance.now()),
    intervalSeconds: 30,
    interval: { seconds: 30, packets: 1_000, bytes: 100_000 },
    quietSeconds: 0,
    capture: { state: 'running', source: 'eth1', shedding: false, packets: 5_000, bytes: 500_000 },
    intelligence: { bundle: 'release-7', indicators: 12_000, ageSeconds: 3_600 },
    outbox: { depth: 0, dropped: 0 },
    uplink: { connections: 1 },
    ...changes,
  };
}

/** A folder for a store; removed at the end of the process of the test at the latest. */
export function temporaryFolder(): { path: string; store: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'vonggac-ingest-'));
  const remove = () => {
    rmSync(path, { recursive: true, force: true });
    process.off('exit', remove);
  };
  process.once('exit', remove);
  return { path, store: join(path, 'centre.db'), remove };
}
