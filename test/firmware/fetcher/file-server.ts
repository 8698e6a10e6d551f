/** An HTTPS server on loopback that asks for client certificates and serves bytes from memory, as honestly or as meanly as a test wants. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HttpsAccess } from '../../../firmware/fetcher/https-source.ts';
import { Certificates } from '../agent/uplink/certificates.ts';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface FileServer {
  access: HttpsAccess;
  /** Where the certificates and keys of `access` lie. */
  credentials: { caFile: string; certFile: string; keyFile: string };
  /** Served where `files` has no such path; undefined: nothing. */
  folder: string | undefined;
  /** What is served, by path. */
  files: Map<string, Buffer>;
  /** In place of an honest answer; undefined: honest. */
  answer: Answer | undefined;
  requests: { path: string; range: string | undefined }[];
  close(): Promise<void>;
}

export async function startFileServer(): Promise<FileServer> {
  const folder = mkdtempSync(join(tmpdir(), 'file-server-'));
  const certificates = new Certificates(folder);
  certificates.authority('ca');
  certificates.sign('server', '/CN=server', 'subjectAltName=IP:127.0.0.1');
  certificates.sign('box', '/CN=box-01', 'extendedKeyUsage=clientAuth');
  const read = (name: string) => readFileSync(join(folder, name));
  const listener = createServer(
    { key: read('server.key'), cert: read('server.pem'), ca: read('ca.pem'), requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      const path = (request.url ?? '').slice(1);
      started.requests.push({ path, range: request.headers.range });
      if (started.answer === undefined) honest(started.files.get(path) ?? fileIn(started.folder, path), request, response);
      else started.answer(request, response);
    },
  ).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const started: FileServer = {
    access: {
      url: `https://127.0.0.1:${(listener.address() as AddressInfo).port}`,
      ca: read('ca.pem'),
      cert: read('box.pem'),
      key: read('box.key'),
    },
    credentials: { caFile: join(folder, 'ca.pem'), certFile: join(folder, 'box.pem'), keyFile: join(folder, 'box.key') },
    folder: undefined,
    files: new Map(),
    answer: undefined,
    requests: [],
    close: async () => {
      listener.closeAllConnections();
      listener.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return started;
}

export function honest(file: Buffer | undefined, request: IncomingMessage, response: ServerResponse): void {
  if (file === undefined) {
    response.writeHead(404).end();
    return;
  }
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (start === 0) response.writeHead(200, { 'content-length': file.length }).end(file);
  else if (start >= file.length) response.writeHead(416).end();
  else
    response
      .writeHead(206, { 'content-length': file.length - start, 'content-range': `bytes ${start}-${file.length - 1}/${file.length}` })
      .end(file.subarray(start));
}

function fileIn(folder: string | undefined, path: string): Buffer | undefined {
  try {
    return folder === undefined ? undefined : readFileSync(join(folder, path));
  } catch {
    return undefined;
  }
}
