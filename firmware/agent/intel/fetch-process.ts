/**
 * Runs the fetching of a release in a process of its own: what TUF, HTTPS and unpacking need in memory is gone with it, a fault in it is not one of the agent, and
 * killing it at any moment costs nothing but time.
 */
import { fork } from 'node:child_process';
import { type FetchFaultCode, type FetchOrder, fetchNewsSchema } from '../../contract/fetch-order.ts';
import type { Release } from '../../contract/intelligence-message.ts';

/** A release over a thin line may take hours; a process that says nothing for so long hangs. */
const silenceMs = 180_000;

/** Its message is fit for people. */
export class FetchFault extends Error {
  override readonly name = 'FetchFault';
  readonly code: FetchFaultCode;

  constructor(code: FetchFaultCode, message: string) {
    super(message);
    this.code = code;
  }
}

export interface FetchEvents {
  onBytes?: (fetched: number) => void;
}

export interface Fetched {
  release: Release;
  /** Compiled set, below the folder of the order. */
  file: string;
  fetched: number;
}

export type Fetch = (order: FetchOrder, signal: AbortSignal, events?: FetchEvents) => Promise<Fetched>;

/** `program`: of the fetcher. The fetch resolves with the file of the compiled set, whole and verified, and rejects with a `FetchFault`. */
export function fetchBy(program: string): Fetch {
  return (order, signal, { onBytes } = {}) =>
    new Promise((resolve, reject) => {
      const child = fork(program, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      let silent = setTimeout(() => child.kill('SIGKILL'), silenceMs);
      const stop = () => child.kill('SIGKILL');
      signal.addEventListener('abort', stop, { once: true });
      let end: (() => void) | undefined;
      child.on('message', (message) => {
        const news = fetchNewsSchema.safeParse(message).data;
        clearTimeout(silent);
        silent = setTimeout(stop, silenceMs);
        if (news?.type === 'bytes') onBytes?.(news.fetched);
        else if (news?.type === 'done') end = () => resolve(news);
        else if (news?.type === 'failed') end = () => reject(new FetchFault(news.code, news.reason));
      });
      child.on('error', (error) => {
        end = () => reject(new FetchFault('died', error.message));
      });
      child.once('close', (code, killedBy) => {
        clearTimeout(silent);
        signal.removeEventListener('abort', stop);
        if (end !== undefined) end();
        else reject(new FetchFault('died', `the fetching ended with ${killedBy ?? `status ${code}`}`));
      });
      child.send(order, (error) => {
        if (error) stop();
      });
      if (signal.aborted) stop();
    });
}
