import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DownloadParts, download } from '../../../firmware/fetcher/download.ts';
import { FolderSource } from '../../../firmware/fetcher/folder-source.ts';
import { HttpsSource } from '../../../firmware/fetcher/https-source.ts';
import { SourceFault } from '../../../firmware/fetcher/source.ts';
import { Random } from '../../fuzz/random.ts';
import { type FileServer, startFileServer } from './file-server.ts';

const content = Buffer.from(new Random(7).bytes(300_000));
const wanted = { path: 'targets/release.bin', lengthBytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };

describe('a download', { timeout: 20_000 }, () => {
  let server: FileServer;
  let source: HttpsSource;
  let folder: string;
  let file: string;

  beforeAll(async () => {
    server = await startFileServer();
    source = new HttpsSource(server.access);
  });
  afterAll(async () => {
    source.close();
    await server.close();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'download-'));
    file = join(folder, 'below', 'release');
    server.files.set(wanted.path, content);
    server.answer = undefined;
    server.requests.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const fetchIt = (change: Partial<DownloadParts> = {}) =>
    download({ source, wanted, file, bytesPerSecondMax: 1e9, signal: new AbortController().signal, ...change });
  const faultOf = (work: Promise<unknown>) =>
    work.then(
      () => expect.fail('it was taken'),
      (error: unknown) => {
        expect(error).toBeInstanceOf(SourceFault);
        return (error as SourceFault).code;
      },
    );

  it('brings the file that was signed, from a server and from a folder, and does not fetch it twice', async () => {
    expect(await fetchIt()).toBe(content.length);
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(await fetchIt()).toBe(0);
    const stick = join(folder, 'stick');
    mkdirSync(join(stick, 'targets'), { recursive: true });
    writeFileSync(join(stick, wanted.path), content);
    const copy = join(folder, 'copy');
    await fetchIt({ source: new FolderSource(stick), file: copy });
    expect(readFileSync(copy).equals(content)).toBe(true);
  });

  it('goes on where the line broke, and asks for nothing that it has', async () => {
    server.answer = (_, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 100_000), () => response.destroy());
    };
    expect(await faultOf(fetchIt())).toBe('broken');
    server.answer = undefined;
    const fetched = await fetchIt();
    expect(fetched).toBeGreaterThan(0);
    expect(fetched).toBeLessThan(content.length);
    expect(server.requests.at(-1)?.range).toBe(`bytes=${content.length - fetched}-`);
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  it('begins anew where the server cannot begin in the middle', async () => {
    mkdirSync(join(folder, 'below'));
    writeFileSync(`${file}.part`, Buffer.alloc(1000));
    server.answer = (_, response) => response.writeHead(200).end(content);
    expect(await fetchIt()).toBe(content.length);
  });

  it('begins anew at once where what a former try has left is not of the file', async () => {
    mkdirSync(join(folder, 'below'));
    writeFileSync(`${file}.part`, Buffer.alloc(1000));
    let bytes = 0;
    const fetched = await fetchIt({
      onBytes: (count) => {
        bytes = count;
      },
    });
    expect([fetched, bytes]).toEqual([2 * content.length - 1000, 2 * content.length - 1000]);
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  it('throws away what is not the file that was signed, and takes the right one the next time', async () => {
    server.files.set(wanted.path, Buffer.alloc(content.length));
    expect(await faultOf(fetchIt())).toBe('broken');
    expect(existsSync(file)).toBe(false);
    server.files.set(wanted.path, content);
    expect(await fetchIt()).toBe(content.length);
  });

  it('takes not a byte more than was signed from a server that never ends', async () => {
    let sent = 0;
    server.answer = (_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(content)) sent += content.length;
        if (!response.destroyed) response.once('drain', more);
      };
      response.writeHead(200);
      more();
    };
    expect(await faultOf(fetchIt())).toBe('too-long');
    expect(existsSync(`${file}.part`)).toBe(false);
    // What lay in the buffers of both sides; the rest was never asked for.
    expect(sent).toBeLessThan(50 * content.length);
  });

  it('keeps to its share of the line', async () => {
    const startMs = performance.now();
    await fetchIt({ bytesPerSecondMax: 400_000 });
    const seconds = (performance.now() - startMs) / 1000;
    expect(seconds).toBeGreaterThan(0.7);
    expect(seconds).toBeLessThan(3);
  });

  it('says whether a file is not there, was refused, or nobody answers', async () => {
    expect(await faultOf(fetchIt({ wanted: { ...wanted, path: 'targets/other.bin' } }))).toBe('absent');
    server.answer = (_, response) => response.writeHead(403).end();
    expect(await faultOf(fetchIt())).toBe('refused');
    server.answer = (_, response) => response.writeHead(302, { location: 'https://127.0.0.1:9/' }).end();
    expect(await faultOf(fetchIt())).toBe('refused');
    const nobody = new HttpsSource({ ...server.access, url: 'https://127.0.0.1:9' });
    expect(await faultOf(fetchIt({ source: nobody }))).toBe('unreachable');
    const { cert: _cert, key: _key, ...stranger } = server.access;
    expect(await faultOf(fetchIt({ source: new HttpsSource(stranger) }))).toBe('unreachable');
  });

  it.each(['../secret', '/etc/passwd', 'a//b', 'a/../b', 'a?b', 'a%2e', '.hidden', ''])('asks no source for %j', async (path) => {
    server.requests.length = 0;
    expect(await faultOf(fetchIt({ wanted: { ...wanted, path } }))).toBe('refused');
    expect(await faultOf(fetchIt({ wanted: { ...wanted, path }, source: new FolderSource(folder) }))).toBe('refused');
    expect(server.requests).toEqual([]);
  });
});
