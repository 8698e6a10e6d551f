import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { startBroker } from '../../../../centre/demo/broker.ts';
import { uplinkOptionsSchema } from '../../../../firmware/agent/uplink/options.ts';
import { Uplink, type UplinkParts } from '../../../../firmware/agent/uplink/uplink.ts';
import { up } from '../../../../firmware/contract/topics.ts';
import { MemoryOutbox } from '../../../../firmware/outbox/memory-outbox.ts';
import { listen, until } from './listener.ts';

const box = 'test-box';
const cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function folderOf(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vonggac-test-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function brokerOf(options: Parameters<typeof startBroker>[0]) {
  const broker = await startBroker(options);
  cleanups.push(() => broker.stop());
  return broker;
}

function uplinkOf(options: object, outbox = new MemoryOutbox(), parts: Partial<UplinkParts> = {}): Uplink {
  const uplink = new Uplink({
    options: uplinkOptionsSchema.parse({ backoff: { firstMs: 30, ceilingMs: 60 }, ...options }),
    box,
    outbox,
    presence: ({ online, session }) => ({
      schema: 'presence/1',
      box,
      online,
      boot: 'b',
      session,
      ts: new Date().toISOString(),
      versions: { firmware: '0', node: '24' },
    }),
    log: { info: () => {}, warn: () => {} },
    ...parts,
  });
  cleanups.push(() => uplink.stop());
  uplink.start();
  return uplink;
}

function passwordFile(folder: string, name: string, password: string): string {
  const file = join(folder, 'passwords');
  writeFileSync(file, `${name}:${password}\n`);
  execFileSync('mosquitto_passwd', ['-U', file]);
  return file;
}

describe('an uplink whose credentials are refused', () => {
  it('says so, goes on trying, and delivers once they are accepted', async () => {
    const folder = folderOf();
    const passwords = passwordFile(folder, 'someone-else', 'secret');
    const first = await brokerOf({ configuration: ['allow_anonymous false', `password_file ${passwords}`] });
    const outbox = new MemoryOutbox();
    outbox.append('alert', (seq) => String(seq));
    let attempts = 0;
    const random = () => {
      attempts++;
      return 0.5;
    };
    const uplink = uplinkOf({ url: first.url, username: box, password: 'wrong' }, outbox, { random });
    await until(() => attempts >= 4, 'several attempts');
    expect(uplink.state.lastError).toMatch(/not authori[sz]ed|user name or password/i);
    expect(uplink.state.connections).toBe(0);
    expect(outbox.depth).toBe(1);
    await first.stop();
    const right = passwordFile(folder, box, 'wrong');
    await brokerOf({ port: first.port, configuration: ['allow_anonymous false', `password_file ${right}`] });
    expect(await uplink.drained(5_000)).toBe(true);
  }, 20_000);

  it('keeps a message that the broker refuses to take, counts it, and does not ask again at once', async () => {
    const folder = folderOf();
    const rights = join(folder, 'acl');
    writeFileSync(rights, `topic write ${up.presence(box)}\n`);
    const broker = await brokerOf({ configuration: ['allow_anonymous true', `acl_file ${rights}`] });
    const outbox = new MemoryOutbox();
    outbox.append('alert', (seq) => String(seq));
    const uplink = uplinkOf({ url: broker.url }, outbox);
    await until(() => uplink.state.refused > 0, 'the refusal');
    await sleep(300);
    expect(uplink.state).toMatchObject({ refused: 1, connections: 1 });
    expect(uplink.state.lastError).toMatch(/reason 135/);
    expect(outbox.depth).toBe(1);
  });
});

describe('an uplink whose broker is killed', () => {
  it('keeps what it has and delivers it once the broker is back', async () => {
    const broker = await brokerOf({});
    const outbox = new MemoryOutbox();
    let attempts = 0;
    const random = () => {
      attempts++;
      return 0.99;
    };
    // Waits so long that the listener below is there before the next attempt.
    const uplink = uplinkOf({ url: broker.url, backoff: { firstMs: 1_500, ceilingMs: 1_500 } }, outbox, { random });
    await until(() => uplink.state.connectedSinceMs !== undefined, 'the first connection');
    await broker.stop('SIGKILL');
    await until(() => uplink.state.connectedSinceMs === undefined, 'the loss');
    outbox.append('alert', (seq) => `late ${seq}`);
    await until(() => attempts === 2, 'an attempt that is refused');
    expect(uplink.state.lastError).toContain('ECONNREFUSED');
    expect(outbox.depth).toBe(1);
    const again = await brokerOf({ port: broker.port });
    const listener = await listen(again.url);
    cleanups.push(() => listener.client.endAsync(true));
    expect(await uplink.drained(5_000)).toBe(true);
    await until(() => listener.of(up.alert(box)).length === 1, 'the alert');
    expect(listener.of(up.alert(box))[0]?.body).toBe('late 1');
    expect(uplink.state.connections).toBe(2);
  }, 20_000);
});

describe('an uplink with a password', () => {
  it('reads it from a file and is accepted', async () => {
    const folder = folderOf();
    const broker = await brokerOf({ configuration: ['allow_anonymous false', `password_file ${passwordFile(folder, box, 'secret')}`] });
    const secret = join(folder, 'secret');
    writeFileSync(secret, 'secret\n');
    const uplink = uplinkOf({ url: broker.url, username: box, passwordFile: secret });
    await until(() => uplink.state.connectedSinceMs !== undefined, 'the connection');
  });
});

describe('an uplink with a client certificate', () => {
  it('is known by its name, and trusts only the authority it was given', async () => {
    const folder = folderOf();
    const at = (name: string) => join(folder, name);
    const openssl = (...words: string[]) => execFileSync('openssl', words, { stdio: 'pipe', cwd: folder });
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];
    for (const ca of ['ca', 'other'])
      openssl('req', '-x509', ...key, '-subj', `/CN=${ca}`, '-days', '2', '-keyout', `${ca}.key`, '-out', `${ca}.pem`);
    const sign = (name: string, subject: string, extension: string) => {
      openssl('req', ...key, '-subj', subject, '-keyout', `${name}.key`, '-out', `${name}.csr`);
      writeFileSync(at(`${name}.ext`), extension);
      openssl(
        'x509',
        '-req',
        '-in',
        `${name}.csr`,
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-days',
        '2',
        '-extfile',
        `${name}.ext`,
        '-out',
        `${name}.pem`,
      );
    };
    sign('broker', '/CN=127.0.0.1', 'subjectAltName=IP:127.0.0.1\n');
    sign('box', `/CN=${box}`, 'extendedKeyUsage=clientAuth\n');
    const broker = await brokerOf({
      configuration: [
        ...[`cafile ${at('ca.pem')}`, `certfile ${at('broker.pem')}`, `keyfile ${at('broker.key')}`],
        ...['require_certificate true', 'use_identity_as_username true', 'tls_version tlsv1.3'],
      ],
    });
    const url = broker.url.replace('mqtt:', 'mqtts:');
    const own = { certFile: at('box.pem'), keyFile: at('box.key') };
    const uplink = uplinkOf({ url, caFile: at('ca.pem'), ...own });
    await until(() => uplink.state.connectedSinceMs !== undefined, 'the connection');
    const foreign = uplinkOf({ url, caFile: at('other.pem'), ...own });
    const nameless = uplinkOf({ url, caFile: at('ca.pem') });
    const careless = uplinkOf({ url, caFile: at('missing.pem') });
    await until(() => [foreign, nameless, careless].every(({ state }) => state.lastError !== undefined), 'three errors');
    expect(foreign.state.lastError).toMatch(/certificate|self-signed|signature/i);
    expect(careless.state.lastError).toContain('missing.pem');
    expect([foreign, nameless, careless].map(({ state }) => state.connections)).toEqual([0, 0, 0]);
  }, 20_000);
});

describe('an uplink and a broker that misbehaves', () => {
  it('gives up on a broker that takes the connection and says nothing', async () => {
    const server = createServer(() => {}).listen(0, '127.0.0.1');
    cleanups.push(() => server.close());
    await until(() => server.listening, 'the server');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const uplink = uplinkOf({ url: `mqtt://127.0.0.1:${port}`, connectTimeoutMs: 150 });
    await until(() => uplink.state.lastError !== undefined, 'the time-out');
    expect(uplink.state).toMatchObject({ connections: 0 });
    await uplink.stop();
  });

  it('survives noise instead of an answer', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(Buffer.alloc(2_000, 0xf3));
    }).listen(0, '127.0.0.1');
    cleanups.push(() => server.close());
    await until(() => server.listening, 'the server');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const uplink = uplinkOf({ url: `mqtt://127.0.0.1:${port}` });
    await until(() => uplink.state.lastError !== undefined, 'an error');
    expect(uplink.state.connections).toBe(0);
  });

  it('drops a message larger than the broker takes, counts it, and sends what is behind it', async () => {
    const broker = await brokerOf({ configuration: ['allow_anonymous true', 'max_packet_size 4096'] });
    const listener = await listen(broker.url);
    cleanups.push(() => listener.client.endAsync(true));
    const outbox = new MemoryOutbox();
    outbox.append('alert', () => 'x'.repeat(5_000));
    outbox.append('alert', () => 'small');
    const uplink = uplinkOf({ url: broker.url }, outbox);
    await until(() => listener.of(up.alert(box)).length === 1, 'the small alert');
    expect(listener.of(up.alert(box))[0]?.body).toBe('small');
    expect(uplink.state.refused).toBe(1);
  });
});

describe('the options of an uplink', () => {
  it('refuse what is no broker URL', () => {
    for (const url of ['http://broker', 'broker:1883', '']) expect(uplinkOptionsSchema.safeParse({ url }).success).toBe(false);
    for (const url of ['mqtt://b', 'mqtts://b:8883', 'ws://b/mqtt']) expect(uplinkOptionsSchema.safeParse({ url }).success).toBe(true);
  });
});
