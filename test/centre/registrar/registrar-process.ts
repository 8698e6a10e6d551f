/** The real registrar in a process of its own, and a client that asks it for certificates as any stranger could. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connectAsync, type MqttClient } from 'mqtt';
import {
  type CertificateAnswer,
  type ClaimFile,
  certificateAnswerSchema,
  claimFileSchema,
  claimProof,
} from '../../../firmware/contract/claim.ts';
import { claimTopics } from '../../../firmware/contract/topics.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';
import type { RunningCentre } from '../running-centre.ts';

const commands = fileURLToPath(new URL('../enrol/run-command.ts', import.meta.url));

export interface RegistrarProcess {
  readonly log: readonly Record<string, unknown>[];
  logged(text: string): Record<string, unknown>[];
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export async function startRegistrar(centre: RunningCentre): Promise<RegistrarProcess> {
  const child = spawn(process.execPath, [commands, 'registrar', '--centre', centre.folder.path], { stdio: ['ignore', 'pipe', 'pipe'] });
  const log: Record<string, unknown>[] = [];
  let fault = '';
  createInterface({ input: child.stdout }).on('line', (line) => log.push(JSON.parse(line) as Record<string, unknown>));
  child.stderr.on('data', (chunk: Buffer) => {
    fault += chunk.toString('utf8');
  });
  const logged = (text: string) => log.filter(({ msg }) => msg === text);
  await until(() => logged('connected to the broker').length > 0 || fault !== '' || child.exitCode !== null, 'the registrar', 15_000);
  if (fault !== '') throw new Error(fault);
  return { log, logged, stop: (signal = 'SIGTERM') => stop(child, signal) };
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
  return child.exitCode;
}

export interface CommandEnd {
  status: number;
  out: string;
  err: string;
}

/** `vonggac-centre …` */
export async function runCommand(...words: string[]): Promise<CommandEnd> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [commands, ...words], { env: { ...process.env, LANG: 'C' } });
    return { status: 0, out: stdout, err: stderr };
  } catch (error) {
    if (!(error instanceof Error && 'stdout' in error && 'stderr' in error && 'code' in error)) throw error;
    return { status: Number(error.code), out: String(error.stdout), err: String(error.stderr) };
  }
}

/** Reads what was written for the card. */
export function claimFileAt(path: string): ClaimFile {
  return claimFileSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
}

export function requestOf({ claim, box, code }: Pick<ClaimFile, 'claim' | 'box' | 'code'>, csr: string): string {
  return JSON.stringify({ schema: 'claim-request/1', claim, box, csr, proof: claimProof({ claim, box, csr }, code) });
}

export interface Claimer {
  readonly client: MqttClient;
  readonly answers: CertificateAnswer[];
  /** Resolves with the next answer. */
  ask(body: string | Buffer): Promise<CertificateAnswer>;
  end(): Promise<void>;
}

/** At the listener for claims, as the one who holds the claim. */
export async function claimer(centre: RunningCentre, claim: string): Promise<Claimer> {
  const { url, caFile } = centre.claims;
  const client = await connectAsync(url, { protocolVersion: 5, clientId: claim, ca: readFileSync(caFile), reconnectPeriod: 0 });
  client.on('error', () => undefined);
  const answers: CertificateAnswer[] = [];
  client.on('message', (_topic, payload) => answers.push(certificateAnswerSchema.parse(JSON.parse(payload.toString('utf8')))));
  await client.subscribeAsync(claimTopics.answer(claim), { qos: 1 });
  const ask = async (body: string | Buffer) => {
    const before = answers.length;
    await client.publishAsync(claimTopics.request(claim), body, { qos: 1 });
    await until(() => answers.length > before, 'an answer to the claim', 10_000);
    return answers[before] as CertificateAnswer;
  };
  return { client, answers, ask, end: () => client.endAsync(true) };
}
