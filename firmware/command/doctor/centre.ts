/**
 * The link to the centre -> how far it goes: the name, the TCP connection, the broker's answer to CONNECT. Talks to the configured broker and
 * nobody else, publishes nothing, and connects under a name of its own, so that a box at work keeps its connection.
 */
import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { connect, isIP } from 'node:net';
import { openConnection } from '../../agent/uplink/connection.ts';
import type { UplinkOptions } from '../../agent/uplink/options.ts';
import { type Finding, finding } from './finding.ts';

const stepTimeoutMs = 5_000;
const defaultPorts: Readonly<Record<string, number>> = { 'mqtt:': 1883, 'mqtts:': 8883, 'ws:': 80, 'wss:': 443 };

export async function checkCentre(box: string, options: UplinkOptions | undefined): Promise<Finding[]> {
  if (options === undefined) return [finding('centre.none')];
  const url = new URL(options.url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (defaultPorts[url.protocol] ?? 0) : Number(url.port);
  try {
    if (isIP(host) === 0) await within(lookup(host), 'no answer');
  } catch (error) {
    return [finding('centre.name', { host, reason: reasonOf(error) })];
  }
  try {
    await reach(host, port);
  } catch (error) {
    return [finding('centre.unreachable', { host, port, reason: reasonOf(error) })];
  }
  return [await greet(box, options, { host, port })];
}

async function greet(box: string, options: UplinkOptions, at: { host: string; port: number }): Promise<Finding> {
  const startMs = performance.now();
  const connectTimeoutMs = Math.min(options.connectTimeoutMs, stepTimeoutMs);
  const identity = { clientId: `${box}-doctor-${randomBytes(3).toString('hex')}` };
  try {
    const connection = await openConnection({ ...options, connectTimeoutMs }, identity, AbortSignal.timeout(connectTimeoutMs * 2));
    const ms = Math.round(performance.now() - startMs);
    await connection.end();
    return finding('centre.ok', { url: `${new URL(options.url).protocol}//${at.host}:${at.port}`, ms });
  } catch (error) {
    const reason = reasonOf(error);
    if (error instanceof Error && 'path' in error) return finding('centre.file', { reason });
    if (/certificate|self.signed|TLS|SSL|EPROTO|key values|PEM/i.test(reason)) return finding('centre.tls', { reason });
    if (/Connection refused: (?!Unsupported|Unacceptable)/i.test(reason)) return finding('centre.refused', { reason });
    return finding('centre.no-mqtt', { ...at, reason });
  }
}

/** Resolves once a TCP connection was opened, which is closed at once. */
function reach(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: stepTimeoutMs });
    const end = (error?: Error) => {
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    socket.once('connect', () => end());
    socket.once('timeout', () => end(new Error('no answer')));
    socket.once('error', end);
  });
}

async function within<T>(work: Promise<T>, otherwise: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(otherwise)), stepTimeoutMs);
  });
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** With several addresses to try, Node reports an error with an empty message; its code still says what happened. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : error.name;
}
