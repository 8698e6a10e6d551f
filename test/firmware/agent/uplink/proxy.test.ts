import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { afterTest, brokerOf, centreOf, connected, folderOf, portOf, serverOf, uplinkOf } from './bench.ts';
import { Certificates } from './certificates.ts';
import { until } from './listener.ts';
import { TestOutbox } from './test-outbox.ts';

/** A proxy that opens a way to wherever it is asked, with a user name where one is given. */
async function proxyOf(asked: string[], credentials?: string): Promise<number> {
  const wanted = credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`;
  const answer = (socket: Socket, head: string) => {
    asked.push(head);
    const [, host = '', port = ''] = /^CONNECT (\S+):(\d+) HTTP\/1\.1\r\n/.exec(head) ?? [];
    const given = /^proxy-authorization: (.*)$/im.exec(head)?.[1];
    if (wanted !== undefined && given !== wanted) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const target = connect(Number(port), host.replace(/[[\]]/g, ''), () => {
      // In pieces, as a slow proxy would.
      socket.write('HTTP/1.1 200 Connection');
      setTimeout(() => {
        socket.write(' established\r\nVia: 1.1 test\r\n\r\n');
        socket.pipe(target).pipe(socket);
      }, 20);
    });
    target.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    socket.on('close', () => target.destroy());
  };
  return await serverOf((socket) => socket.once('data', (head) => answer(socket, head.toString('latin1'))));
}

async function errorOf(options: object): Promise<string> {
  const uplink = uplinkOf({ url: 'mqtt://broker.invalid:8883', connectTimeoutMs: 400, ...options });
  await until(() => uplink.state.lastError !== undefined, 'an error');
  expect(uplink.state.connections).toBe(0);
  await uplink.stop();
  return uplink.state.lastError ?? '';
}

describe('an uplink through a proxy', { timeout: 20_000 }, () => {
  it('asks for the broker, and delivers', async () => {
    const broker = await brokerOf();
    const centre = await centreOf(broker.url);
    const asked: string[] = [];
    const port = await proxyOf(asked);
    const outbox = new TestOutbox();
    for (let index = 0; index < 100; index++) outbox.append('alert');
    const uplink = uplinkOf({ url: broker.url, proxy: `http://127.0.0.1:${port}` }, outbox);
    expect(await uplink.drained(5_000)).toBe(true);
    expect(centre.times).toBe(100);
    expect(asked[0]).toMatch(
      new RegExp(`^CONNECT 127\\.0\\.0\\.1:${broker.port} HTTP/1\\.1\r\nhost: 127\\.0\\.0\\.1:${broker.port}\r\n`, 'i'),
    );
    expect(asked[0]).not.toMatch(/authorization/i);
  });

  it('lasts longer than the time that it had to get through', async () => {
    const broker = await brokerOf();
    const uplink = uplinkOf({ url: broker.url, proxy: `http://127.0.0.1:${await proxyOf([])}`, connectTimeoutMs: 300 });
    await connected(uplink);
    await sleep(700);
    expect(uplink.state).toMatchObject({ connections: 1 });
    expect(uplink.state.lastError).toBeUndefined();
  });

  it('gives its name and password, from the URL or from a file, and says what a 407 asks for', async () => {
    const broker = await brokerOf();
    const asked: string[] = [];
    const port = await proxyOf(asked, 'me:p@ss word');
    const secret = join(folderOf(), 'secret');
    writeFileSync(secret, 'p@ss word\r\nsecond line\n');
    await connected(uplinkOf({ url: broker.url, proxy: `http://me:p%40ss%20word@127.0.0.1:${port}` }));
    await connected(uplinkOf({ url: broker.url, proxy: `http://me@127.0.0.1:${port}`, proxyPasswordFile: secret }));
    expect(await errorOf({ url: broker.url, proxy: `http://me:wrong@127.0.0.1:${port}` })).toBe(
      `the proxy answered 407 Proxy Authentication Required (127.0.0.1:${port}); set user name and password in proxy (or proxyPasswordFile)`,
    );
    expect(await errorOf({ proxy: 'http://me@127.0.0.1:1', proxyPasswordFile: `${secret}.absent` })).toMatch(/absent does not exist/);
  });

  it('checks the broker’s certificate and name behind it: the proxy is no authority', async () => {
    const made = new Certificates(folderOf());
    made.authority('ca');
    made.sign('broker', '/CN=broker', 'subjectAltName=DNS:broker.example');
    const names: (string | false | null)[] = [];
    const server = createTlsServer({ cert: readFileSync(made.at('broker.pem')), key: readFileSync(made.at('broker.key')) }, (socket) => {
      names.push(socket.servername ?? '');
      socket.on('error', () => undefined).end();
    });
    afterTest(() => server.close());
    const target = await portOf(server);
    const proxy = `http://127.0.0.1:${await proxyOf([])}`;
    const options = { url: `mqtts://127.0.0.1:${target}`, proxy, caFile: made.at('ca.pem'), connectTimeoutMs: 3_000 };
    expect(await errorOf({ ...options, serverName: 'other.example' })).toMatch(/is for DNS:broker\.example, not for other\.example/);
    expect(await errorOf({ ...options, caFile: undefined, serverName: 'broker.example' })).toMatch(
      /is not from an authority that this machine trusts/,
    );
    expect(await errorOf({ ...options, serverName: 'broker.example' })).toMatch(/closed the connection without a greeting/);
    expect(names).toContain('broker.example');
  });

  it('says in one sentence why there is no way', async () => {
    const proxyThat = async (talk: (socket: Socket) => void) => ({ proxy: `http://127.0.0.1:${await serverOf(talk)}` });
    const says = (text: string) => proxyThat((socket) => socket.once('data', () => socket.end(text)));
    expect(await errorOf(await says('HTTP/1.1 403 Forb\x1b[2Jidden\r\n\r\n'))).toMatch(
      /^the proxy answered 403|does not answer as an HTTP proxy/,
    );
    expect(await errorOf(await says('HTTP/1.0 502 Bad Gateway\r\nContent-Length: 4\r\n\r\noops'))).toMatch(
      /^the proxy answered 502 Bad Gateway \(127\.0\.0\.1:\d+\); it cannot reach the broker$/,
    );
    expect(await errorOf(await says('HTTP/1.1 301 Moved\r\nLocation: http://x/\r\n\r\n'))).toMatch(
      /^the proxy answered 301 Moved \(127\.0\.0\.1:\d+\)$/,
    );
    expect(await errorOf(await says('SSH-2.0-other\r\n'))).toMatch(/does not answer as an HTTP proxy does: .+ \(HPE_[A-Z_]+\)$/);
    const endless = (socket: Socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const more = setInterval(() => socket.write(`X: ${'x'.repeat(1_000)}\r\n`), 1);
      socket.on('close', () => clearInterval(more));
    };
    expect(await errorOf({ ...(await proxyThat(endless)), connectTimeoutMs: 5_000 })).toMatch(
      /does not answer as an HTTP proxy does: .* \(HPE_HEADER_OVERFLOW\)$/,
    );
    expect(await errorOf(await proxyThat((socket) => socket.destroy()))).toMatch(
      /cut the connection; does a firewall or the proxy refuse the box/,
    );
    expect(await errorOf(await proxyThat(() => {}))).toMatch(
      /^broker\.invalid:8883 did not answer within 0\.4 s through the proxy 127\.0\.0\.1:\d+; check address, port and firewall$/,
    );
    expect(await errorOf({ proxy: 'http://127.0.0.1:1' })).toMatch(/nothing takes connections at 127\.0\.0\.1:1; is the proxy running/);
  });
});
