import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { connect as connectPlain, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FileServer, startFileServer } from '../../../centre/serve/file-server.ts';
import { until } from '../../firmware/agent/uplink/listener.ts';
import { type ClientCredentials, type Credentials, makeCredentials } from './credentials.ts';

const content = randomBytes(3_000_000);
const name = `targets/${createHash('sha256').update(content).digest('hex')}.main-1.vgd`;
let credentials: Credentials;
let server: FileServer;
let box: ClientCredentials;

beforeAll(async () => {
  credentials = await makeCredentials();
  const folder = join(credentials.folder, 'repository');
  for (const part of ['metadata', 'targets']) mkdirSync(join(folder, part), { recursive: true });
  writeFileSync(join(folder, name), content);
  writeFileSync(join(folder, 'metadata/timestamp.json'), '{}');
  writeFileSync(join(credentials.folder, 'secret'), 'secret');
  server = await startFileServer({ folder, ...credentials.files, bind: '127.0.0.1', port: 0, log: pino({ level: 'silent' }) });
  box = await credentials.client('box-one');
});
afterAll(() => server.close());

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

function get(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
  client: ClientCredentials | undefined = box,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: server.port, path, method, headers, ca: credentials.ca, agent: false, ...client };
    const asked = request(options, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) }));
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}

const open = (client: ClientCredentials) =>
  new Promise<TLSSocket>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: server.port, ca: credentials.ca, ...client }, () => resolve(socket));
    socket.on('error', reject);
  });

const openFiles = () => readdirSync('/proc/self/fd').length;

describe('a box', () => {
  test('gets a file whole, in parts that fit together, or not again', async () => {
    const whole = await get(`/${name}`);
    expect(whole.status).toBe(200);
    expect(whole.body.equals(content)).toBe(true);
    const etag = String(whole.headers.etag);
    const first = await get(`/${name}`, { range: 'bytes=0-999999' });
    const rest = await get(`/${name}`, { range: 'bytes=1000000-', 'if-range': etag });
    expect([first.status, rest.status]).toEqual([206, 206]);
    expect(Buffer.concat([first.body, rest.body]).equals(content)).toBe(true);
    const again = await get(`/${name}`, { 'if-none-match': etag });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    const head = await get(`/${name}`, {}, 'HEAD');
    expect([head.status, head.body.length, head.headers['content-length']]).toEqual([200, 0, String(content.length)]);
  });

  test('gets nothing beside the repository, and may not write', async () => {
    for (const path of [
      '/',
      '/metadata/',
      '/../secret',
      '/metadata/../../secret',
      '/metadata/%2e%2e/%2e%2e/secret',
      '/metadata/2.root.json',
    ])
      expect((await get(path)).status, path).toBe(404);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']) {
      const answer = await get('/metadata/timestamp.json', {}, method);
      expect([answer.status, answer.headers.allow], method).toEqual([405, 'GET, HEAD']);
    }
  });
});

describe('the door', () => {
  test('stays shut for whoever has no certificate, or one of another authority', async () => {
    await expect(get('/metadata/timestamp.json', {}, 'GET', { cert: '', key: '' })).rejects.toThrow();
    const foreign = await credentials.client('box-two', true);
    await expect(get('/metadata/timestamp.json', {}, 'GET', foreign)).rejects.toThrow();
    expect((await get('/metadata/timestamp.json')).status).toBe(200);
  });

  test('shuts for a box that was revoked, within seconds, also where it is connected', async () => {
    const thief = await credentials.client('box-thief');
    expect((await get('/metadata/timestamp.json', {}, 'GET', thief)).status).toBe(200);
    const socket = await open(thief);
    let isClosed = false;
    socket.on('close', () => {
      isClosed = true;
    });
    await credentials.revoke('box-thief');
    await until(() => isClosed, 'the connection is shut', 15_000);
    await expect(get('/metadata/timestamp.json', {}, 'GET', thief)).rejects.toThrow();
    expect((await get('/metadata/timestamp.json')).status).toBe(200);
  }, 20_000);

  test('lets a box have a few connections at a time, and others go on', async () => {
    const greedy = await credentials.client('box-greedy');
    const sockets = await Promise.all(Array.from({ length: 8 }, () => open(greedy)));
    for (const socket of sockets) socket.resume();
    await until(() => sockets.filter(({ destroyed }) => destroyed).length >= 4, 'the rest is shut');
    expect(sockets.filter(({ destroyed }) => destroyed).length).toBe(4);
    expect((await get('/metadata/timestamp.json')).status).toBe(200);
    for (const socket of sockets) socket.destroy();
  });

  test('shuts for a box that asks for thousands of files at once and reads none', async () => {
    const greedy = await credentials.client('box-pipeline');
    const socket = await open(greedy);
    let isClosed = false;
    socket
      .on('error', () => undefined)
      .on('close', () => {
        isClosed = true;
      });
    const before = openFiles();
    socket.write(`GET /${name} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(2_000));
    await until(() => isClosed || socket.resume().destroyed, 'the connection is shut');
    expect(openFiles()).toBeLessThan(before + 20);
    expect((await get('/metadata/timestamp.json')).status).toBe(200);
  });

  test('is not blocked by one address that opens connections and says nothing', async () => {
    const sockets: Socket[] = [];
    let shut = 0;
    for (let count = 0; count < 450; count++) {
      const socket = connectPlain({ host: '127.0.0.1', port: server.port, localAddress: '127.0.0.77' });
      sockets.push(socket.on('error', () => undefined).on('close', () => shut++));
    }
    await until(() => shut >= 50, 'those beyond the limit are shut');
    expect((await get('/metadata/timestamp.json')).status).toBe(200);
    for (const socket of sockets) socket.destroy();
    expect(shut).toBeLessThan(100);
  });
});
