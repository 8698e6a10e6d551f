/** `vonggac-centre ingest`, once its options are read: opens the store, starts one ingest, and stops it in order at a signal. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { plain } from '../../firmware/contract/language.ts';
import { backoff } from '../backoff.ts';
import { UserError } from '../command/user-error.ts';
import type { BrokerAccess } from '../connection.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { StoreError, type StoreErrorCode } from '../store/store-error.ts';
import { Ingest } from './ingest.ts';
import { type Limits, limitsSchema } from './notice/limits.ts';

/** What may pass by itself: a server that starts later than we do, a disk that somebody makes room on. */
const passing = new Set<StoreErrorCode>(['server.unreachable', 'database.busy', 'database.full']);
const firstWaitMs = 500;
const longestWaitMs = 10_000;
const textCharactersMax = 1_000;

export interface IngestCommand {
  access: BrokerAccess;
  store: string;
  name?: string;
  limits?: string;
  keepDays: number;
  brokerLog?: boolean;
}

/** Resolves once the process was told to stop and has stopped. Rejects with a `UserError` or `StoreError` where it cannot begin. */
export async function runIngest(command: IngestCommand): Promise<void> {
  const limits = readLimits(command.limits);
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  process.once('SIGTERM', stop).once('SIGINT', stop);
  const log = pino({ base: null });
  const say = (text: string) => void process.stderr.write(`vonggac-centre: ${plain(text, textCharactersMax)}\n`);
  const store = await openPatiently(command.store, say, stopping.signal);
  if (store === undefined) return;
  const { access, keepDays, brokerLog: isBrokerLogWanted = false } = command;
  // With a dot, which no id of a box has: else a service could put out a box of that name.
  const clientId = `centre.${command.name ?? `ingest-${randomBytes(6).toString('hex')}`}`;
  await new Ingest({ access, clientId, store, limits, keepDays, isBrokerLogWanted, log, say }).run(stopping.signal);
  // A store that hangs would keep the process alive.
  process.exit(0);
}

/** Undefined where the process was told to stop before the store could be opened. */
async function openPatiently(location: string, say: (text: string) => void, signal: AbortSignal): Promise<Store | undefined> {
  let said: StoreErrorCode | undefined;
  const waits = backoff(firstWaitMs, longestWaitMs);
  while (!signal.aborted) {
    try {
      return await openStore(location);
    } catch (error) {
      if (!(error instanceof StoreError) || !passing.has(error.code)) throw error;
      if (error.code !== said) say(error.message);
      said = error.code;
    }
    await sleep(waits.next().value, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}

function readLimits(file: string | undefined): Limits {
  if (file === undefined) return limitsSchema.parse({});
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UserError(`--limits ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const limits = limitsSchema.safeParse(json);
  if (limits.success) return limits.data;
  const issue = limits.error.issues[0];
  throw new UserError(`--limits ${file}: ${issue?.path.join('.') || 'the file'}: ${issue?.message ?? ''}`);
}
