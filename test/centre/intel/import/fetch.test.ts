import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Fetcher } from '../../../../centre/intel/import/fetch/fetcher.ts';
import { isPrivateAddress } from '../../../../centre/intel/import/fetch/private-address.ts';
import { type ListServer, startListServer } from './list-server.ts';
import { readNamed, temporaryFolder } from './lists.ts';

const folder = temporaryFolder();
const key = join(folder, 'key');
writeFileSync(key, 'the-key\n');

const other = await startListServer((_, response) => response.end('192.0.2.2\n'));
const server: ListServer = await startListServer((url, response) => {
  const to = (location: string) => response.writeHead(302, { location }).end();
  switch (url.pathname) {
    case '/list.txt':
      return response.end('192.0.2.1\n');
    case '/near':
      return to('/list.txt');
    case '/other':
      return to(`${other.origin}/list.txt`);
    case '/loop':
      return to('/loop');
    case '/file':
      return to('file:///etc/hostname');
    case '/endless':
      response.write('192.0.2.1\n'.repeat(100));
      return setInterval(() => response.write('192.0.2.1\n'.repeat(100_000)), 1).unref();
    case '/slow':
      response.write('192.0.2.1\n');
      return undefined;
    case '/cut':
      response.writeHead(200, { 'content-length': 100 });
      response.write('192.0.2.1\n');
      return setTimeout(() => response.destroy(), 20);
    case '/page':
      return response.end('<html><a href="http://evil.example.com/">log in</a></html>');
    default:
      return response.writeHead(url.pathname === '/denied' ? 403 : 404).end();
  }
});

const limits = { sizeBytes: 1000, timeMs: 5000 };

/** The first address that is asked about is outside, those after it are not. */
function onceOutside(): () => boolean {
  let asked = 0;
  return () => asked++ > 1;
}

const fetched = (path: string, options: Parameters<typeof readNamed>[2] = {}) =>
  readNamed(mkdtempSync(join(folder, 'one-')), `${server.origin}${path}`, { source: 's', ...options });

describe('fetching a list', () => {
  it('takes what the server gives, and follows a redirect', async () => {
    expect((await fetched('/list.txt')).values).toEqual(['address 192.0.2.1']);
    expect((await fetched('/near')).values).toEqual(['address 192.0.2.1']);
  });

  it('sends the key to the server that was named, and to no other', async () => {
    await fetched('/near', { keyFile: key });
    expect(server.asked.slice(-2).map(({ headers }) => headers['auth-key'])).toEqual(['the-key', 'the-key']);
    await fetched('/other', { keyFile: key });
    expect(server.asked.at(-1)?.headers['auth-key']).toBe('the-key');
    expect(other.asked.at(-1)?.headers['auth-key']).toBeUndefined();
    await fetched('/list.txt', { keyFile: key, user: 'me' });
    expect(server.asked.at(-1)?.headers.authorization).toBe(`Basic ${btoa('me:the-key')}`);
  });

  it.each([
    ['/loop', /redirects more than/],
    ['/file', /redirect to file:.* is not followed/],
    ['/missing', /answered 404/],
    ['/denied', /answered 403: give the key/],
    ['/endless', /larger than --size-limit/],
    ['/slow', /longer than --time-limit/],
    ['/cut', /cannot be fetched/],
    ['/page', /web page/],
  ])('gives up on %s in one line, and keeps nothing', async (path, message) => {
    await expect(fetched(path, { timeLimit: 1, sizeLimit: 1 })).rejects.toThrow(message);
  });

  it('does not take a URL with a password in it, nor another scheme', async () => {
    const place = mkdtempSync(join(folder, 'one-'));
    await expect(readNamed(place, server.origin.replace('//', '//me:pw@'))).rejects.toThrow(/--key-file/);
    await expect(readNamed(place, 'file:///etc/hostname')).rejects.toThrow(/no http or https/);
  });

  it.each(['127.0.0.2', '[::ffff:127.0.0.2]', '2130706434', '10.0.0.1', 'localhost'])('is not led from outside to %s', async (host) => {
    // The first server plays one that is outside.
    const isOwn = (address: string) => address !== '127.0.0.1' || host === 'localhost';
    const from = await startListServer((_, response) => response.writeHead(302, { location: `http://${host}:1/` }).end());
    const fetcher = new Fetcher({
      limits,
      credentials: undefined,
      authorities: undefined,
      isOwn: host === 'localhost' ? onceOutside() : isOwn,
    });
    await expect(fetcher.text(from.origin, '*/*')).rejects.toThrow(/redirect into the own network/);
  });

  it('does not send a key over plain HTTP to a server outside', async () => {
    const fetcher = new Fetcher({ limits, credentials: { header: 'Auth-Key', value: 'k' }, authorities: undefined, isOwn: () => false });
    const before = server.asked.length;
    await expect(fetcher.text(`${server.origin}/list.txt`, '*/*')).rejects.toThrow(/a key is not sent over http/);
    expect(server.asked.length).toBe(before);
  });
});

describe('addresses of the own network', () => {
  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.169.254',
    '172.31.0.1',
    '192.168.1.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    'fe80::1%eth0',
    'fd00::1',
    'ff02::1',
    '::ffff:192.168.0.1',
    '64:ff9b::a00:1',
    '2002:a00:1::',
    'nonsense',
  ])('%s is one', (address) => expect(isPrivateAddress(address)).toBe(true));
  it.each(['1.1.1.1', '100.128.0.1', '172.32.0.1', '192.169.0.1', '2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::808:808'])(
    '%s is none',
    (address) => expect(isPrivateAddress(address)).toBe(false),
  );
});
