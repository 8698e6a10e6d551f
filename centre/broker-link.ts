/**
 * Stays connected to the broker: opens a connection, lets its user begin on it, waits for its end, and opens another one, until told to
 * stop. Every failure ends here as one text for people; none leaves as an exception.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { backoff } from './backoff.ts';
import type { Connection } from './connection.ts';

/** A broker that was restarted is found again within a second; one that is away costs little. */
const firstWaitMs = 250;
const longestWaitMs = 10_000;
/** A connection that lived this long was a success, whatever ended it: the next wait is short again. */
const stableMs = 10_000;
/** How long a goodbye may take. */
const goodbyeMs = 2_000;

const stopped = Symbol('stopped');

export interface LinkParts {
  open(signal: AbortSignal): Promise<Connection>;
  /** Subscribes, says who is there. Where it rejects, the connection is given up. */
  begin(connection: Connection): Promise<void>;
  /** The last words on a connection that is left on purpose. */
  leave?(connection: Connection): Promise<void>;
  problem(text: string): void;
}

/** Resolves once `signal` is aborted and the connection, if any, was ended with a goodbye. Never rejects. */
export async function keepConnected(parts: LinkParts, signal: AbortSignal): Promise<void> {
  let waits = backoff(firstWaitMs, longestWaitMs);
  while (!signal.aborted) {
    const startedMs = performance.now();
    await oneConnection(parts, signal);
    if (performance.now() - startedMs > stableMs) waits = backoff(firstWaitMs, longestWaitMs);
    await sleep(waits.next().value, undefined, { signal }).catch(() => undefined);
  }
}

async function oneConnection(parts: LinkParts, signal: AbortSignal): Promise<void> {
  const stopping = Promise.withResolvers<typeof stopped>();
  const stop = () => stopping.resolve(stopped);
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  let connection: Connection | undefined;
  try {
    connection = await parts.open(signal);
    const begun = await Promise.race([stopping.promise, parts.begin(connection)]);
    const end = begun ?? (await Promise.race([stopping.promise, connection.closed]));
    if (end === stopped) await leave(parts, connection);
    else parts.problem(end);
  } catch (error) {
    if (!signal.aborted) parts.problem(error instanceof Error ? error.message : String(error));
    // Where it is still open it goes with a goodbye: a will would tell the boxes of somebody who never was there.
    if (connection !== undefined) await inTime(connection.end());
  } finally {
    signal.removeEventListener('abort', stop);
    connection?.destroy();
  }
}

async function leave(parts: LinkParts, connection: Connection): Promise<void> {
  await inTime(Promise.resolve(parts.leave?.(connection)).then(() => connection.end()));
}

async function inTime(goodbye: Promise<void>): Promise<void> {
  await Promise.race([goodbye.catch(() => undefined), sleep(goodbyeMs, undefined, { ref: false })]);
}
