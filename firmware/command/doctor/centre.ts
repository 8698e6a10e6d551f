/**
 * The link to the centre -> how far it goes: the name, the connection (through the proxy where there is one), TLS, the broker's answer to
 * CONNECT. Talks to the configured broker and nobody else, publishes nothing, and never takes the connection of a box at work: the broker
 * gives a client certificate one session only, so with one the check ends before CONNECT.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openConnection } from '../../agent/uplink/connection.ts';
import { type FaultKind, faultOf, LinkFault } from '../../agent/uplink/link-fault.ts';
import { brokerOf, type UplinkOptions } from '../../agent/uplink/options.ts';
import { openStream } from '../../agent/uplink/stream.ts';
import { type Finding, finding } from './finding.ts';

const stepTimeoutMs = 5_000;
/** With TLS 1.3 the broker says what it thinks of our certificate only after the handshake (RFC 8446 §4.4.2): it is given so long. */
const verdictMs = 500;

export async function checkCentre(box: string, options: UplinkOptions | undefined): Promise<Finding[]> {
  if (options === undefined) return [finding('centre.none')];
  const { host, port } = brokerOf(options.url);
  const startMs = performance.now();
  const quick = { ...options, connectTimeoutMs: Math.min(options.connectTimeoutMs, stepTimeoutMs) };
  try {
    const ms = options.certFile === undefined ? await greet(box, quick, startMs) : await shakeHands(quick, startMs);
    return [finding('centre.ok', { url: `${new URL(options.url).protocol}//${host}:${port}`, ms })];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [findingOf(error instanceof LinkFault ? error.kind : 'broker', { host, port, reason })];
  }
}

/** Resolves with the time it took, in ms. */
async function greet(box: string, options: UplinkOptions, startMs: number): Promise<number> {
  const identity = { clientId: `${box}-doctor-${randomBytes(3).toString('hex')}` };
  const connection = await openConnection(options, identity, AbortSignal.timeout(options.connectTimeoutMs * 3));
  const ms = Math.round(performance.now() - startMs);
  await connection.end();
  return ms;
}

async function shakeHands(options: UplinkOptions, startMs: number): Promise<number> {
  const { stream, route } = await openStream(options, AbortSignal.timeout(options.connectTimeoutMs * 2));
  const ms = Math.round(performance.now() - startMs);
  try {
    await Promise.race([
      sleep(verdictMs, undefined, { ref: false }),
      new Promise((_, reject) => {
        stream.once('error', (error) => reject(faultOf(error, route)));
        stream.once('end', () => reject(new LinkFault('broker', 'the broker closed the connection after the handshake')));
        stream.resume();
      }),
    ]);
    return ms;
  } finally {
    stream.destroy();
  }
}

function findingOf(kind: FaultKind, { host, port, reason }: { host: string; port: number; reason: string }): Finding {
  switch (kind) {
    case 'file':
      return finding('centre.file', { reason });
    case 'name':
      return finding('centre.name', { host, reason });
    case 'unreachable':
      return finding('centre.unreachable', { host, port, reason });
    case 'proxy':
      return finding('centre.proxy', { reason });
    case 'tls':
      return finding('centre.tls', { reason });
    case 'broker':
      return /refused/i.test(reason) ? finding('centre.refused', { reason }) : finding('centre.no-mqtt', { host, port, reason });
  }
}
