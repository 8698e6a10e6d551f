/**
 * The centre's HTTPS server (or whatever stands in front of it) -> files of the repository. One connection that is kept open; the client certificate is
 * that of the box; the only authority trusted is the one of the claim. Follows no redirection.
 */
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { checkPath, type Opened, type Source, SourceFault } from './source.ts';

/** For the way to the server, TLS included, and for its answer. */
const answerTimeoutMs = 15_000;
/** Without a single byte for so long the connection is given up. */
const silenceTimeoutMs = 20_000;

export interface HttpsAccess {
  /** Of the repository; ends without `/`. */
  url: string;
  ca?: Buffer;
  cert?: Buffer;
  key?: Buffer;
}

export class HttpsSource implements Source {
  readonly name: string;
  readonly #agent: Agent;

  constructor({ url, ca, cert, key }: HttpsAccess) {
    this.name = url;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: 1,
      minVersion: 'TLSv1.3',
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
  }

  async open(path: string, start: number, signal: AbortSignal): Promise<Opened> {
    checkPath(path);
    const url = `${this.name}/${path}`;
    const response = await this.#ask(url, start, signal);
    const { statusCode = 0 } = response;
    if (statusCode === 200) return { start: 0, bytes: response };
    if (statusCode === 206 && response.headers['content-range']?.startsWith(`bytes ${start}-`)) return { start, bytes: response };
    response.resume();
    // 416: what is there is not longer than what we have.
    if (statusCode === 416) return { start, bytes: nothing() };
    if (statusCode === 404 || statusCode === 410) throw new SourceFault('absent', `${url} is not there (status ${statusCode})`);
    throw new SourceFault('refused', `${url} was refused (status ${statusCode})`);
  }

  close(): void {
    this.#agent.destroy();
  }

  #ask(url: string, start: number, signal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers = { accept: '*/*', 'accept-encoding': 'identity', ...(start === 0 ? {} : { range: `bytes=${start}-` }) };
      const asked = request(url, { agent: this.#agent, headers, signal });
      const late = setTimeout(
        () => asked.destroy(new SourceFault('too-slow', `${url}: no answer within ${answerTimeoutMs / 1000} s`)),
        answerTimeoutMs,
      );
      asked.once('response', (response) => {
        clearTimeout(late);
        response.setTimeout(silenceTimeoutMs, () =>
          response.destroy(new SourceFault('too-slow', `${url}: silent for ${silenceTimeoutMs / 1000} s`)),
        );
        resolve(response);
      });
      asked.on('error', (error) => {
        clearTimeout(late);
        reject(
          error instanceof SourceFault
            ? error
            : new SourceFault('unreachable', `${url}: ${error.message || String('code' in error ? error.code : error)}`),
        );
      });
      asked.end();
    });
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
