/**
 * Serves the files of the repository by HTTPS to boxes: whoever has a certificate of the boxes' authority that was not revoked may read, nobody may write. Holds
 * out against clients that are slow, many or silent. Knows nothing of what the files mean.
 */
import { constants } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Logger } from 'pino';
import { ConnectionLimits } from './connection-limits.ts';
import { answerFor, repositoryFile } from './file-answer.ts';

/** A box asks in one breath. */
const headersTimeoutMs = 10_000;
const handshakeTimeoutMs = 10_000;
const keepAliveMs = 15_000;
/** A box on a thin line takes hours for a release, but never stands still for so long. */
const stallTimeoutMs = 60_000;
/** Four of each box of a province; one that stands still in the middle of a file costs half a megabyte, so that all of them fit into memory. */
const connectionsMax = 1_200;
const headerBytesMax = 8_192;
/** How often certificate, authority and list of revoked ones are looked at. */
const rereadMs = 5_000;

export interface FileServerParts {
  /** `metadata` and `targets` lie below. */
  folder: string;
  certFile: string;
  keyFile: string;
  /** Signs the boxes. */
  clientAuthorityFile: string;
  /** Certificates that it took back; absent: there is no such list. */
  revokedFile?: string;
  bind?: string;
  port: number;
  log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

export interface FileServer {
  port: number;
  close(): Promise<void>;
}

interface Credentials {
  options: Pick<ServerOptions, 'cert' | 'key' | 'ca' | 'crl'>;
  /** Changes when one of the files does. */
  stamp: string;
}

/** Rejects with what the system says where a file is missing or the port is taken. */
export async function startFileServer(parts: FileServerParts): Promise<FileServer> {
  let credentials = readCredentials(parts);
  const server = createServer(
    {
      ...credentials.options,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
      // A session that is taken up again is not checked against the list of revoked certificates.
      secureOptions: constants.SSL_OP_NO_TICKET,
      handshakeTimeout: handshakeTimeoutMs,
      headersTimeout: headersTimeoutMs,
      requestTimeout: headersTimeoutMs,
      keepAliveTimeout: keepAliveMs,
      maxHeaderSize: headerBytesMax,
      insecureHTTPParser: false,
    },
    (request, response) => {
      if (!limits.begin(request.socket)) return;
      response.once('close', () => limits.done(request.socket));
      void answer(parts, limits.boxAt(request.socket), request, response);
    },
  );
  server.maxConnections = connectionsMax;
  server.setTimeout(stallTimeoutMs, (socket) => socket.destroy());
  const limits = new ConnectionLimits(server, parts.log);
  server.on('tlsClientError', (error, socket) => {
    parts.log.warn({ remote: socket.remoteAddress, reason: error.message.slice(0, 200) }, 'a client was turned away');
  });
  const reread = setInterval(() => {
    try {
      if (stampOf(parts) === credentials.stamp) return;
      credentials = readCredentials(parts);
      server.setSecureContext(credentials.options);
      // Whoever was taken back may be among them; the others come again and go on where they were.
      server.closeAllConnections();
      parts.log.info('certificates were read anew');
    } catch (error) {
      parts.log.error({ reason: reasonOf(error) }, 'certificates could not be read anew; those before stay in force');
    }
  }, rereadMs);
  reread.unref();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(parts.port, parts.bind, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        clearInterval(reread);
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const pathsOf = ({ certFile, keyFile, clientAuthorityFile, revokedFile }: FileServerParts) => [
  certFile,
  keyFile,
  clientAuthorityFile,
  ...(revokedFile === undefined ? [] : [revokedFile]),
];

function stampOf(parts: FileServerParts): string {
  return pathsOf(parts)
    .map((path) => statSync(path))
    .map(({ ino, size, mtimeMs }) => `${ino}-${size}-${mtimeMs}`)
    .join(' ');
}

function readCredentials(parts: FileServerParts): Credentials {
  const stamp = stampOf(parts);
  const [cert, key, ca, crl] = pathsOf(parts).map((path) => readFileSync(path, 'utf8'));
  return { stamp, options: { cert, key, ca, ...(crl === undefined ? {} : { crl }) } };
}

async function answer(parts: FileServerParts, box: string | undefined, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const startedMs = performance.now();
  let bytes = 0;
  try {
    bytes = await send(parts.folder, request, response);
  } catch (error) {
    // A client that went away is no fault of ours.
    if (!response.headersSent && !response.destroyed) plainAnswer(response, 500, 'cannot be read');
    else response.destroy();
    if (!isGone(error)) parts.log.error({ reason: reasonOf(error) }, 'a file could not be sent');
  }
  parts.log.info({
    box,
    method: request.method,
    target: request.url?.slice(0, 200),
    status: response.statusCode,
    bytes,
    isWhole: response.writableFinished,
    ms: Math.round(performance.now() - startedMs),
  });
}

/** Resolves with the number of bytes once all are on their way. */
async function send(folder: string, request: IncomingMessage, response: ServerResponse): Promise<number> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    // Whatever it wants to send is not waited for.
    response.setHeader('Connection', 'close');
    return plainAnswer(response, 405, 'GET and HEAD only');
  }
  const file = repositoryFile(request.url ?? '');
  const handle = file === undefined ? undefined : await openFile(join(folder, file.path));
  if (file === undefined || handle === undefined) return plainAnswer(response, 404, 'no such file');
  try {
    const stat = await handle.stat();
    const facts = { sizeBytes: stat.size, modifiedMs: stat.mtimeMs, inode: stat.ino };
    const { range, 'if-range': ifRange, 'if-none-match': ifNoneMatch } = request.headers;
    const { status, headers, span } = answerFor(file, facts, { range, ifRange: ifRange?.toString(), ifNoneMatch });
    response.writeHead(status, headers);
    if (span === undefined || request.method === 'HEAD') {
      response.end();
      return 0;
    }
    await pipeline(handle.createReadStream({ start: span.first, end: span.last, autoClose: false }), response);
    return span.last - span.first + 1;
  } finally {
    await handle.close();
  }
}

/** Undefined where there is no such file. */
async function openFile(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw error;
  }
}

function plainAnswer(response: ServerResponse, status: number, text: string): number {
  const body = `${text}\n`;
  response.writeHead(status, { 'Content-Type': 'text/plain', 'Content-Length': body.length, 'Cache-Control': 'no-store' });
  response.end(body);
  return body.length;
}

function isGone(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET' || code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
