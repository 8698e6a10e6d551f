/** An HTTP server on the loop-back address, for the tests of fetching: it answers as it is told, and remembers what it was asked. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

export interface Asked {
  url: string;
  headers: IncomingHttpHeaders;
}

export interface ListServer {
  origin: string;
  asked: Asked[];
}

/** Ends with the tests of the file. */
export async function startListServer(answer: (url: URL, response: ServerResponse, asked: Asked) => void): Promise<ListServer> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const one = { url: request.url ?? '', headers: request.headers };
    asked.push(one);
    answer(new URL(one.url, 'http://127.0.0.1'), response, one);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}
